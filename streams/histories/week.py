"""Ordinary weeks: what a dozen brands are told when nothing is the matter."""

import zlib
from functools import cache
from importlib import resources

import msgspec
import numpy as np

from scoring.mention import Role
from streams.histories import cascade, people
from streams.histories.kinds import Lang, Pools, Split
from streams.histories.label import History
from streams.histories.people import Brand
from streams.histories.scene import Scene
from streams.histories.tell import HOUR, START

_BY_HOUR = np.array([1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 9, 9, 11, 10, 9, 9, 10, 11, 12, 12, 11, 9, 6, 3])
_BY_DAY = np.array([1.1, 1.0, 1.0, 1.0, 1.05, 0.9, 0.8])
_CHANNELS = ("twitter", "facebook", "instagram", "reddit", "bluesky", "mastodon", "review", "forum")


class Sector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is ordinary in a sector: `chat`, `gripe`, the brand's `answer`, `thanks`, `news`."""

    split: Split
    brands: tuple[str, str]
    en: Pools
    fr: Pools


@cache
def sectors() -> dict[str, Sector]:
    """The sectors by name."""
    folder = resources.files("streams.histories") / "ordinary"
    files = sorted(
        (f for f in folder.iterdir() if f.name.startswith("week-")), key=lambda f: f.name
    )
    return {
        file.name.removeprefix("week-").removesuffix(".toml"): msgspec.toml.decode(
            file.read_bytes(), type=Sector
        )
        for file in files
    }


def weeks(split: Split, seed: int, mentions: int = 550) -> list[History]:
    """A week of each brand of the split, about so many mentions each."""
    told = []
    for name, sector in sectors().items():
        if sector.split == split:
            for number, brand in enumerate(sector.brands):
                lang: Lang = "fr" if (number + zlib.crc32(name.encode())) % 2 else "en"
                told.append(_week(name, sector, brand, lang, seed, mentions))
    return told


def _week(name: str, sector: Sector, title: str, lang: Lang, seed: int, mentions: int) -> History:
    slug = title.lower().replace(" ", "-")
    rng = np.random.default_rng([seed, zlib.crc32(slug.encode())])
    brand = Brand(slug, title, title.replace(" ", ""))
    label = f"week-{slug}-{seed}"
    scene = Scene(label, rng, brand, lang, "twitter")
    scene.add_pools({"en": sector.en, "fr": sector.fr})
    # A source knows a brand's customers, or it does not.
    role = Role.CUSTOMER if rng.random() < 0.5 else Role.UNKNOWN
    rate = (_BY_DAY[:, None] * _BY_HOUR[None, :]).ravel()
    # A fifth of what is said is not begun but answered or passed on.
    counts = rng.poisson(rate / rate.sum() * mentions * 0.72)
    volume = rng.lognormal(0, 0.25, len(counts))
    for hour, count in enumerate(rng.poisson(counts * volume)):
        for _ in range(count):
            _remark(scene, START + (hour + rng.random()) * HOUR, role)
    ordered = tuple(sorted(scene.mentions, key=lambda mention: (mention.at, mention.id)))
    return History(
        name=label,
        kind="ordinary",
        split=sector.split,
        crisis=False,
        permitted=None,
        deadline=None,
        brand=slug,
        lang=lang,
        sector=name,
        channel="all",
        seed=seed,
        matter=(),
        mentions=ordered,
    )


def _remark(scene: Scene, at: float, role: Role) -> None:
    """One thing that is said, and what comes of it."""
    rng, desk = scene.rng, scene.cast.desk(scene.brand)
    channel = _CHANNELS[min(len(_CHANNELS) - 1, int(rng.exponential(1.1)))]
    pool = scene.one_of({"chat": 0.66, "gripe": 0.32, "news": 0.02})
    who = scene.cast.person(None, Role.MEDIA if pool == "news" else role)
    said = scene.say(at, who, pool, channel=channel, rough=0.08)
    for _ in range(int(rng.poisson(min(3.0, 0.1 * said.followers / people.MEAN_FOLLOWERS)))):
        scene.share(at + cascade.delay(rng) % (24 * HOUR), scene.cast.person(), said)
    if pool == "gripe" and rng.random() < 0.6:
        later = at + rng.exponential(1.5) * HOUR
        scene.say(later, desk, "answer", said, rough=0.0)
        if rng.random() < 0.35:
            scene.say(later + rng.exponential(1.0) * HOUR, who, "thanks", said)
