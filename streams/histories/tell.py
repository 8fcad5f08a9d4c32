"""Puts one history together from its kind, a language and a seed."""

import math
import zlib
from datetime import UTC, datetime

import numpy as np

from scoring.mention import Author, Kind, Mention, Role
from streams.histories import backdrop, cascade, label, people
from streams.histories.kinds import Act, Lang, Span, Spread, Wave, load
from streams.histories.kinds import Kind as KindOf
from streams.histories.label import History
from streams.histories.scene import Scene

HOUR = 3600.0
START = datetime(2024, 1, 8, tzinfo=UTC).timestamp()
_DAYS = 900
_TEMPO = (0.6, 1.7)
_NOTICE_H = 0.5
"""Hours that must lie between the first complaint and the deadline; else chance tells it anew."""
_RETELLINGS = 60
_COUNTED = frozenset({"tiktok", "instagram", "youtube"})
"""Channels that show how often something was shared, not by whom."""
_COUNT_EVERY = 5
_OF_MOST = (0.25, 1.0)
"""What stops the spread of a thread comes sooner or later."""
_ROLES = {
    "brand": Role.BRAND,
    "employee": Role.EMPLOYEE,
    "influencer": Role.INFLUENCER,
    "media": Role.MEDIA,
}


def tell(slug: str, lang: Lang, seed: int) -> History:
    """The history of kind `slug` in that language: the same arguments give the same history."""
    kind = load(slug)
    for attempt in range(_RETELLINGS):
        rng = np.random.default_rng([seed, attempt, zlib.crc32(f"{slug}:{lang}".encode())])
        history = _Telling(slug, kind, lang, seed, rng).history()
        if history is not None:
            return history
    raise RuntimeError(f"{slug}: {_RETELLINGS} tellings left no {_NOTICE_H} hours to see it coming")


class _Telling:
    def __init__(
        self, slug: str, kind: KindOf, lang: Lang, seed: int, rng: np.random.Generator
    ) -> None:
        brands = people.brands()[kind.sector]
        brand = brands[rng.integers(len(brands))]
        channel = kind.channels[rng.integers(len(kind.channels))]
        name = f"{slug}-{lang}-{seed}"
        self.slug, self.kind, self.lang, self.seed, self.rng = slug, kind, lang, seed, rng
        self.name = name
        self.scene = Scene(name, rng, brand, lang, channel)
        self.scene.add_pools({"en": kind.en, "fr": kind.fr})
        self.scene.add_pools(backdrop.pools(kind.split))
        self.tempo = math.exp(rng.uniform(math.log(_TEMPO[0]), math.log(_TEMPO[1])))
        self.start = START + int(rng.integers(_DAYS)) * 24 * HOUR + rng.uniform(6.5, 20) * HOUR
        self.root: Mention | None = None
        self.author: Author | None = None
        self.own: list[Mention] = []
        self.seeds: list[tuple[Mention, int]] = []
        self.heat: list[tuple[float, float]] = []
        self.unseen: list[float] = []

    def history(self) -> History | None:
        """What chance made of it; None where a crisis came too soon to be foreseen."""
        scene = self.scene
        if begin := self.kind.begin:
            self.author = scene.cast.person(
                people.between(self.rng, *begin.followers), _ROLES.get(begin.by)
            )
            self.root = scene.say(
                self.start,
                self.author,
                "root",
                promoted=begin.promoted,
                attachment=begin.attachment,
                rough=0.1,
            )
            self._keep(self.root)
        self._acts()
        for wave in self.kind.wave:
            self._wave(wave)
        if self.root is not None and self.kind.spread is not None:
            self._spread(self.root, self.kind.spread)
        mentions = sorted(scene.mentions, key=lambda mention: (mention.at, mention.id))
        matter = tuple(dict.fromkeys(mention.root_id for mention in mentions))
        due = label.deadline(mentions, self.unseen) if self.kind.crisis else None
        if due is not None and due.timestamp() < self._complained(mentions) + _NOTICE_H * HOUR:
            return None
        backdrop.around(scene, mentions[0].at, mentions[-1].at)
        return History(
            name=self.name,
            kind=self.slug,
            split=self.kind.split,
            crisis=self.kind.crisis,
            permitted=self.kind.permitted,
            deadline=due,
            brand=scene.brand.slug,
            lang=self.lang,
            sector=self.kind.sector,
            channel=scene.channel,
            seed=self.seed,
            matter=matter,
            mentions=tuple(sorted(scene.mentions, key=lambda mention: (mention.at, mention.id))),
        )

    def _complained(self, mentions: list[Mention]) -> float:
        return next(m.at for m in mentions if m.role in (Role.CUSTOMER, Role.UNKNOWN))

    def _draw(self, span: Span) -> float:
        return float(self.rng.uniform(*span))

    def _hours(self, span: Span) -> float:
        """Seconds for a span of hours at this history's tempo."""
        return self._draw(span) * self.tempo * HOUR

    def _keep(self, mention: Mention) -> None:
        """What is passed on with the thread."""
        self.own.append(mention)
        self.seeds.append((mention, mention.followers or people.followers(self.rng)))

    def _acts(self) -> None:
        at = self.start
        for act in self.kind.act:
            if self.rng.random() >= act.chance:
                continue
            at += self._hours(act.after)
            latest = at
            for number in range(int(self.rng.integers(act.count[0], act.count[1] + 1))):
                latest = at + (self.rng.random() * act.within * HOUR * self.tempo if number else 0)
                self._act(act, latest)
            if act.heat != 1.0:
                self.heat.append((at, act.heat))

    def _act(self, act: Act, at: float) -> None:
        scene = self.scene
        desk = scene.cast.desk(scene.brand)
        if act.delete:
            mine = [m for m in self.own if m.author == self.author and m.at <= at]
            scene.delete(at, desk, mine[-1])
            return
        if act.by == "brand":
            who = desk
        elif act.by == "author" and self.author is not None:
            who = self.author
        else:
            audience = people.between(self.rng, *act.followers) if act.followers[1] else None
            hidden = act.by == "influencer" and self.rng.random() < 0.3
            who = scene.cast.person(audience, None if hidden else _ROLES.get(act.by))
        alone = self.root is None or self.rng.random() < act.alone
        parent = None if alone else self.root
        quoted = act.by == "influencer" and parent is not None
        mention = scene.say(
            at,
            who,
            act.say or {"author": "again"}.get(act.by, act.by),
            parent,
            channel="news" if act.by == "media" and alone else "",
            kind=Kind.SHARE if quoted else None,
            promoted=act.promoted,
            attachment=act.attachment,
            rough=0.0 if act.by in ("brand", "media") else 0.2,
        )
        if not alone and act.by != "brand":
            self._keep(mention)

    def _wave(self, wave: Wave) -> None:
        rng, scene = self.rng, self.scene
        begins = self.start + self._hours(wave.start)
        rise, fall = self._hours(wave.rise_h), self._hours(wave.fall_h)
        number = int(rng.integers(wave.people[0], wave.people[1] + 1))
        copied = scene.text(scene.one_of(wave.say))[0] if wave.copies else ""
        one = scene.cast.person() if wave.crowd == "one" else None
        for _ in range(number):
            at = begins + _wave_time(rng, rise, fall)
            fan = Role.UNKNOWN if wave.crowd == "fans" else None
            who = one or (
                scene.cast.empty() if wave.crowd == "empty" else scene.cast.person(None, fan)
            )
            parent = self.root if self.root is not None and rng.random() < wave.thread else None
            said = scene.say(at, who, scene.one_of(wave.say), parent, words=copied)
            for _ in range(int(rng.poisson(wave.passed_on))):
                scene.share(at + cascade.delay(rng) % (12 * HOUR), scene.cast.person(), said)
            if rng.random() < wave.answered:
                later = at + self._hours(wave.answer_h)
                scene.say(later, scene.cast.desk(scene.brand), wave.answer, said, rough=0.0)

    def _someone(self, wave: Wave) -> Author:
        if wave.crowd == "empty":
            return self.scene.cast.empty()
        return self.scene.cast.person(None, Role.UNKNOWN if wave.crowd == "fans" else None)

    def _spread(self, root: Mention, spread: Spread) -> None:
        rng, scene = self.rng, self.scene
        fade = self._hours(spread.fade_h)
        each = self._draw(spread.reproduction) / people.MEAN_FOLLOWERS
        said: dict[int, Mention] = {n: mention for n, (mention, _) in enumerate(self.seeds)}

        def chance(at: float) -> float:
            heat = math.prod(factor for since, factor in self.heat if at >= since)
            return each * heat * math.exp(-max(0.0, at - self.start) / fade)

        most = int(spread.most * rng.uniform(*_OF_MOST))
        seeds = [(mention.at, audience) for mention, audience in self.seeds]
        counted = 0
        for event in cascade.grow(rng, seeds, chance, lambda: people.followers(rng), most):
            who = scene.cast.person(event.followers)
            parent = said.get(event.source, root)
            if rng.random() < spread.replies:
                said[event.number] = scene.say(event.at, who, scene.one_of(spread.talk), parent)
            elif scene.channel in _COUNTED:
                counted += 1
                self.unseen.append(event.at)
                if counted % _COUNT_EVERY == 0:
                    scene.count(event.at, root, counted)
            else:
                said[event.number] = scene.share(event.at, who, parent)


def _wave_time(rng: np.random.Generator, rise: float, fall: float) -> float:
    """Seconds after a wave's begin: the rate grows linearly, then decays exponentially."""
    if rng.random() < rise / (rise + 2 * fall):
        return float(rise * math.sqrt(rng.random()))
    return float(rise + rng.exponential(fall))
