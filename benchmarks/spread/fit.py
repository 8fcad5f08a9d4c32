"""Fits the calibrated layer: quantiles of what came after states of recorded cascades."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import nn

from benchmarks.spread.cascades import Cascade
from scoring import layer
from scoring.layer import QUANTILES, TERMS, Layer, Step
from scoring.spread import Spread, View, expose

AGES = tuple(60.0 * m for m in (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360))
LATE_AGES = tuple(3600.0 * hours for hours in (12, 24, 72, 168))
THINNED = (1 / 4, 1 / 16, 1 / 64, 1 / 256)
"""Parts of a cascade that are kept in its smaller copies."""
COPIES_WEIGH, COPIES_WEIGH_FEW, FEW = 0.05, 0.4, 3.0
"""Weight of a smaller copy beside 1 of a whole cascade: where many shares were seen, and how much
more where few were. The cascades were chosen for being large: a fit on them alone expects two
hundred shares of every post that was shared once a moment ago."""
SEEN_WEIGHS = 0.75
"""Power of the part of the final size that was seen by which an error of the middle weighs."""

BEGUN = 1.4e9  # any time does: only differences count
HIDDEN, EPOCHS, BATCH = (32, 16), 100, 512
RATE, DECAY, DROPPED = 3e-3, 1e-3, 0.05  # of AdamW (Loshchilov and Hutter 2019), and dropout
FALLS_WEIGH = 20.0
"""How much it costs to foresee fewer shares in the end after one share more."""
_MOST = 12.0  # logarithm of shares to come, where falls are looked at
_EDGE = 4.0  # standard deviations that a term is kept within
_DIGITS = 6  # of a weight as written


@dataclass(frozen=True)
class Samples:
    """States of cascades at ages: `terms` (samples, TERMS), the terms had there been `one_more`
    share just then, the `shares` seen and those `to_come`, how much each weighs, the part of the
    final size that was seen, and the cascade's number.
    """

    terms: np.ndarray
    one_more: np.ndarray
    shares: np.ndarray
    to_come: np.ndarray
    weights: np.ndarray
    seen: np.ndarray
    of: np.ndarray

    def whole(self) -> "Samples":
        """Those of whole cascades, which weigh 1; copies weigh less."""
        return self.only(self.weights == 1)

    def only(self, mask: np.ndarray) -> "Samples":
        """Those that `mask` holds."""
        return Samples(*(getattr(self, column.name)[mask] for column in fields(self)))


def states(cascade: Cascade, ages: Iterable[float]) -> Iterator[tuple[float, Spread]]:
    """The state of the online estimator at each age (seconds, rising)."""
    spread = expose(Spread(), BEGUN, int(cascade.followers[0]), share=False)
    done = 0
    for age in ages:
        until = int(np.searchsorted(cascade.times, age, side="right"))
        for at, audience in zip(
            cascade.times[done:until].tolist(),
            cascade.followers[1 + done : 1 + until].tolist(),
            strict=True,
        ):
            spread = expose(spread, BEGUN + at, audience, share=True)
        done = until
        yield age, spread


def samples(cascades: Sequence[Cascade], seed: int) -> Samples:
    """Every cascade whole and thinned, every second one without follower counts."""
    rows: list[tuple[float, ...]] = []
    more: list[tuple[float, ...]] = []
    rest: list[tuple[int, int, float, float, int]] = []
    for number, cascade in enumerate(cascades):
        seen = cascade if number % 2 else cascade.blind()
        for kept in (1.0, *THINNED):
            one = seen if kept == 1 else seen.thinned(kept, seed)
            for age, spread in states(one, (AGES if kept == 1 else AGES[::2]) + LATE_AGES):
                if spread.shares:
                    at = BEGUN + age
                    rows.append(_terms(spread, at))
                    audience = int(one.followers[spread.shares])
                    more.append(_terms(expose(spread, at, audience, share=True), at))
                    weight = 1.0 if kept == 1 else _weight_of_copy(spread.shares)
                    seen_part = (1 + spread.shares) / (1 + one.size)
                    shares = spread.shares
                    rest.append((shares, one.size - shares, weight, seen_part, number))
    columns = (np.array(column) for column in zip(*rest, strict=True))
    return Samples(np.array(rows), np.array(more), *columns)


def _weight_of_copy(shares: int) -> float:
    return COPIES_WEIGH + COPIES_WEIGH_FEW / (1 + (shares / FEW) ** 3)


def _terms(spread: Spread, at: float) -> tuple[float, ...]:
    view = View(spread, at)
    return layer.terms(view.shares, view.shared, view.age, view.mean_age, view.reactions)


def fit(data: Samples, seed: int) -> Layer:
    """The layer of these samples: all quantiles by their check loss (Koenker and Bassett 1978).

    For the middle an error weighs by a power of the part that was seen: between the median of
    the logarithm (no such weight) and the least mean relative error (the whole part).
    """
    mean, deviation = _moments(data)
    terms, more = (
        torch.tensor(np.clip((rows - mean) / deviation, -_EDGE, _EDGE)).float()
        for rows in (data.terms, data.one_more)
    )
    shares = torch.tensor(data.shares).float()[:, None]
    wanted = torch.tensor(np.log1p(data.to_come)).float()[:, None]
    middle = data.weights * data.seen**SEEN_WEIGHS
    weights = torch.tensor(np.stack([data.weights, middle, data.weights], 1)).float()
    network = _trained((terms, more, shares, wanted, weights / weights.mean(0)), seed)
    first, *rest = [
        (one.weight.detach().double().numpy(), one.bias.detach().double().numpy())
        for one in network
        if isinstance(one, nn.Linear)
    ]
    # terms as they come, and not by their deviations: folded into the first weights
    first = (first[0] / deviation, first[1] - first[0] @ (mean / deviation))
    return Layer(
        made="",
        terms=TERMS,
        least=_rounded(mean - _EDGE * deviation),
        most=_rounded(mean + _EDGE * deviation),
        steps=(_step(*first), _step(*rest[0]), _step(*rest[1])),
    )


def _moments(data: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of each term; shapes (TERMS,)."""
    mean = np.average(data.terms, axis=0, weights=data.weights)
    deviation = np.sqrt(np.average((data.terms - mean) ** 2, axis=0, weights=data.weights))
    return mean, np.maximum(deviation, 1e-6)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Networks this small are slower with more, and add up in another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _trained(data: tuple[torch.Tensor, ...], seed: int) -> nn.Sequential:
    """The network after EPOCHS.

    `data`: terms and those of one more share, shape (samples, TERMS), shares and what is wanted of
    the network (samples, 1), weights (samples, QUANTILES).
    """
    terms, more, shares, wanted, weights = data
    quantiles = torch.tensor(QUANTILES)
    with torch.random.fork_rng(), _one_thread():
        torch.manual_seed(seed)
        last = nn.Linear(HIDDEN[1], len(QUANTILES))
        nn.init.constant_(last.bias, float(wanted.mean()))
        network = nn.Sequential(
            nn.Linear(terms.shape[1], HIDDEN[0]),
            nn.SiLU(),
            nn.Dropout(DROPPED),
            nn.Linear(*HIDDEN),
            nn.SiLU(),
            nn.Dropout(DROPPED),
            last,
        )
        optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
        batches = max(1, len(terms) // BATCH)
        pace = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, RATE, total_steps=EPOCHS * batches, cycle_momentum=False
        )
        for _ in range(EPOCHS):
            order = torch.randperm(len(terms))
            for rows in torch.tensor_split(order, batches):
                wrong = wanted[rows] - network.train()(terms[rows])
                loss = torch.maximum(quantiles * wrong, (quantiles - 1) * wrong) * weights[rows]
                both = network.eval()(torch.cat([terms[rows], more[rows]]))
                now, then = both.chunk(2)
                final = torch.log(shares[rows] + now.clamp(0, _MOST).exp())
                further = torch.log(shares[rows] + 1 + then.clamp(0, _MOST).exp())
                falls = torch.relu(final - further)
                optimiser.zero_grad()
                (loss.mean() + FALLS_WEIGH * falls.mean()).backward()
                optimiser.step()
                pace.step()
    return network.eval()


def _step(weights: np.ndarray, bias: np.ndarray) -> Step:
    return Step(tuple(_rounded(row) for row in weights), _rounded(bias))


def _rounded(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values)


def write(cascades: Sequence[Cascade], seed: int, out: Path) -> None:
    """Fits the layer on every cascade and writes it."""
    data = samples(cascades, seed)
    made = (
        f"python -m benchmarks spread CASCADES --fit scoring/layer.json: {len(cascades):,} public "
        f"retweet cascades and smaller copies of them, {len(data.of):,} states at ages of a minute "
        f"to a week, seed {seed}. Quantiles 0.1, 0.5 and 0.9 of log(1 + shares to come). How, and "
        "how well: docs/decision.md."
    )
    fitted = msgspec.structs.replace(fit(data, seed), made=made)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(fitted), indent=0) + b"\n")
