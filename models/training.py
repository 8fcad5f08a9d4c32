"""Fine-tunes the network on labelled rows and keeps the best epoch on the validation tenth.

What is measured and kept is a moving average of the weights (Polyak), which a small set of rows
leaves less to chance than the last step's.
"""

import json
import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models import batches, calibration, metrics
from models.data import Row, target_matrix
from models.heads import LOGIT_OF_HEAD
from models.network import SignalNetwork

_MAX_POSITIVE_WEIGHT = 4.0


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that shapes a run; learning rates are per optimizer step, sizes in rows."""

    seed: int = 13
    epochs: int = 6
    batch_size: int = 32
    max_tokens: int = 160
    encoder_rate: float = 1e-4
    layer_decay: float = 0.88
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_share: float = 0.08
    written_repeat: int = 2
    average_decay: float = 0.98
    threads: int = 0


@dataclass(frozen=True)
class Progress:
    """Where a run stands: called back after every step and every epoch."""

    step: int
    steps: int
    loss: float
    epoch_metrics: metrics.Metrics | None = None


def train(
    network: SignalNetwork,
    tokenizer: Tokenizer,
    rows: Sequence[Row],
    valid: Sequence[Row],
    config: TrainingConfig,
    run: Path,
    report: Callable[[Progress], None],
) -> np.ndarray:
    """Trains `network` in place and returns its calibration, shape (2, logits).

    The run folder gets `config.json`, `log.jsonl` and `checkpoint.pt`; a run that finds a
    checkpoint of the same configuration goes on from there.
    """
    _seed(config)
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n")
    network.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    drawn = [r for r in rows for _ in range(config.written_repeat if _written(r) else 1)]
    steps = config.epochs * -(-len(drawn) // config.batch_size)
    optimizer = torch.optim.AdamW(_parameter_groups(network, config))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _slope(config, steps))
    loss_of = nn.BCEWithLogitsLoss(pos_weight=_positive_weight(rows))
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(config.average_decay))
    checkpoint = _Checkpoint(
        run / "checkpoint.pt",
        config,
        {"network": network, "average": average, "optimizer": optimizer, "schedule": schedule},
    )
    state = checkpoint.load()
    step = state.epoch * (steps // config.epochs)
    for epoch in range(state.epoch, config.epochs):
        network.train()
        running = 0.0
        for batch in batches.training(
            drawn, tokenizer, config.batch_size, config.max_tokens, config.seed * 1000 + epoch
        ):
            with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
                logits = network(batch.ids, batch.mask, batch.roles)
            loss = loss_of(logits.float(), batch.targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
            step += 1
            running = 0.98 * running + 0.02 * loss.item() if running else loss.item()
            report(Progress(step, steps, running))
        averaged = cast(SignalNetwork, average.module)
        figures = _measure(averaged, tokenizer, valid, config)
        report(Progress(step, steps, running, figures))
        with (run / "log.jsonl").open("a") as log:
            log.write(json.dumps({"epoch": epoch, "loss": running, "macro_f1": figures.macro_f1}))
            log.write("\n")
        state = checkpoint.save(epoch + 1, figures.macro_f1, average.module)
    network.load_state_dict(state.best_weights)
    logits = logits_of(network, tokenizer, valid, config)
    return calibration.fit(logits, target_matrix(valid))


def logits_of(
    network: SignalNetwork, tokenizer: Tokenizer, rows: Sequence[Row], config: TrainingConfig
) -> np.ndarray:
    """Logits in fp32, shape (rows, logits)."""
    network.eval()
    result = None
    with torch.inference_mode():
        for index, batch in batches.in_order(rows, tokenizer, config.batch_size, config.max_tokens):
            logits = network(batch.ids, batch.mask, batch.roles).numpy()
            if result is None:
                result = np.zeros((len(rows), logits.shape[1]), dtype=np.float32)
            result[index] = logits
    return result if result is not None else np.zeros((0, 7), dtype=np.float32)


def fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; elsewhere it is slower than fp32."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _seed(config: TrainingConfig) -> None:
    random.seed(config.seed)
    np.random.seed(config.seed)
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads or os.cpu_count() or 1)


def _written(row: Row) -> bool:
    return row.source.startswith("written")


def _parameter_groups(network: SignalNetwork, config: TrainingConfig) -> Iterable[dict]:
    layers = network.encoder.config.num_hidden_layers
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith("heads") or "token_type" in name:
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
    targets = target_matrix(rows)
    positive = targets.sum(0).clip(min=1)
    odds = np.sqrt((len(rows) - positive) / positive)
    return torch.from_numpy(odds.clip(1.0, _MAX_POSITIVE_WEIGHT).astype(np.float32))


def _measure(
    network: SignalNetwork, tokenizer: Tokenizer, rows: Sequence[Row], config: TrainingConfig
) -> metrics.Metrics:
    logits = logits_of(network, tokenizer, rows, config)
    probabilities = calibration.sigmoid(logits)[:, LOGIT_OF_HEAD]
    return metrics.measure(metrics.truth(rows), probabilities)


@dataclass
class _State:
    epoch: int
    best: float
    best_weights: dict[str, torch.Tensor]


class _Checkpoint:
    """The last finished epoch and the best weights so far, written atomically."""

    def __init__(self, path: Path, config: TrainingConfig, parts: dict[str, Any]) -> None:
        self.path = path
        self.config = asdict(config)
        self.parts = parts
        self.state = _State(0, -1.0, {})

    def load(self) -> _State:
        """Goes on from a checkpoint of the same configuration, if there is one."""
        if self.path.exists():
            saved = torch.load(self.path, weights_only=True)
            if saved["config"] == self.config:
                for name, part in self.parts.items():
                    part.load_state_dict(saved[name])
                self.state = _State(saved["epoch"], saved["best"], saved["best_weights"])
        return self.state

    def save(self, epoch: int, figure: float, measured: nn.Module) -> _State:
        """Stores a finished epoch; its weights are the best if its figure is."""
        if figure > self.state.best:
            weights = {name: value.clone() for name, value in measured.state_dict().items()}
            self.state = _State(epoch, figure, weights)
        else:
            self.state.epoch = epoch
        partial = self.path.with_suffix(".partial")
        states = {name: part.state_dict() for name, part in self.parts.items()}
        torch.save({"config": self.config, **asdict(self.state), **states}, partial)
        partial.replace(self.path)
        return self.state
