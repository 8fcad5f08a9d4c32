"""What each phrase adds to each logit, read off the states that the network pooled.

The heads are linear over the mean and the maximum of the tokens' last states, so what a logit
would be without some tokens' states follows from the forward pass that was made anyway. It is an
estimate: the states that stay were made in the sight of those that are left out.
"""

from collections.abc import Sequence

import numpy as np

from models.cuts import LONGEST

_MEAN_COUNTS = 2.0
"""How much more the mean counts than the maximum, which often is a token's with little to say.

Chosen on rows of the validation split with two trained models; 1 is hardly worse.
"""


def falls(
    states: np.ndarray,
    weights: np.ndarray,
    tokens: Sequence[tuple[int, int]],
    kept: np.ndarray | None = None,
) -> np.ndarray:
    """By how much each logit would fall without each phrase, shape (words, LONGEST, outputs).

    `states` (tokens, hidden) are the last layer's, `weights` (outputs, 2 x hidden) the heads',
    `tokens` the first token of each word and the one after its last. `kept` (tokens,) says which
    tokens still count; all without it. Entry (first, length - 1), NaN past the last word.
    """
    hidden = states.shape[1]
    mean_weights = _MEAN_COUNTS * weights[:, :hidden].T
    top_weights = weights[:, hidden:].T
    stays = np.ones(len(states), dtype=bool) if kept is None else kept
    values = states.astype(np.float64)
    shares = _summed((values @ mean_weights) * stays[:, None])
    counts = _summed(stays.astype(np.float64)[:, None])
    values[~stays] = -np.inf
    lowest = np.full((1, hidden), -np.inf)
    until = np.maximum.accumulate(np.vstack([lowest, values]))
    since = np.maximum.accumulate(np.vstack([lowest, values[::-1]]))[::-1]
    whole = shares[-1] / counts[-1] + since[0] @ top_weights
    starts, ends = np.array(tokens).T
    result = np.full((len(tokens), LONGEST, len(weights)), np.nan)
    for length in range(1, min(LONGEST, len(tokens)) + 1):
        first, last = starts[: len(tokens) - length + 1], ends[length - 1 :]
        mean = (shares[-1] - shares[last] + shares[first]) / (
            counts[-1] - counts[last] + counts[first]
        )
        top = np.maximum(until[first], since[last]) @ top_weights
        result[: len(first), length - 1] = whole - mean - top
    return result


def _summed(values: np.ndarray) -> np.ndarray:
    """Sums of the rows before each row and, last, of all."""
    return np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
