"""What a run leaves on disk so that it can be gone on with: written atomically, one per run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.errors import TrainingError

CHECKPOINT = "checkpoint.pt"
"""File in the folder of a run that goes on."""


@dataclass
class State:
    """Epochs done, epochs since the best, its macro-F1, and its weights."""

    epoch: int = 0
    stale: int = 0
    best: float = -1.0
    best_weights: dict[str, torch.Tensor] | None = None


class Checkpoint:
    """The last finished epoch and the best weights so far."""

    def __init__(self, path: Path, config: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
        self._path = path
        self._config = dict(config)
        self._parts = parts
        self.state = State()

    def load(self) -> State:
        """Goes on from what is there. Raises TrainingError if it is of other settings."""
        if self._path.exists():
            saved = torch.load(self._path, weights_only=True)
            if saved["config"] != self._config:
                theirs, ours = saved["config"], self._config
                names = sorted({*theirs, *ours})
                differ = ", ".join(name for name in names if theirs.get(name) != ours.get(name))
                raise TrainingError(
                    f"{self._path.parent} holds a run of other settings ({differ}); "
                    "name another --run, or remove that folder"
                )
            for name, part in self._parts.items():
                part.load_state_dict(saved[name])
            self.state = State(**saved["state"])
        return self.state

    def save(self, figure: float, measured: nn.Module) -> State:
        """Stores a finished epoch; `measured`'s weights are the best if its figure is."""
        state = self.state
        state.epoch += 1
        state.stale += 1
        if figure > state.best:
            state.best, state.stale = figure, 0
            weights = measured.state_dict()
            state.best_weights = {name: value.clone() for name, value in weights.items()}
        partial = self._path.with_suffix(".partial")
        parts = {name: part.state_dict() for name, part in self._parts.items()}
        torch.save({"config": self._config, "state": asdict(state), **parts}, partial)
        partial.replace(self._path)
        return state
