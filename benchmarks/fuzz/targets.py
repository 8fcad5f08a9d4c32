"""Everything that reads what others wrote, and which errors of it are answers.

A target gets bytes and does with them what its caller in the product does; an error that the
caller does not expect is a failure. What recovers a table is none: it reads our own changelog, and
a worker that cannot ends with 70 by design.
"""

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.fuzz import seeds
from models import artefact, data
from models.errors import ModelError
from models.text import clean
from scoring import decoding, escalation, masking, policy
from scoring.command import Order, decode_command, encode_command
from scoring.errors import BadCommandError, BadMentionError, ScoringError
from scoring.history import History
from scoring.pulse import Pulse, decode_pulse
from scoring.scored import Scored, TextScores, Tick, decode_event, encode_event
from streams import config
from streams.calibration import recorded
from streams.errors import ConfigError, UsageError
from streams.kafka import dead_letters
from streams.lines import Lines
from streams.sinks import settings as sinks
from streams.web import tokens

OURS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the folds and the tickets take for a record that is not ours."""


class Target(NamedTuple):
    """`read` with what it may raise; `weight` is its part of the inputs."""

    name: str
    weight: float
    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes], object]
    answers: tuple[type[Exception], ...] = ()


def _mention(raw: bytes) -> None:
    """As the score agent: decoded, keyed, cleaned for the model, quoted, encoded again."""
    mention = decoding.decode(raw)
    scored = Scored(
        mention=mention,
        scores=TextScores(),
        quotes={"anger": masking.quote(mention.text, mention.brand)},
    )
    clean(mention.text)
    mention.partition_key.encode()
    decode_event(encode_event(scored))


def _fold(raw: bytes) -> None:
    """As the cases agent: what decodes is folded, and what is said of it encoded."""
    event = decode_event(raw)
    history = History(policy.default())
    if isinstance(event, Scored):
        for said in (*history.add(event), *history.finish()):
            escalation.encode(said)
    elif isinstance(event, Order | Tick):
        encode_event(event)


def _command(raw: bytes) -> None:
    decode_command(encode_command(decode_command(raw)))


def _escalation(raw: bytes) -> None:
    escalation.encode(escalation.decode(raw))


def _text(raw: bytes) -> None:
    masked = masking.mask(raw.decode("utf-8", "replace"), "skylark-air")
    assert masking.MASK in masked or len(masked) <= len(raw)


def _settings(raw: bytes) -> None:
    pairs = (line.partition("=") for line in raw.decode("utf-8", "replace").splitlines())
    config.load({name: value for name, _, value in pairs})


class _Headers(msgspec.Struct):
    """A record of the dead-letter topic, as far as it is read."""

    headers: list[tuple[str, bytes]]
    partition: int = 0
    offset: int = 0
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = b"{}"


def _dead_letter(raw: bytes) -> None:
    parts = raw.split(b"\n")
    names = [getattr(dead_letters, n) for n in ("REASON", "TOPIC", "PARTITION", "OFFSET", "TIME")]
    headers = list(zip(names, parts, strict=False))
    digits = parts[-1][:18]
    record = _Headers(headers=headers, timestamp=int(digits) if digits.isdigit() else -1)
    dead_letters.replayed(dead_letters.parse(record))


class Files:
    """What reads files, with one file that is written anew for each input."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _written(self, name: str, raw: bytes) -> Path:
        file = self._folder / name
        file.write_bytes(raw)
        return file

    def policy(self, raw: bytes) -> None:
        """A policy file, by both of its readers; what is valid is said in numbers again."""
        file = self._written("policy.toml", raw)
        errors = []
        for load in (policy.load, sinks.load):
            try:
                load(file)
            except (ScoringError, ConfigError) as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def recording(self, raw: bytes, *, text: bool) -> None:
        """A file that `score`, `backtest`, `replay` read."""
        bad: list[int] = []
        lines = Lines(
            self._written("mentions.jsonl", raw), text=text, complain=lambda n, _: bad.append(n)
        )
        for mention in lines:
            assert mention.id

    def label(self, raw: bytes) -> None:
        """A recording's label, as `calibrate policy` reads it."""
        self._written("a.jsonl", seeds.mentions()[0])
        self._written("a.toml", raw)
        for history in recorded.read(self._folder):
            assert history.mentions

    def labelled(self, raw: bytes) -> None:
        """Labelled rows, as `train` and `evaluate` read them."""
        data.target_matrix(list(data.read_file(self._written("rows.jsonl", raw))))

    def tokens(self, raw: bytes) -> None:
        """A file of bearer tokens, and a header compared with them."""
        known = tokens.load("web_token", None, self._written("tokens", raw))
        known.bearer(raw[:200].decode("utf-8", "surrogateescape"))

    def model(self, raw: bytes) -> None:
        """The beginning of a model file."""
        self._written(artefact.WEIGHTS, raw)
        self._written(artefact.TOKENIZER, b"{}")
        artefact.load(self._folder)


def _model_seeds() -> list[bytes]:
    with (artefact.SHIPPED / artefact.WEIGHTS).open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        head = size.to_bytes(8, "little") + file.read(size)
    tiny = b'{"__metadata__":{"a":"{}"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    return [head[:60_000], len(tiny).to_bytes(8, "little") + tiny + b"\0\0\0\0"]


def _pulses() -> list[bytes]:
    pulse = Pulse(brand="acme", at=1.0, mentions=3, authors=(1, 2, 3), topic=(1,) * 16)
    return [msgspec.json.encode(pulse), *seeds.scored()[-5:]]


def _letters() -> list[bytes]:
    return [b"not_json\nmentions\n3\n17\n2026-01-01T00:00:00.000Z\n1767225600000", b"\n\n\n\n\n-1"]


def every(folder: Path) -> Mapping[str, Target]:
    """The targets by name; `folder` is for files that they write."""
    files = Files(folder)
    settings = [seeds.SETTINGS.encode(), *(line.encode() for line in seeds.SETTINGS.splitlines())]
    bad, wrong = (BadMentionError,), (ConfigError,)
    token_file = [b"ana 0123456789abcdef\n#x\nb 0123456789abcdefg"]
    made = [
        Target("mention", 8, seeds.mentions, _mention, bad),
        Target("scored", 4, seeds.scored, decode_event, OURS),
        Target("fold", 0.2, seeds.scored, _fold, OURS),
        Target("pulse", 2, _pulses, decode_pulse, OURS),
        Target("escalation", 3, seeds.escalations, _escalation, OURS),
        Target("command", 4, seeds.commands, _command, (BadCommandError,)),
        Target("dead-letter", 1, _letters, _dead_letter),
        Target("text", 3, seeds.texts, _text),
        Target("settings", 0.5, lambda: settings, _settings, wrong),
        Target("policy", 0.1, seeds.tomls, files.policy, (ScoringError, ConfigError)),
        Target("recording", 0.5, seeds.mentions, partial(files.recording, text=False)),
        Target("lines", 0.5, seeds.texts, partial(files.recording, text=True)),
        Target("label", 0.1, seeds.tomls, files.label, (UsageError,)),
        Target("labelled", 1, seeds.labelled, files.labelled, (ModelError,)),
        Target("tokens", 0.5, lambda: token_file, files.tokens, wrong),
        Target("model", 0.05, _model_seeds, files.model, (ModelError,)),
    ]
    return {target.name: target for target in made}


def folder() -> "tempfile.TemporaryDirectory[str]":
    """Where the files of a run are written."""
    return tempfile.TemporaryDirectory(prefix="tocsin-fuzz-")
