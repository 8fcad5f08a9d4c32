"""Runs benchmarks by name, all of them without one."""

import importlib
import sys

BENCHMARKS = {
    "inference": "messages per second of the shipped encoder beside transformers in fp32",
    "fold": "microseconds per mention of the decision, and bytes of state per conversation",
}


def main(names: list[str]) -> int:
    """Runs them in order; 2 for a name that is none."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; there are:", file=sys.stderr)
        for name, what in BENCHMARKS.items():
            print(f"  {name:<10} {what}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        print(f"## {name}: {BENCHMARKS[name]}")
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
