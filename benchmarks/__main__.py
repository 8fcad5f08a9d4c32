"""Runs benchmarks by name, all of them without one.

Those that need labelled data, or take options, run alone and take the rest of the line:
`yardsticks --help`.
"""

import importlib
import sys
from typing import TextIO

BENCHMARKS = {
    "state": "memory, disk and the time to begin again, of state in memory and in RocksDB",
    "fold": "microseconds per mention of the decision, and bytes of state per conversation",
}
OF_DATA = {
    "scoring": "DATA: speed, memory and macro-F1 of the encoder beside other ways of reading",
    "explanations": "DATA: what quoted words take from the score, beside as many random words",
    "ablations": "DATA: what each part of the training is worth, and a learning curve",
    "decision": "crises caught before the media, controls left alone, over made-up histories",
    "told": "crises caught before the media, in streams written apart from the made-up histories",
    "growth": "bytes of memory per mention while a backlog goes through the folds and tables",
    "faults": "workers killed, stopped and cut off while mentions come in: what is lost, or twice",
    "spread": "CASCADES: forecasts of the final number of shares, beside size alone and others",
    "stream": "rates, latency, CPU by stage and a backlog, beside the same job by hand",
    "scale_model": "what 1,000 to 500,000 mentions a second need; rebalances, hot brands: computed",
    "fuzz": "hostile inputs for everything that reads what others wrote: --inputs N --seed S",
    "personal": "masking of personal data: recall by kind, near-misses spared, and its cost",
    "yardsticks": "DATA: macro-F1 on public sets and our own, beside what else one could install",
}


_OWN = {"benchmarks", "models", "scoring", "streams", "tests"}


def main(names: list[str]) -> int:
    """Runs them in order; 2 for a name that is none."""
    alone = names[:1] in ([name] for name in OF_DATA) or any(n.startswith("-") for n in names[1:])
    if alone and names[0] in {**BENCHMARKS, **OF_DATA}:
        return _alone(names[0], names[1:])
    if names and names[0] in ("-h", "--help"):
        _list(sys.stdout)
        return 0
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; there are:", file=sys.stderr)
        _list(sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        print(f"## {name}: {BENCHMARKS[name]}")
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


def _alone(name: str, line: list[str]) -> int:
    """Runs one with the rest of the line; 2 where the packages that it takes are not installed."""
    try:
        module = importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in _OWN:
            raise
        print(f"{error.name} is missing: `make setup` brings what benchmarks need", file=sys.stderr)
        return 2
    return module.main(line) or 0


def _list(stream: TextIO) -> None:
    for name, what in {**BENCHMARKS, **OF_DATA}.items():
        print(f"  {name:<12} {what}", file=stream)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
