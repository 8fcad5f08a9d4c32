"""The files of a first configuration, from their templates."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from string import Template

from scoring import policy as policies
from scoring.levels import Level
from streams.config import Settings
from streams.environment import Setting, variable
from streams.first.answers import NONE, Answers, Brand

FILES = {
    "policy.toml": "policy.toml",
    "sources.toml": "sources.toml",
    ".env.example": "env",
    "compose.override.yaml": "compose.yaml",
}
"""Name of each file, and of its template."""
_COMMENTS = {
    "en": {
        "yours": "change it: yours",
        "variable": "name of the variable in .env that holds it, never the thing itself",
        "random": "to sign with: whsec_ and `openssl rand -base64 32`",
        "europe": "in the EU region",
        "buttons": "with it, messages have buttons",
        "level": "from this level up; all below stays in the console",
        "nothing": "Nobody yet: escalations stay in their topic and in the console. For example:",
    },
    "fr": {
        "yours": "à changer : les vôtres",
        "variable": "nom de la variable de .env qui la contient, jamais la chose même",
        "random": "pour signer : whsec_ et `openssl rand -base64 32`",
        "europe": "dans la région UE",
        "buttons": "avec lui, les messages ont des boutons",
        "level": "à partir de ce niveau ; le reste demeure dans la console",
        "nothing": "Personne encore : tout reste dans le topic et dans la console. Par exemple :",
    },
}
_ZONES = {"en": "Europe/London", "fr": "Europe/Paris"}
_SECRETS = {"en": "secrets that policy.toml names", "fr": "secrets que nomme policy.toml"}
_SECRET = re.compile(r'^\w+_env = "(\w+)"', re.MULTILINE)
_LOCAL = re.compile(r"^(localhost|127\.[\d.]+|\[::1\]):")
_WITHIN_COMPOSE = "kafka:19092"
_INSIDE = {
    "en": "compose's own Kafka: in a container, the broker of .env is the container itself",
    "fr": "le Kafka de compose : dans un conteneur, le broker de .env est le conteneur même",
}
_MOST_NAMES = 3


def secrets(sink: str) -> list[str]:
    """The variables that a sink's table names."""
    return _SECRET.findall(_template("sinks", f"{sink}.toml").template)


def written(answers: Answers) -> dict[Path, str]:
    """Path and text of each file."""
    values = _values(answers)
    texts = {name: _template(answers.language, file) for name, file in FILES.items()}
    filled = {name: text.substitute(values[name]) for name, text in texts.items()}
    filled[".env.example"] = _known(filled[".env.example"])
    return {answers.folder / name: text.rstrip() + "\n" for name, text in filled.items()}


def _values(answers: Answers) -> dict[str, Mapping[str, str]]:
    lang, first = answers.language, answers.brands[0]
    slugs = ",".join(brand.slug for brand in answers.brands)
    local = _LOCAL.match(answers.broker)
    common = {
        "names": _few([brand.name for brand in answers.brands]),
        "slug": first.slug,
        "slugs": slugs,
        "broker": answers.broker,
    }
    sink = _template("sinks", f"{answers.sink}.toml")
    levels = policies.default().levels
    asked = secrets(answers.sink)
    lines = [f"\n# {_SECRETS[lang]}", *(f"{name}=" for name in asked)] if asked else []
    compose = "".join(f'      {name}: "${{{name}:-}}"\n' for name in asked)
    profiles = ["--profile tickets"] * (answers.sink != NONE)
    collect = ""
    if variable("sources") in _settings():
        profiles.insert(0, "--profile sources")
        collect = _template("compose", "sources.yaml").substitute(
            file=_path(answers, "sources.toml")
        )
    return {
        "policy.toml": common
        | {level: f"{levels.rule(level).score:g}" for level in Level}
        | {"timezone": _ZONES[lang], "sink": sink.substitute(common | _COMMENTS[lang])},
        "sources.toml": common | {"brands": "\n".join(_brands(answers.brands))},
        ".env.example": common | {"secrets": "\n".join(lines)},
        "compose.override.yaml": common
        | {
            "inside": _WITHIN_COMPOSE if local else answers.broker,
            "why": f"  # {_INSIDE[lang]}" if local else "",
            "policy": _path(answers, "policy.toml"),
            "profile": " ".join(profiles),
            "collect": collect,
            "secrets": compose,
        },
    }


def _few(names: list[str]) -> str:
    """Names for a line of comment."""
    return ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")


def _path(answers: Answers, name: str) -> str:
    """The whole path of a file, as compose reads it."""
    return json.dumps(str((answers.folder / name).absolute()).replace("$", "$$"))


def _brands(brands: tuple[Brand, ...]) -> Iterator[str]:
    for brand in brands:
        handle = brand.slug.replace("-", "")
        yield f"[brands.{brand.slug}]"
        names = (brand.name, *brand.also)
        # In keywords a * lets the word go on; in `cased` it is itself.
        for key, starred in (("keywords", False), ("cased", True)):
            if words := [name for name in names if ("*" in name) == starred]:
                yield f"{key} = {json.dumps(words, ensure_ascii=False)}"
        yield f'# handles = ["@{handle}"]'
        yield "# exclude = []"
        yield ""


def _known(text: str) -> str:
    """Settings that this installation does not have become comments: it would refuse them."""
    known = _settings()
    lines = []
    for line in text.splitlines():
        name = line.partition("=")[0]
        unknown = name.startswith(variable("")) and name not in known
        lines.append(f"# {line}" if unknown else line)
    return "\n".join(lines)


def _settings() -> set[str]:
    return {variable(setting.name) for setting in Setting.of(Settings, ignore=("given",))}


def _template(folder: str, file: str) -> Template:
    place = resources.files("streams.first") / folder / file
    return Template(place.read_text("utf-8"))
