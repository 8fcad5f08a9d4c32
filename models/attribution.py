"""What each phrase adds to each logit, read off the states that the network pooled.

The heads are linear over the mean and the maximum of the tokens' last states, so what a logit
would be without some tokens' states follows from the forward pass that was made anyway. It is an
estimate: the states that stay were made in the sight of those that are left out.
"""

from collections.abc import Sequence

import numpy as np

from models.cuts import LONGEST


def falls(
    states: np.ndarray,
    weights: np.ndarray,
    tokens: Sequence[tuple[int, int]],
    kept: np.ndarray | None = None,
) -> np.ndarray:
    """By how much each logit would fall without each phrase, shape (words, LONGEST, outputs).

    Entry (first, length - 1) is of the phrase of so many words; past the last it means nothing.
    `states` (tokens, hidden) are the last layer's, `weights` (outputs, 2 x hidden) the heads',
    `tokens` the first token of each word and the one after its last. `kept` (tokens,) says which
    tokens still count; all without it.
    """
    hidden = states.shape[1]
    mean_weights, top_weights = weights[:, :hidden].T, weights[:, hidden:].T
    stays = np.ones(len(states), dtype=bool) if kept is None else kept
    shares = _summed((states @ mean_weights) * stays[:, None])
    counts = _summed(stays[:, None])
    values = np.where(stays[:, None], states, -np.inf).astype(np.float32)
    until, since = _highest(values), _highest(values[::-1])[::-1]
    whole = shares[-1] / counts[-1] + since[0] @ top_weights
    starts, ends = np.array(tokens).T
    number = len(tokens)
    before, after = until[starts], since[ends]
    tops = np.zeros((number, LONGEST, hidden), dtype=np.float32)
    for length in range(1, min(LONGEST, number) + 1):
        into = tops[: number - length + 1, length - 1]
        np.maximum(before[: number - length + 1], after[length - 1 :], out=into)
    last = np.minimum(np.arange(number)[:, None] + np.arange(LONGEST), number - 1)
    means = (shares[-1] - shares[ends[last]] + shares[starts][:, None]) / (
        counts[-1] - counts[ends[last]] + counts[starts][:, None]
    )
    return whole - means - tops @ top_weights


def _highest(values: np.ndarray) -> np.ndarray:
    """Maxima of the rows before each row and, last, of all."""
    result = np.full((len(values) + 1, values.shape[1]), -np.inf, dtype=values.dtype)
    for row, value in enumerate(values):  # numpy's own `accumulate` is six times slower here
        np.maximum(result[row], value, out=result[row + 1])
    return result


def _summed(values: np.ndarray) -> np.ndarray:
    """Sums of the rows before each row and, last, of all."""
    return np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
