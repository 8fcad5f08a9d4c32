"""Writes `run.txt`, `dev.txt`, `bench.txt`, `docs.txt`: what `pyproject.toml` leads to, pinned.

`make lock` runs it, with Python 3.11 (the oldest that is supported, so that what only it needs
is in the list). It installs the project's dependencies into a fresh virtual environment with
plain pip, as a user would, and writes down what pip chose: first what the program needs to run,
then what the extras `dev` and `train` add, then `bench`; and in another one `docs`, at the releases
that were chosen where it shares some. It takes some minutes and needs a
package registry.

Other resolvers are not used: they would choose another build of torch than pip does.
Read the difference that it makes before you commit it; a new torch or transformers needs
`tocsin evaluate` to give the shipped model's scores again.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PYTHON = (3, 11)
EXTRAS = ("dev", "train")
BENCH = "bench"
DOCS = "docs"

# The release that the shipped weights were exported and measured with.
EXACT = {"torch": "2.13.0"}

# pip itself comes with the environment, whichever it is.
LEFT_OUT = {"pip", "wheel"}

HEADER = """\
# {what}
# Written by `make lock` (requirements/lock.py) with Python {python}; do not edit by hand.
"""


def main() -> None:
    """Resolves three times in one fresh environment, once in another, and writes the files."""
    if sys.version_info[:2] != PYTHON:
        sys.exit("lock: run with Python {}.{} (make lock PYTHON=python3.11)".format(*PYTHON))
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    extras = [line for name in EXTRAS for line in project["optional-dependencies"][name]]
    bench = project["optional-dependencies"][BENCH]
    with tempfile.TemporaryDirectory() as folder:
        python = _environment(Path(folder))
        _install(python, project["dependencies"] + _pins(EXACT))
        run = _installed(python)
        _install(python, extras + _pins(_versions(run)))
        dev = _installed(python)
        _install(python, bench + _pins(_versions(dev)))
        everything = _installed(python)
    with tempfile.TemporaryDirectory() as folder:
        python = _environment(Path(folder))
        chosen = Path(folder) / "chosen.txt"
        chosen.write_text("\n".join(_pins(_versions(dev))))
        _install(python, [*project["optional-dependencies"][DOCS], "-c", str(chosen)])
        pages = _installed(python)
    _write("run.txt", "What `tocsin` needs to run.", run, everything)
    added = _beyond(run, dev)
    _write("dev.txt", "What tests, checks and training add.", added, everything, "-r run.txt")
    added = _beyond(dev, everything)
    _write("bench.txt", "What some benchmarks add.", added, everything, "-r dev.txt")
    added = _beyond(dev, pages)
    _write("docs.txt", "What the documentation's site adds.", added, dev | pages, "-r dev.txt")


def _beyond(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: found for name, found in after.items() if name not in before}


def _environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def _install(python: Path, requirements: list[str]) -> None:
    subprocess.run([python, "-m", "pip", "install", "-qq", *requirements], check=True)


def _installed(python: Path) -> dict[str, dict[str, Any]]:
    """The metadata of each installed distribution, by its normal name (PEP 503), sorted."""
    report = subprocess.run(
        [python, "-m", "pip", "--quiet", "inspect", "--local"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = [entry["metadata"] for entry in json.loads(report)["installed"]]
    named = {_normal(metadata["name"]): metadata for metadata in found}
    return {name: named[name] for name in sorted(named) if name not in LEFT_OUT}


def _versions(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    # what follows a plus names a local build (+cpu), which other machines do not have
    return {name: metadata["version"].partition("+")[0] for name, metadata in found.items()}


def _pins(versions: dict[str, str]) -> list[str]:
    return [f"{name}=={version}" for name, version in versions.items()]


def _markers(everything: dict[str, dict[str, Any]]) -> dict[str, str]:
    """For each distribution that is nowhere needed unconditionally: where it is needed."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    requirements = list(project["dependencies"])
    requirements += [
        line for name in (*EXTRAS, BENCH, DOCS) for line in project["optional-dependencies"][name]
    ]
    for metadata in everything.values():
        requirements += metadata.get("requires_dist", [])
    conditions: dict[str, set[str]] = {}
    for requirement in requirements:
        name, _, marker = requirement.partition(";")
        if "extra" not in marker:
            name = _normal(re.split(r"[\s\[(<>=!~]", name.strip(), maxsplit=1)[0])
            conditions.setdefault(name, set()).add(marker.strip().replace('"', "'"))
    return {
        name: " or ".join(sorted(found)) for name, found in conditions.items() if "" not in found
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _write(
    file: str, what: str, found: dict[str, Any], everything: dict[str, Any], first: str = ""
) -> None:
    markers = _markers(everything)
    lines = [
        f"{name}=={version}" + (f" ; {markers[name]}" if name in markers else "")
        for name, version in _versions(found).items()
    ]
    header = HEADER.format(what=what, python=".".join(map(str, PYTHON)))
    (HERE / file).write_text(header + "\n".join([first] * bool(first) + lines) + "\n")
    print(f"lock: requirements/{file}: {len(lines)} packages")


if __name__ == "__main__":
    main()
