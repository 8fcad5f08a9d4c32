"""The network that is trained: a BERT encoder told the author's role, pooling and seven logits."""

from pathlib import Path

import torch
from torch import nn
from transformers import BertModel
from transformers.utils import logging as transformers_logging

from models.heads import LOGITS, ROLES

_DROPOUT = 0.1


class SignalNetwork(nn.Module):
    """Token ids and roles to logits.

    The role is a row of the token-type embedding, added to every token, so that it costs no
    token. The pooled vector is the mean and the maximum over tokens: the mean carries the tone,
    the maximum the one phrase that denies or reports.
    """

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.dropout = nn.Dropout(_DROPOUT)
        self.heads = nn.Linear(2 * width, len(LOGITS))

    @classmethod
    def from_base(cls, folder: Path) -> "SignalNetwork":
        """The network over the encoder stored in `folder`, one type row per role."""
        transformers_logging.disable_progress_bar()  # ours shows what takes time
        encoder = BertModel.from_pretrained(folder, add_pooling_layer=False)
        types = encoder.embeddings.token_type_embeddings.weight.data[:1]
        encoder.embeddings.token_type_embeddings = nn.Embedding.from_pretrained(
            types.repeat(len(ROLES), 1), freeze=False
        )
        encoder.config.type_vocab_size = len(ROLES)
        return cls(encoder)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, roles: torch.Tensor) -> torch.Tensor:
        """Logits (batch, 7) of ids (batch, tokens), mask (batch, tokens) and roles (batch,)."""
        hidden = self.encoder(
            input_ids=ids,
            attention_mask=mask,
            token_type_ids=roles[:, None].expand_as(ids),
        ).last_hidden_state
        return self.heads(self.dropout(pool(hidden, mask)))


def pool(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean and maximum over the unmasked tokens, shape (batch, 2 x width)."""
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * weight).sum(1) / weight.sum(1)
    top = hidden.masked_fill(weight == 0, float("-inf")).amax(1)
    return torch.cat([mean, top], dim=1)
