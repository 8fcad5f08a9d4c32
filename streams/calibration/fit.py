"""Weights under which a look's highest score is the probability that a crisis followed.

Multiple-instance logistic regression (Maron and Lozano-Perez 1998; a look is positive if any of
its cases is, so the highest counts), drawn towards the weights that a person set. No weight may
leave its direction, or go below half or above thrice what was set: what people read in
`why` stays true, and no signal falls silent because made-up histories do not show its worth.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from msgspec.structs import asdict, replace

from scoring.policy import IncidentWeights, Policy, Weights
from streams.calibration.looks import CONVERSATION, INCIDENT, ORDINARY, Array, Look

STEPS = 1500
_RATE = 0.02
_LEAST, _MOST = 0.5, 3.0
_BASELINE = (-9.0, -1.0)


class Bags(NamedTuple):
    """Looks as tensors: rows of evidence, and which look each belongs to."""

    conversations: torch.Tensor
    of_conversation: torch.Tensor
    incidents: torch.Tensor
    of_incident: torch.Tensor
    crisis: torch.Tensor
    worth: torch.Tensor


def bags(looks: Sequence[Look]) -> Bags:
    """The looks as tensors of doubles."""
    count = [np.full(len(look.conversations), n) for n, look in enumerate(looks)]
    counted = [np.full(len(look.incidents), n) for n, look in enumerate(looks)]
    return Bags(
        torch.from_numpy(np.concatenate([look.conversations for look in looks])),
        torch.from_numpy(np.concatenate(count).astype(np.int64)),
        torch.from_numpy(np.concatenate([look.incidents for look in looks])),
        torch.from_numpy(np.concatenate(counted).astype(np.int64)),
        torch.tensor([float(look.crisis) for look in looks], dtype=torch.float64),
        torch.from_numpy(worth(looks)),
    )


def worth(looks: Sequence[Look]) -> Array:
    """What each look counts, one in the mean: ordinary weeks half of all, for most weeks are."""
    plain = np.array([look.kind.startswith(ORDINARY) for look in looks])
    share = plain.mean()
    if share in (0.0, 1.0):
        return np.ones(len(looks))
    return np.where(plain, 0.5 / share, 0.5 / (1 - share))


def highest(held: Bags, conversation: torch.Tensor, incident: torch.Tensor) -> torch.Tensor:
    """Log-odds of each look's highest case; very low where there is none."""
    most = torch.full((len(held.crisis),), -12.0, dtype=torch.float64)
    for rows, owner, weights in (
        (held.conversations, held.of_conversation, conversation),
        (held.incidents, held.of_incident, incident),
    ):
        if len(rows):
            most = most.scatter_reduce(0, owner, rows @ weights, "amax")
    return most


def scores(looks: Sequence[Look], policy: Policy) -> Array:
    """The score of each look under a policy, 0 to 1."""
    held = bags(looks)
    return torch.sigmoid(highest(held, *_set(policy))).numpy()


def fit(looks: Sequence[Look], policy: Policy, pull: float, steps: int = STEPS) -> Policy:
    """The policy with fitted weights; `pull` is how strongly they are drawn to those set.

    The loss is the mean log loss over looks, each for what it is worth, plus `pull` times the mean
    squared distance in units of what was set. Deterministic.
    """
    held = bags(looks)
    begin = torch.cat(_set(policy))
    low, high = _bounds(begin)
    scale = begin.abs().clamp(min=0.3)
    moved = torch.zeros_like(begin, requires_grad=True)
    optimiser = torch.optim.Adam([moved], lr=_RATE)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = _RATE * (1 - step / steps)
        weights = (begin + moved * scale).clamp(low, high)
        split = weights.split([len(CONVERSATION), len(INCIDENT)])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            highest(held, *split), held.crisis, weight=held.worth
        )
        loss = loss + pull * moved.square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = (begin + moved.detach() * scale).clamp(low, high)
    one, other = found.split([len(CONVERSATION), len(INCIDENT)])
    return with_weights(policy, one.tolist(), other.tolist())


def with_weights(
    policy: Policy, conversation: Sequence[float], incident: Sequence[float]
) -> Policy:
    """The policy with these weights, rounded to hundredths."""
    rounded = Weights(
        **{name: round(w, 2) for name, w in zip(CONVERSATION, conversation, strict=True)}
    )
    own = IncidentWeights(**{name: round(w, 2) for name, w in zip(INCIDENT, incident, strict=True)})
    return replace(policy, weights=rounded, incident=replace(policy.incident, weights=own))


def _set(policy: Policy) -> tuple[torch.Tensor, torch.Tensor]:
    conversation, incident = asdict(policy.weights), asdict(policy.incident.weights)
    return (
        torch.tensor([conversation[name] for name in CONVERSATION], dtype=torch.float64),
        torch.tensor([incident[name] for name in INCIDENT], dtype=torch.float64),
    )


def _bounds(begin: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    near, far = begin * _LEAST, begin * _MOST
    low, high = torch.minimum(near, far), torch.maximum(near, far)
    for place in (0, len(CONVERSATION)):
        low[place], high[place] = _BASELINE
    return low, high
