"""Adds up what the locks of an image install: `python -m deploy.size` (megabytes of 10^6 bytes).

Counts the installed files of each distribution, as its wheel's RECORD lists them, compiled Python
left out, and the program's own packages. The interpreter and the system's libraries come on top.
"""

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "tocsin": ("image.txt",),
    "tocsin-score": ("image.txt", "image-score.txt"),
    "all of run.txt": ("run.txt",),
}
PROGRAM = ("models", "scoring", "streams")
NO_MODEL = {"tocsin"}
LARGEST = 5


def main() -> None:
    """Prints one line for each image, and its largest parts."""
    for image, files in LOCKS.items():
        sizes = {name: installed(name) for file in files for name in locked(file)}
        for package in PROGRAM:
            sizes[package] = of_folder(ROOT / package)
        if image in NO_MODEL:
            sizes["models"] -= of_folder(ROOT / "models" / "weights")
        sizes["models"] -= of_folder(ROOT / "models" / "corpus")
        largest = sorted(sizes.items(), key=lambda one: -one[1])[:LARGEST]
        parts = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in largest)
        print(f"{image}: {sum(sizes.values()) / 1e6:,.0f} MB ({parts}, ...)")


def locked(file: str) -> list[str]:
    """Names of the distributions that a lock of this platform installs."""
    text = (ROOT / "requirements" / file).read_text()
    return re.findall(r"^([a-z0-9.-]+)==", text, flags=re.MULTILINE)


def installed(name: str) -> int:
    """Bytes of a distribution's files in this environment; 0 when it is not installed."""
    try:
        files = metadata.distribution(name).files or []
    except metadata.PackageNotFoundError:
        return 0
    places = [Path(str(file.locate())) for file in files if file.suffix != ".pyc"]
    return sum(place.stat().st_size for place in places if place.is_file())


def of_folder(folder: Path) -> int:
    """Bytes of a folder's files, compiled Python left out."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and f.suffix != ".pyc")


if __name__ == "__main__":
    main()
