"""The network that is trained: a BERT encoder told who writes where, pooling, a linear layer."""

from pathlib import Path

import torch
from torch import nn
from transformers import BertModel
from transformers.utils import logging as transformers_logging

from models.batches import Batch
from models.errors import TrainingError
from models.heads import CHANNELS, OUTPUTS, ROLES

_DROPOUT = 0.1


class SignalNetwork(nn.Module):
    """Token ids and roles to logits.

    The role is a row of the token-type embedding, the channel one of an embedding of its own;
    both are added to every token, so that they cost none. The pooled vector is the mean and the
    maximum over tokens: the mean carries the tone, the maximum the one phrase that denies.
    """

    def __init__(self, encoder: BertModel, outputs: int = len(OUTPUTS)) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.channels = nn.Embedding.from_pretrained(
            torch.zeros(len(CHANNELS), width), freeze=False
        )
        self.dropout = nn.Dropout(_DROPOUT)
        self.heads = nn.Linear(2 * width, outputs)

    @classmethod
    def from_base(
        cls, folder: Path, outputs: int = len(OUTPUTS), layers: int | None = None
    ) -> "SignalNetwork":
        """The network over the encoder stored in `folder`, one type row per role.

        `layers` keeps that many of the encoder's, see `keep_layers`. Outputs beyond `OUTPUTS`
        serve auxiliary tasks.
        """
        transformers_logging.disable_progress_bar()  # ours shows what takes time
        encoder = BertModel.from_pretrained(folder, add_pooling_layer=False)
        types = encoder.embeddings.token_type_embeddings.weight.data[:1]
        encoder.embeddings.token_type_embeddings = nn.Embedding.from_pretrained(
            types.repeat(len(ROLES), 1), freeze=False
        )
        encoder.config.type_vocab_size = len(ROLES)
        if layers:
            keep_layers(encoder, layers)
        return cls(encoder, outputs)

    def without_auxiliary(self) -> dict[str, torch.Tensor]:
        """The weights, the outputs of auxiliary tasks left out."""
        weights = dict(self.state_dict())
        for name in ("heads.weight", "heads.bias"):
            weights[name] = weights[name][: len(OUTPUTS)].clone()
        return weights

    def forward(self, batch: Batch) -> torch.Tensor:
        """Logits (batch, outputs)."""
        return self.read(self.states(batch)[-1], batch.mask)

    def read(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits (batch, outputs) of what the last layer says."""
        return self.heads(self.dropout(pool(hidden, mask)))

    def states(self, batch: Batch) -> tuple[torch.Tensor, ...]:
        """Hidden states (batch, tokens, width) before the first layer and after each."""
        words = self.encoder.embeddings.word_embeddings(batch.ids)
        found: tuple[torch.Tensor, ...] = self.encoder(
            inputs_embeds=words + self.channels(batch.channels)[:, None],
            attention_mask=batch.mask,
            token_type_ids=batch.roles[:, None].expand_as(batch.ids),
            output_hidden_states=True,
        ).hidden_states
        return found


def keep_layers(encoder: BertModel, number: int) -> None:
    """Keeps `number` of the encoder's layers, evenly spaced from the first to the last.

    After Sanh et al. 2019 (arXiv:1910.01108). Raises TrainingError where there are fewer.
    """
    there = encoder.config.num_hidden_layers
    if not 1 <= number <= there:
        raise TrainingError(
            f"{number} layers cannot be kept of {there}: give --layers {there} or fewer"
        )
    places = [round(index * (there - 1) / max(1, number - 1)) for index in range(number)]
    encoder.encoder.layer = nn.ModuleList([encoder.encoder.layer[place] for place in places])
    encoder.config.num_hidden_layers = number


def pool(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean and maximum over the unmasked tokens, shape (batch, 2 x width)."""
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * weight).sum(1) / weight.sum(1)
    top = hidden.masked_fill(weight == 0, float("-inf")).amax(1)
    return torch.cat([mean, top], dim=1)
