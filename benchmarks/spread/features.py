"""What a cascade looks like at an age, after the temporal and structural features of Cheng et al.
2014 (WWW, arXiv:1403.4608); those of contents and of the social graph are not in our data.
"""

import numpy as np

from benchmarks.spread.cascades import Cascade

_PARTS = 8


def of(cascade: Cascade, age: float) -> np.ndarray:
    """The features at `age` seconds; finite whatever the cascade."""
    times = cascade.times[cascade.times <= age]
    number = len(times)
    followers = cascade.followers[: number + 1]
    parents = cascade.parents[:number]
    depth = np.zeros(number + 1)
    for child, parent in enumerate(parents, start=1):
        depth[child] = depth[min(int(parent), child - 1)] + 1
    degrees = np.bincount(parents, minlength=number + 1)
    counts = np.histogram(times, np.linspace(0, age, _PARTS + 1))[0]
    recent = [np.sum(times > age - age / 2**power) for power in range(1, 7)]
    gaps = np.diff(np.concatenate([[0.0], times]))
    half = len(gaps) // 2
    return np.array(
        [
            np.log1p(number),
            np.log1p(number) ** 2,
            *np.log1p(counts),
            *np.log1p(recent),
            *(np.log1p(part.mean() if len(part) else age) for part in (gaps[:half], gaps[half:])),
            np.log1p(age - times[-1] if number else age),
            *np.log1p(np.quantile(times, [0, 0.25, 0.5, 0.75]) if number else [age] * 4),
            np.mean(parents == 0) if number else 1.0,
            np.log1p(degrees[0]),
            np.log1p(degrees[1:].max(initial=0)),
            depth.max(),
            depth.mean(),
            *np.log1p([followers[0], followers[1:].sum(), followers[1:].max(initial=0)]),
        ]
    )
