"""Puts what was fitted into the text of a policy, whose comments stay."""

import re
import tomllib
from importlib import resources

from msgspec.structs import asdict

from scoring.levels import Level
from scoring.policy import Policy

_LINE = re.compile(r"^(\w+) = (-?[\d.]+)( *)(.*)$")
_FIRST = "# Tocsin's policy"
_TABLE = re.compile(r"^\[([\w.]+)\]")


def written(policy: Policy, note: str) -> str:
    """The shipped policy's text with the weights and levels of `policy`; `note` goes on top."""
    text = (resources.files("scoring") / "policy.toml").read_text("utf-8")
    values = _values(policy)
    table = ""
    lines = [f"# {line}".rstrip() for line in note.splitlines()]
    body = text.splitlines()
    for line in body[next(n for n, one in enumerate(body) if one.startswith(_FIRST)) :]:
        named = _TABLE.match(line)
        if named:
            table = named[1]
        found = _LINE.match(line)
        key = f"{table}.{found[1]}" if found else ""
        if found and key in values:
            start = f"{found[1]} = {values[key]:g}"
            width = len(line) - len(found[4]) if found[4] else 0
            line = f"{start.ljust(max(width, len(start) + 1))}{found[4]}".rstrip()
        lines.append(line)
    done = "\n".join(lines) + "\n"
    tomllib.loads(done)  # whatever the numbers, it stays a policy
    return done


def tables(policy: Policy, note: str) -> str:
    """The weights and levels alone, to be put in place of those of a policy of one's own."""
    lines = [f"# {line}".rstrip() for line in note.splitlines()]
    table = ""
    for key, value in sorted(_values(policy).items(), key=lambda item: item[0].rpartition(".")[0]):
        named, _, name = key.rpartition(".")
        if named != table:
            lines += ["", f"[{named}]"]
            table = named
        lines.append(f"{name} = {value:g}")
    return "\n".join(lines) + "\n"


def _values(policy: Policy) -> dict[str, float]:
    values = {f"weights.{name}": value for name, value in asdict(policy.weights).items()}
    own = asdict(policy.incident.weights)
    values |= {f"incident.weights.{name}": value for name, value in own.items()}
    rules = zip(Level, policy.levels.rules, strict=True)
    return values | {f"levels.{level}.score": rule.score for level, rule in rules}
