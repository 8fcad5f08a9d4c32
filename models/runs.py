"""A run from beginning to end: what it learns from, its teachers, and what it leaves behind.

The folder of a run holds `config.json`, `log.jsonl`, `checkpoint.pt` while it runs, and at the end
`trained.pt` (weights, calibration, base), `metrics.json` and the plots.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import torch
from tokenizers import Tokenizer

from models import (
    artefact,
    auxiliary,
    calibration,
    corpus,
    exported,
    metrics,
    plots,
    splits,
    training,
)
from models.artefact import TRAINED
from models.auxiliary import Example
from models.calibration import Calibration
from models.checkpoint import CHECKPOINT
from models.data import Row
from models.errors import ArtefactError, TrainingError
from models.heads import LOGIT_OF_HEAD, LOGITS, OUTPUTS
from models.network import SignalNetwork, keep_layers
from models.training import Material, TrainingConfig

_NEEDED: tuple[splits.Split, ...] = ("train", "valid", "calibration")
_ANY = "und"
_KEPT_OUT: tuple[splits.Split, ...] = ("test", "calibration", "valid")
_FINE_TUNED = "Fine-tuned "
_WORDS = "encoder.embeddings.word_embeddings.weight"


@dataclass(frozen=True)
class Run:
    """A finished run: its network, tokenizer and calibration, its base and its teachers.

    `history` says how it and the runs that it began from learnt, the first of them first.
    """

    network: SignalNetwork
    tokenizer: Tokenizer
    calibration: Calibration
    config: TrainingConfig
    base: Path
    teachers: tuple[str, ...] = ()
    history: tuple[str, ...] = ()

    def probabilities(self, rows: Sequence[Row | Example]) -> np.ndarray:
        """Calibrated over all languages, shape (rows, outputs)."""
        logits = training.logits_of(self.network, self.tokenizer, rows, self.config)
        return self.calibration.apply(logits[:, : len(OUTPUTS)], [_ANY] * len(rows))


def check_finished(folder: Path) -> None:
    """Raises ArtefactError unless the folder holds a finished run, exported or not."""
    if (folder / TRAINED).is_file() or exported.holds(folder):
        return
    if (folder / CHECKPOINT).is_file():
        raise ArtefactError(
            f"the run in {folder} is not finished; the `tocsin train` that began it goes on"
        )
    raise ArtefactError(
        f"{folder} holds neither a finished training run nor an exported model; `tocsin train` "
        "makes the one, `tocsin export` the other (the one that ships is models/weights)"
    )


def load(folder: Path) -> Run:
    """A finished run, or the model exported of one. Raises ArtefactError."""
    check_finished(folder)
    if not (folder / TRAINED).is_file():
        return _exported(folder)
    stored = torch.load(folder / TRAINED, weights_only=True)
    config = msgspec.convert(stored["config"], TrainingConfig)
    base = Path(stored["base"])
    if not base.is_dir():
        raise ArtefactError(f"{folder} began from {base}, which is gone; run `tocsin train` again")
    network = begin(base, len(OUTPUTS), config).network
    weights = {"channels.weight": network.channels.weight.data, **stored["weights"]}
    network.load_state_dict(weights)
    return Run(
        network,
        Tokenizer.from_file(str(base / "tokenizer.json")),
        calibration.read(stored["calibration"]),
        config,
        base,
        tuple(stored["teachers"]),
        tuple(stored.get("history", ())),
    )


def _exported(folder: Path) -> Run:
    found = artefact.load(folder)
    config = TrainingConfig(layers=found.config.layers, max_tokens=found.config.max_tokens)
    told = found.config.training.removeprefix(_FINE_TUNED).removesuffix(".")
    return Run(
        exported.network_of(found),
        found.tokenizer,
        calibration.read(found.config.calibration),
        config,
        folder,
        history=(told,) if told else (),
    )


def averaged(folder: Path, others: Sequence[Path]) -> Run:
    """A finished run whose weights are the mean of its own and of `others`, all counting alike.

    Runs that went on from one another, or from the same beginning, lie so close that their mean is
    seldom worse than each and mostly better (Wortsman et al., ICML 2022, arXiv:2203.05482). Raises
    ArtefactError unless all have the same layers and vocabulary.
    """
    run = load(folder)
    weights = {name: value.clone() for name, value in run.network.state_dict().items()}
    for other in others:
        found = load(other)
        same = found.tokenizer.get_vocab() == run.tokenizer.get_vocab()
        more = found.network.state_dict()
        if not same or {k: v.shape for k, v in more.items()} != {
            k: v.shape for k, v in weights.items()
        }:
            raise ArtefactError(
                f"{other} has other layers or another vocabulary than {folder}; only runs that "
                "went on from one another, or from the same beginning, can be averaged"
            )
        for name, value in more.items():
            weights[name] += value
    run.network.load_state_dict({name: v / (1 + len(others)) for name, v in weights.items()})
    times = "another run" if len(others) == 1 else f"{len(others)} other runs"
    return replace(run, history=(*run.history, f"averaged with {times}"))


def told_of(history: Sequence[str]) -> str:
    """How the runs that lead to a model learnt, in a sentence."""
    return f"{_FINE_TUNED}{', then '.join(history)}."


def train(
    data: Path,
    rows: Sequence[Row],
    base: Path,
    config: TrainingConfig,
    folder: Path,
    report: Callable[[training.Progress], None],
    teachers: Sequence[Path] = (),
    share: float = 1.0,
    start: Path | None = None,
) -> metrics.Metrics:
    """Trains on the rows' training split and the auxiliary sets of `data`, into `folder`.

    `share` of the training rows are used (for a learning curve); `start` is a finished run or an
    exported model whose weights this one begins with. Returns figures on the split that stopped the
    run, which flatter; `evaluation` gives the honest ones. Raises TrainingError.
    """
    parts = splits.split(rows)
    chosen = parts["train"]
    if share < 1.0:
        chosen = random.Random(config.seed).sample(chosen, round(share * len(chosen)))
    _check_enough(chosen, parts, share)
    kept_out = {splits.text_key(row.text) for name in _KEPT_OUT for row in parts[name]}
    others = {
        name: [example for example in found if splits.text_key(example.text) not in kept_out]
        for name, found in auxiliary.read(data, config.auxiliary, len(OUTPUTS)).items()
    }
    width = len(OUTPUTS) + len(auxiliary.columns(config.auxiliary))
    network, tokenizer = begin(base, width, config)
    if start:
        continued(network, load(start).network)
    guide = _guide(teachers, network, tokenizer) if config.state_weight else None
    soft, unlabelled = _taught(data, rows, chosen, teachers, width, config)
    examples = {
        "rows": training.labelled_examples(chosen, width, soft, config),
        **others,
        **({"unlabelled": unlabelled} if unlabelled else {}),
    }
    material = Material(chosen, examples, parts["valid"], parts["calibration"], guide)
    fitted = training.train(network, tokenizer, material, config, folder, report)
    weights = network.without_auxiliary()
    torch.save(
        {
            "weights": weights,
            "calibration": fitted.as_lists(),
            "config": msgspec.to_builtins(config),
            "base": str(base),
            "teachers": [teacher.name for teacher in teachers],
            "history": [*(load(start).history if start else ()), _told(config, len(teachers))],
        },
        folder / TRAINED,
    )
    return _leave(folder, load(folder), parts["valid"])


def _check_enough(
    chosen: Sequence[Row], parts: Mapping[splits.Split, Sequence[Row]], share: float
) -> None:
    """Raises TrainingError where a part of the rows that a run needs holds none."""
    if parts["train"] and not chosen:
        raise TrainingError(
            f"--share {share:g} of {len(parts['train'])} training rows is none: give a larger one"
        )
    empty = [name for name in _NEEDED if not parts[name]]
    if empty:
        count = sum(map(len, parts.values()))
        raise TrainingError(
            f"{count} labelled rows are too few: none falls into {' nor '.join(empty)} (by the "
            "hash of its text); label more, or leave out --no-own"
        )


def _told(config: TrainingConfig, teachers: int) -> str:
    """How a run learnt, for the card."""
    told = f"for up to {config.epochs} epochs (seed {config.seed})"
    if config.auxiliary:
        told += f", together with {', '.join(config.auxiliary)}"
    if teachers:
        told += f", distilled from {teachers} other runs"
        if config.state_weight:
            told += ", the hidden states of the first too,"
        if config.unlabelled_rows:
            told += f" that also taught {config.unlabelled_rows:,} texts without labels an epoch"
    return told


class Start(NamedTuple):
    """What a run begins with."""

    network: SignalNetwork
    tokenizer: Tokenizer


def begin(base: Path, width: int, config: TrainingConfig) -> Start:
    """The untrained network of `width` outputs over a base; the same for the same seed.

    The base may be an exported model: its encoder.
    """
    torch.manual_seed(config.seed)
    if exported.holds(base):
        encoder = exported.network_of(artefact.load(base)).encoder
        keep_layers(encoder, config.layers)
        network = SignalNetwork(encoder, width)
    else:
        network = SignalNetwork.from_base(base, width, config.layers)
    return Start(network, Tokenizer.from_file(str(base / "tokenizer.json")))


def continued(network: SignalNetwork, start: SignalNetwork) -> None:
    """Gives `network` the weights of `start`, its own outputs kept.

    Of a start with more layers those are kept that `keep_layers` keeps. Raises TrainingError.
    """
    keep_layers(start.encoder, network.encoder.config.num_hidden_layers)
    theirs, ours = start.state_dict(), network.state_dict()
    if theirs[_WORDS].shape != ours[_WORDS].shape:
        raise TrainingError("the run to start from has another vocabulary; see --base")
    for name in ("heads.weight", "heads.bias"):
        ours[name][: len(OUTPUTS)] = theirs.pop(name)
    network.load_state_dict({**ours, **theirs})


def _guide(teachers: Sequence[Path], network: SignalNetwork, tokenizer: Tokenizer) -> SignalNetwork:
    """The first teacher, as one whose hidden states can be had. Raises TrainingError."""
    found = load(teachers[0])
    theirs = found.network.state_dict()[_WORDS]
    same = theirs.shape == network.state_dict()[_WORDS].shape
    if not same or found.tokenizer.get_vocab() != tokenizer.get_vocab():
        raise TrainingError(
            f"{teachers[0]} has another vocabulary or width: its hidden states cannot be learnt; "
            "begin with its weights (--start), or leave out --states"
        )
    return found.network


def _leave(folder: Path, run: Run, valid: Sequence[Row]) -> metrics.Metrics:
    logits = training.logits_of(run.network, run.tokenizer, valid, run.config)
    probabilities = run.calibration.apply(logits[:, : len(OUTPUTS)], [row.lang for row in valid])
    positives = metrics.truth(valid)
    figures = metrics.measure(positives, probabilities[:, LOGIT_OF_HEAD])
    (folder / "metrics.json").write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    plots.course(folder / "log.jsonl", folder / "course.png")
    plots.reliability(positives, probabilities[:, LOGIT_OF_HEAD], folder / "reliability.png")
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return figures


def _taught(
    data: Path,
    rows: Sequence[Row],
    chosen: Sequence[Row],
    teachers: Sequence[Path],
    width: int,
    config: TrainingConfig,
) -> tuple[np.ndarray | None, list[Example]]:
    """What the teachers say of the training rows, and of texts that nobody labelled."""
    if not teachers:
        return None, []
    pool = _unlabelled(data, rows, config)
    soft = np.zeros((len(chosen) + len(pool), len(OUTPUTS)))
    for teacher in teachers:
        run = load(teacher)
        run = replace(run, config=replace(run.config, threads=config.threads))
        soft += run.probabilities([*chosen, *pool]) / len(teachers)
    targets = np.full((len(pool), width), np.nan, dtype=np.float32)
    targets[:, : len(LOGITS)] = soft[len(chosen) :, : len(LOGITS)]
    taught = [
        Example(item.text, item.role, target, item.channel)
        for item, target in zip(pool, targets, strict=True)
    ]
    return soft[: len(chosen)], taught


def _unlabelled(data: Path, rows: Sequence[Row], config: TrainingConfig) -> list[Example]:
    """Texts of the auxiliary sets, none of which is a labelled row or nearly one."""
    if not config.unlabelled_rows:
        return []
    labelled = {splits.text_key(row.text) for row in rows}
    found: dict[str, Example] = {}
    for examples in auxiliary.read(data, auxiliary.held(data), 0).values():
        for example in examples:
            key = splits.text_key(example.text)
            if key not in labelled:
                found.setdefault(key, example)
    for item in corpus.public(data):
        key = splits.text_key(item.text)
        if key not in labelled:
            found[key] = Example(item.text, item.role, np.zeros(0, dtype=np.float32), "twitter")
    enough = config.epochs * config.unlabelled_rows  # reading them is the teachers' time
    return random.Random(config.seed).sample(list(found.values()), min(enough, len(found)))
