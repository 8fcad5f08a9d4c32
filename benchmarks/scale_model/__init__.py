"""Scale on paper: what a rate of mentions needs, what a rebalance costs, how hot a brand may get.

`python -m benchmarks scale_model` measures what the decision costs on this machine, takes what
`python -m benchmarks stream` measured of the rest (`costs.py`), and computes or simulates the rest.
"""

from benchmarks.scale_model.command import main

__all__ = ["main"]
