"""Our encoder, fine-tuned for one task alone; the weights are thrown away.

Softmax cross-entropy per question, classes weighted by the root of their rarity; rates by layer,
augmentation and batches as in `models.training`; the best epoch on the validation rows is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn

from benchmarks.yardsticks.tasks import Fold, Part, Question, Verdict
from models import batches, runs, training
from models.auxiliary import Example
from models.network import SignalNetwork
from models.training import TrainingConfig


@dataclass(frozen=True)
class Start:
    """Where a fine-tune begins: the encoder of a finished run, or the base alone."""

    base: Path
    layers: int
    run: Path | None = None

    @property
    def name(self) -> str:
        """As the report tells it."""
        if self.run:
            return f"the encoder of the run `{self.run.name}`"
        return f"the base ({self.layers} layers)"

    def begin(self, outputs: int, config: TrainingConfig) -> runs.Start:
        """A network of fresh heads. Raises ArtefactError for a run that is not finished."""
        if self.run is None:
            return runs.begin(self.base, outputs, replace(config, layers=self.layers))
        finished = runs.load(self.run)
        torch.manual_seed(config.seed)
        network = SignalNetwork(finished.network.encoder, outputs)
        network.channels = finished.network.channels
        return runs.Start(network, finished.tokenizer)

    def alone(self) -> "Start":
        """The base that the run itself began from, of as many layers."""
        return Start(self.base, self.layers)


class Ours:
    """Fine-tunes for each fold anew."""

    name = "Tocsin, fine-tuned"

    def __init__(self, start: Start, config: TrainingConfig, say: Callable[[str], None]) -> None:
        self._start = start
        self._config = config
        self._say = say

    def read(self, fold: Fold, questions: Sequence[Question]) -> Verdict:
        """Learns all questions in one network."""
        widths = [len(question.classes) for question in questions]
        network, tokenizer = self._start.begin(sum(widths), self._config)
        network.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        self._tune(network, tokenizer, fold, questions)
        return self._verdict(network, tokenizer, fold.test, widths)

    def _tune(
        self,
        network: SignalNetwork,
        tokenizer: Tokenizer,
        fold: Fold,
        questions: Sequence[Question],
    ) -> None:
        config, widths = self._config, [len(question.classes) for question in questions]
        rows = examples(fold.train)
        weights = [
            class_weights(fold.train.labels[:, column], width)
            for column, width in enumerate(widths)
        ]
        steps = config.epochs * -(-len(rows) // config.batch_size)
        groups = rates(network, config)
        optimizer = torch.optim.AdamW(groups, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            [group["lr"] for group in groups],
            total_steps=steps,
            pct_start=config.warmup_share,
            anneal_strategy="linear",
            cycle_momentum=False,
        )
        best, kept = -1.0, network.state_dict()
        for epoch in range(config.epochs):
            network.train()
            losses = []
            for batch in batches.training(
                rows, tokenizer, config.batch_size, config.max_tokens, config.seed * 1000 + epoch
            ):
                with torch.autocast("cpu", torch.bfloat16, enabled=training.fast_bfloat16()):
                    logits = network(config.told(batch))
                loss = loss_of(logits.float(), batch.targets, widths, weights)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                losses.append(loss.item())
            verdict = self._verdict(network, tokenizer, fold.valid, widths)
            reached = float(
                np.mean(
                    [
                        question.f1(fold.valid.labels[:, column], verdict.classes[:, column])
                        for column, question in enumerate(questions)
                    ]
                )
            )
            self._say(
                f"epoch {epoch + 1} of {config.epochs}: loss {np.mean(losses):.3f}, "
                f"validation F1 {reached:.3f}"
            )
            if reached >= best:  # of equal epochs the later: its rate was lower
                best = reached
                kept = {name: value.clone() for name, value in network.state_dict().items()}
        network.load_state_dict(kept)

    def _verdict(
        self, network: SignalNetwork, tokenizer: Tokenizer, part: Part, widths: Sequence[int]
    ) -> Verdict:
        logits = training.logits_of(network, tokenizer, examples(part), self._config)
        blocks = torch.from_numpy(logits).split(list(widths), dim=1)
        return Verdict(
            np.stack([block.argmax(1).numpy() for block in blocks], axis=1),
            np.stack([block.softmax(1)[:, -1].numpy() for block in blocks], axis=1),
        )


def examples(part: Part) -> list[Example]:
    """The rows as `models.batches` takes them; targets are class numbers, one per question."""
    targets = part.labels.astype(np.float32)
    return [
        Example(query.text, query.role, row, query.channel)
        for query, row in zip(part.queries, targets, strict=True)
    ]


def class_weights(labels: np.ndarray, classes: int) -> torch.Tensor:
    """The root of each class's rarity, 1 on average over the rows, shape (classes,)."""
    counts = np.bincount(labels, minlength=classes).clip(min=1)
    rarity = np.sqrt(counts.sum() / counts)
    return torch.from_numpy((rarity / rarity[labels].mean()).astype(np.float32))


def loss_of(
    logits: torch.Tensor,
    targets: torch.Tensor,
    widths: Sequence[int],
    weights: Sequence[torch.Tensor],
) -> torch.Tensor:
    """Cross-entropy of logits (rows, all classes) and targets (rows, questions), by question."""
    losses = [
        F.cross_entropy(block, targets[:, column].long(), weights[column])
        for column, block in enumerate(logits.split(list(widths), dim=1))
    ]
    return torch.stack(losses).mean()


def rates(network: SignalNetwork, config: TrainingConfig) -> list[dict]:
    """Parameter groups: heads learn fastest, layers the slower the deeper they lie."""
    layers = network.encoder.config.num_hidden_layers
    groups = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith(("heads", "channels")) or "token_type" in name:
            rate = config.head_rate
        else:
            above = layers
            if ".layer." in name:
                above = layers - 1 - int(name.split(".layer.")[1].split(".")[0])
            rate = config.encoder_rate * config.layer_decay**above
        decay = config.weight_decay if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "lr": rate, "weight_decay": decay})
    return groups
