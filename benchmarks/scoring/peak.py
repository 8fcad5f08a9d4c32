"""How fast this machine multiplies int8 matrices on one thread: what an encoder could reach."""

import time

import torch

_SHAPES = ((320, 384, 1152), (320, 384, 1536), (320, 1536, 384), (1024, 1024, 1024))
_SECONDS = 1.0


def int8_peak() -> float:
    """The best rate over some shapes, in 10^9 operations (multiply, add) per CPU second."""
    return max(_rate(*shape) for shape in _SHAPES)


def _rate(rows: int, inner: int, columns: int) -> float:
    left = torch.randint(-127, 127, (rows, inner), dtype=torch.int8)
    right = torch.randint(-127, 127, (columns, inner), dtype=torch.int8).t()
    torch._int_mm(left, right)
    rounds, started = 0, time.process_time()
    while time.process_time() - started < _SECONDS:
        torch._int_mm(left, right)
        rounds += 1
    spent = time.process_time() - started
    return 2 * rows * inner * columns * rounds / spent / 1e9
