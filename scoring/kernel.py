"""How long a publication goes on being reacted to: the memory kernel as a sum of exponentials.

SEISMIC's kernel (Zhao et al. 2015, KDD, arXiv:1506.02594) is constant (6.27e-4 per second) for five
minutes and then falls as a power law with exponent 1 + 0.2315. Its survival function, the part of
the reactions that is still to come, is written as a sum of exponentials (largest error 0.0118 up to
30 days, non-negative least squares), so that it is known from a handful of decaying sums.
"""

import math

Sums = tuple[float, ...]
"""One decaying sum per time constant."""

SCALES = (60.0, 500.0, 2_000.0, 8_000.0, 32_000.0, 128_000.0, 512_000.0, 1e7)
"""Time constants in seconds. The shortest has no part in the kernel; it tells what is just new."""
PARTS = (0.0, 0.3545, 0.1463, 0.1510, 0.0893, 0.0721, 0.0587, 0.1281)
"""Part of the kernel in each exponential; they sum to one."""

NOTHING: Sums = (0.0,) * len(SCALES)
_INSTANT = 1e-9  # seconds; times are coarser, and a shorter age would be lost in dividing
_NEW: Sums = (1.0,) * len(SCALES)
_RATES = tuple(1 / scale for scale in SCALES)


def decays(elapsed: float) -> Sums:
    """What is left of each exponential after `elapsed` seconds (at least 0)."""
    return tuple([math.exp(-elapsed * rate) for rate in _RATES]) if elapsed else _NEW


def remaining(sums: Sums) -> float:
    """The part of what was summed up that is still to be reacted to."""
    return sum([part * one for part, one in zip(PARTS, sums, strict=True)])


def even(age: float) -> Sums:
    """The sums of one event that may have come at any time of the last `age` seconds."""
    if age < _INSTANT:
        return _NEW
    return tuple([-math.expm1(-age * rate) / (age * rate) for rate in _RATES])
