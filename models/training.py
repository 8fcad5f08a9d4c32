"""Fine-tunes the network, several tasks at once, and keeps the best epoch on the stopping split.

Every column of the output is a yes or no; what is not known of a row (other sets' columns, the
kind of an answer of somebody who is no brand) is left out of the loss. What is measured and kept
is a moving average of the weights (Polyak), which a small set of rows leaves less to chance than
the last step's. With teachers, a row's targets are mixed with what they say of it (Hinton et al.
2015), and texts without labels are learnt from the teachers alone. A teacher with more layers may
guide the hidden states too (Jiao et al., EMNLP 2020, arXiv:1909.10351): fewer layers then come to
read alike from few texts.
"""

import json
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models import batches, calibration, metrics
from models.auxiliary import Example
from models.checkpoint import CHECKPOINT, Checkpoint
from models.data import Row, target_matrix
from models.heads import LOGIT_OF_HEAD, LOGITS, OUTPUTS
from models.network import SignalNetwork

_MAX_POSITIVE_WEIGHT = 4.0
_ANSWER_WEIGHT = 0.3
_AUXILIARY_WEIGHT = 0.5


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that shapes a run; learning rates are per optimizer step, sizes in rows.

    `auxiliary_rows` is how many rows of each auxiliary set an epoch draws, at most;
    `unlabelled_rows` how many of the texts that only teachers speak of; `teacher_share` how much
    of a target is the teachers'; `twin_weight` what the ranking of contrast twins counts,
    `state_weight` what the likeness of hidden states to a guide's does (at the end a tenth of it).
    `patience` ends a run after so many epochs without a better one.
    """

    seed: int = 13
    epochs: int = 6
    patience: int = 2
    batch_size: int = 32
    max_tokens: int = 160
    layers: int = 12
    encoder_rate: float = 1e-4
    layer_decay: float = 0.88
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_share: float = 0.08
    written_repeat: int = 1
    average_decay: float = 0.98
    auxiliary: tuple[str, ...] = ()
    auxiliary_rows: int = 600
    unlabelled_rows: int = 0
    teacher_share: float = 0.7
    twin_weight: float = 0.3
    state_weight: float = 0.0
    use_role: bool = True
    use_channel: bool = True
    threads: int = 0

    def told(self, batch: batches.Batch) -> batches.Batch:
        """The batch, without what the network is not to be told."""
        return replace(
            batch,
            roles=batch.roles * int(self.use_role),
            channels=batch.channels * int(self.use_channel),
        )


STATES: dict[str, Any] = {
    "state_weight": 1.0,
    "encoder_rate": 2e-4,
    "layer_decay": 0.95,
    "average_decay": 0.995,
}
"""Settings for a student that learns hidden states: it has further to go than one that is tuned."""


@dataclass(frozen=True)
class Material:
    """What a run learns from and is measured on.

    `examples` by set of their origin: `rows` is the labelled ones, the others auxiliary;
    `valid` stops the run, `calibrating` fits its probabilities. `guide` is whose hidden states the
    network is to have, of the same width and vocabulary.
    """

    rows: Sequence[Row]
    examples: Mapping[str, Sequence[Example]]
    valid: Sequence[Row]
    calibrating: Sequence[Row]
    guide: SignalNetwork | None = None


@dataclass(frozen=True)
class Progress:
    """Where a run stands: called back after every step and every epoch."""

    step: int
    steps: int
    loss: float
    epoch_metrics: metrics.Metrics | None = None


def labelled_examples(
    rows: Sequence[Row], width: int, soft: np.ndarray | None, config: TrainingConfig
) -> list[Example]:
    """Labelled rows as examples of `width` columns, mixed with teachers' probabilities `soft`."""
    targets = np.full((len(rows), width), np.nan, dtype=np.float32)
    own = target_matrix(rows)
    if soft is not None:
        share = config.teacher_share
        own = np.where(np.isnan(own), own, (1 - share) * own + share * soft)
    targets[:, : len(OUTPUTS)] = own
    return [
        Example(row.text, row.role, target, row.channel, row.pair)
        for row, target in zip(rows, targets, strict=True)
    ]


def train(
    network: SignalNetwork,
    tokenizer: Tokenizer,
    material: Material,
    config: TrainingConfig,
    run: Path,
    report: Callable[[Progress], None],
) -> calibration.Calibration:
    """Trains `network` in place and returns its calibration.

    The run folder gets `config.json`, `log.jsonl` and `checkpoint.pt`; a run that finds a
    checkpoint of the same configuration goes on from there. Raises TrainingError.
    """
    _seed(config)
    run.mkdir(parents=True, exist_ok=True)
    settings = _settings(config)
    network.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    drawn = _Draw(material, config)
    per_epoch = -(-len(drawn.epoch(0)) // config.batch_size)  # or a few fewer, for twins
    steps = config.epochs * per_epoch
    optimizer = torch.optim.AdamW(_parameter_groups(network, config), fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _slope(config, steps))
    loss_of = MaskedLoss(material.rows, network.heads.out_features)
    apart = StateLoss(material.guide) if material.guide else None
    if apart:
        _without_dropout(network)  # the states to be had come without
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(config.average_decay))
    parts = {"network": network, "average": average, "optimizer": optimizer, "schedule": schedule}
    checkpoint = Checkpoint(run / CHECKPOINT, settings, parts)
    state = checkpoint.load()
    (run / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
    step = schedule.last_epoch
    averaged = cast(SignalNetwork, average.module)
    while state.epoch < config.epochs and state.stale <= config.patience:
        network.train()
        torch.manual_seed(config.seed * 1000 + state.epoch)  # so that a resumed run drops alike
        running = 0.0
        epoch = batches.training(
            drawn.epoch(state.epoch),
            tokenizer,
            config.batch_size,
            config.max_tokens,
            config.seed * 1000 + state.epoch,
        )
        for batch in epoch:
            told = config.told(batch)
            with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
                states = network.states(told)
                logits = network.read(states[-1], told.mask)
            logits = logits.float()
            loss = loss_of(logits, batch.targets)
            if apart:
                weight = config.state_weight * (1 - 0.9 * step / steps)
                loss = loss + weight * apart(states, told)
            loss = loss + config.twin_weight * twin_loss(logits, batch)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
            step += 1
            running = 0.98 * running + 0.02 * loss.item() if running else loss.item()
            report(Progress(step, steps, running))
        figures = _measure(averaged, tokenizer, material.valid, config)
        report(Progress(step, steps, running, figures))
        _log(run, state.epoch, running, figures)
        # Rows that hold nothing at all cannot tell epochs apart: the first one stays.
        state = checkpoint.save(figures.macro_f1 or 0.0, averaged)
    assert state.best_weights is not None
    network.load_state_dict(state.best_weights)
    found = logits_of(network, tokenizer, material.calibrating, config)[:, : len(OUTPUTS)]
    languages = [row.lang for row in material.calibrating]
    return calibration.fit(found, target_matrix(material.calibrating), languages)


def logits_of(
    network: SignalNetwork,
    tokenizer: Tokenizer,
    rows: Sequence[Row | Example],
    config: TrainingConfig,
) -> np.ndarray:
    """Logits, shape (rows, columns)."""
    network.eval()
    result = np.zeros((len(rows), network.heads.out_features), dtype=np.float32)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
        for index, batch in batches.in_order(rows, tokenizer, config.batch_size, config.max_tokens):
            result[index] = network(config.told(batch)).float().numpy()
    return result


class MaskedLoss:
    """Binary cross-entropy over the columns that are known, averaged by block of columns."""

    def __init__(self, rows: Sequence[Row], width: int) -> None:
        weight = torch.ones(width)
        weight[: len(LOGITS)] = _positive_weight(rows)
        self._loss = nn.BCEWithLogitsLoss(pos_weight=weight, reduction="none")
        self._blocks = (
            (slice(0, len(LOGITS)), 1.0),
            (slice(len(LOGITS), len(OUTPUTS)), _ANSWER_WEIGHT),
            (slice(len(OUTPUTS), width), _AUXILIARY_WEIGHT),
        )

    def __call__(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The loss of logits (batch, columns) against targets, NaN where unknown."""
        known = ~targets.isnan()
        losses = self._loss(logits, targets.nan_to_num()) * known
        total = logits.new_zeros(())
        for columns, weight in self._blocks:
            rows = known[:, columns].any(1)
            if rows.any():
                found = losses[rows][:, columns].sum() / known[rows][:, columns].sum()
                total = total + weight * found * rows.float().mean()
        return total


class StateLoss:
    """How far hidden states are from a guide's, in the guide's variances: middle and last layer."""

    def __init__(self, guide: SignalNetwork) -> None:
        self._guide = guide.eval().requires_grad_(False)

    def __call__(self, states: Sequence[torch.Tensor], batch: batches.Batch) -> torch.Tensor:
        """The mean square over tokens, 0 where the states are alike.

        `states` are (batch, tokens, width), before the first layer and after each, of `batch`.
        """
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
            wanted = self._guide.states(batch)
        there = batch.mask.bool()
        total = states[-1].new_zeros((), dtype=torch.float32)
        for ours, theirs in (
            (states[(len(states) - 1) // 2], wanted[(len(wanted) - 1) // 2]),
            (states[-1], wanted[-1]),
        ):
            aim = theirs[there].float()
            spread = aim.var(0, unbiased=False).clamp(min=1e-6)
            total = total + ((ours[there].float() - aim).square() / spread).mean() / 2
        return total


def twin_loss(logits: torch.Tensor, batch: batches.Batch) -> torch.Tensor:
    """How badly the signals rank contrast twins (RankNet, Burges et al. 2005), 0 without twins.

    Where the twins' targets differ, the higher target's logit should be the higher one.
    """
    one, other = batch.twins[:, 0], batch.twins[:, 1]
    targets = batch.targets[:, : len(LOGITS)]
    apart = targets[one] - targets[other]
    gap = (logits[one] - logits[other])[:, : len(LOGITS)]
    losses = nn.functional.softplus(-gap * apart.sign()) * apart.abs()
    return losses.sum() / max(1, len(batch.targets))


class _Draw:
    """The examples of each epoch: all labelled ones, the written repeated, a draw of the rest."""

    def __init__(self, material: Material, config: TrainingConfig) -> None:
        repeats = [config.written_repeat if row.written else 1 for row in material.rows]
        self._always = [
            example
            for example, repeat in zip(material.examples["rows"], repeats, strict=True)
            for _ in range(repeat)
        ]
        self._others = {name: list(e) for name, e in material.examples.items() if name != "rows"}
        self._config = config

    def epoch(self, number: int) -> list[Example]:
        """What epoch `number` (from 0) learns from."""
        rng = random.Random(self._config.seed * 100 + number)
        drawn = list(self._always)
        for name, examples in self._others.items():
            unlabelled = name == "unlabelled"
            most = self._config.unlabelled_rows if unlabelled else self._config.auxiliary_rows
            drawn += rng.sample(examples, min(most, len(examples)))
        return drawn


def fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; elsewhere it is slower than fp32."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _settings(config: TrainingConfig) -> dict:
    """The configuration as JSON gives it back, without what does not change the result."""
    settings = json.loads(json.dumps(asdict(config)))
    settings.pop("threads")
    return settings


def _without_dropout(network: SignalNetwork) -> None:
    for part in network.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0


def _seed(config: TrainingConfig) -> None:
    random.seed(config.seed)
    np.random.seed(config.seed)
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads or os.cpu_count() or 1)


def _log(run: Path, epoch: int, loss: float, figures: metrics.Metrics) -> None:
    heads = {head: found.f1 for head, found in figures.heads.items()}
    line = {"epoch": epoch + 1, "loss": round(loss, 4), "macro_f1": figures.macro_f1, **heads}
    with (run / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")


def _parameter_groups(network: SignalNetwork, config: TrainingConfig) -> Iterable[dict]:
    layers = network.encoder.config.num_hidden_layers
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith(("heads", "channels")) or "token_type" in name:
            rate = config.head_rate
        elif ".layer." in name:
            depth = int(name.split(".layer.")[1].split(".")[0])
            rate = config.encoder_rate * config.layer_decay ** (layers - 1 - depth)
        else:
            rate = config.encoder_rate * config.layer_decay**layers
        decay = config.weight_decay if parameter.ndim > 1 else 0.0
        yield {"params": [parameter], "lr": rate, "weight_decay": decay}


def _slope(config: TrainingConfig, steps: int) -> Callable[[int], float]:
    warmup = max(1, int(config.warmup_share * steps))

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return max(0.0, (steps - step) / max(1, steps - warmup))

    return factor


def _positive_weight(rows: Sequence[Row]) -> torch.Tensor:
    targets = target_matrix(rows)[:, : len(LOGITS)]
    positive = targets.sum(0).clip(min=1)
    odds = np.sqrt((len(rows) - positive) / positive)
    return torch.from_numpy(odds.clip(1.0, _MAX_POSITIVE_WEIGHT).astype(np.float32))


def _measure(
    network: SignalNetwork, tokenizer: Tokenizer, rows: Sequence[Row], config: TrainingConfig
) -> metrics.Metrics:
    logits = logits_of(network, tokenizer, rows, config)
    probabilities = calibration.sigmoid(logits)[:, LOGIT_OF_HEAD]
    return metrics.measure(metrics.truth(rows), probabilities)
