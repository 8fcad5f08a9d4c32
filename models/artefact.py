"""The exported model: one safetensors file of int8 weights, its tokenizer and its card.

Linear weights are int8 with one scale per output row; embeddings int8 with one scale per row;
everything else fp32. The file's metadata holds the configuration, so that it loads by itself.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from tokenizers import Tokenizer

from models.errors import ArtefactError

if TYPE_CHECKING:  # it brings transformers along, which a scoring process has no need of
    from models.network import SignalNetwork

FORMAT = "tocsin-signals-2"
WEIGHTS = "signals.safetensors"
TOKENIZER = "tokenizer.json"
TRAINED = "trained.pt"
"""What a training run leaves; the artefact is made from it."""
CARD = "CARD.md"
SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class ArtefactConfig:
    """What the weights need to be run; `calibration` is what `Calibration.as_lists` gives.

    `gate` is the threshold of the gate and what was measured of it (`models.gate.figures`), empty
    where there is none.
    """

    name: str
    layers: int
    hidden: int
    attention_heads: int
    epsilon: float
    max_tokens: int
    topic_layer: int
    calibration: dict[str, list[list[float]]]
    format: str = FORMAT
    trained_on: dict[str, int] = field(default_factory=dict)
    training: str = ""
    gate: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Description:
    """Which model this is: its name and the first twelve digits of its weights' SHA-256."""

    name: str
    digest: str
    folder: Path


@dataclass(frozen=True)
class Artefact:
    """A loaded artefact: configuration, raw tensors and tokenizer."""

    config: ArtefactConfig
    tensors: dict[str, torch.Tensor]
    tokenizer: Tokenizer
    description: Description


def quantise(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """int8 rows and their fp32 scales, of a matrix (rows, columns)."""
    scale = weight.abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
    return torch.round(weight / scale).to(torch.int8), scale.squeeze(1)


def save(
    folder: Path,
    network: "SignalNetwork",
    tokenizer: Tokenizer,
    config: ArtefactConfig,
    projection: np.ndarray,
    centre: np.ndarray,
) -> Description:
    """Writes the artefact; `projection` (hidden, topic) and `centre` (hidden,) make embeddings."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, torch.Tensor] = {
        "topic.projection": torch.from_numpy(projection).float().contiguous(),
        "topic.centre": torch.from_numpy(centre).float().contiguous(),
    }
    for name, value in network.state_dict().items():
        if name.endswith("weight") and value.ndim == 2 and "encoder." in name:
            rows, scale = quantise(value.float())
            tensors[name], tensors[name + ".scale"] = rows.contiguous(), scale.contiguous()
        elif "position_ids" not in name and "token_type_ids" not in name:
            tensors[name] = value.float().contiguous()
    return write(folder, config, tensors, tokenizer)


def write(
    folder: Path, config: ArtefactConfig, tensors: dict[str, torch.Tensor], tokenizer: Tokenizer
) -> Description:
    """Writes tensors as they are, with their configuration and tokenizer, atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"config": json.dumps(asdict(config), sort_keys=True)}
    partial = folder / (WEIGHTS + ".partial")
    save_file(tensors, partial, metadata)
    partial.chmod(0o644)  # a worker runs as another user than whoever exports
    partial.replace(folder / WEIGHTS)
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    return describe(folder)


def describe(folder: Path | None = None) -> Description:
    """Name and digest of an artefact, without loading it. Raises ArtefactError."""
    folder = folder or SHIPPED
    config = _config(folder)
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:12]
    return Description(config.name, digest, folder)


def load(folder: Path | None = None) -> Artefact:
    """The artefact of a folder, or the shipped one. Raises ArtefactError."""
    folder = folder or SHIPPED
    description = describe(folder)
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise damaged(folder, error) from error
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # tokenizers raises nothing narrower
        raise damaged(folder, f"{TOKENIZER}: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Artefact(_config(folder), tensors, tokenizer, description)


def damaged(folder: Path, error: object) -> ArtefactError:
    """What is said of a folder whose model cannot be read."""
    return ArtefactError(f"the model in {folder} is damaged ({error}); export it again")


def _config(folder: Path) -> ArtefactConfig:
    path = folder / WEIGHTS
    if (folder / TRAINED).is_file() and not path.is_file():
        raise ArtefactError(
            f"{folder} holds a training run, not a model: `tocsin export {folder} DATA OUT` "
            "makes one"
        )
    if not path.is_file():
        raise ArtefactError(
            f"no model at {folder} (expected {WEIGHTS}); set TOCSIN_MODEL or export"
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ArtefactError(f"{path} is damaged ({error}); export the model again") from error
    values = json.loads(metadata.get("config", "{}"))
    if values.get("format") != FORMAT:
        raise ArtefactError(f"{path} is no {FORMAT} file; export the model with this release")
    return ArtefactConfig(**values)
