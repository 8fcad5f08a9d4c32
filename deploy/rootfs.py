"""Gathers what an image without a shell holds: Python, the program, and the libraries they load.

`python deploy/rootfs.py PREFIX TARGET` copies the virtual environment at PREFIX with the
interpreter and the standard library that it rests on, every shared library that these name (ldd),
certificates, users, and empty folders to write to. What only builds, trains or tests is left out;
with `--without-model` the weights are too. The Python files are compiled, by hash and not by time,
since a read-only root takes nothing later and two builds are to give the same bytes.

TARGET becomes the root of the image. A build stage runs this (Dockerfile), and so does a test.
"""

import compileall
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from py_compile import PycInvalidationMode

USER = 65532
STANDARD_UNUSED = (
    *("ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tkinter", "turtledemo"),
    *("_tkinter*", "_test*", "_ctypes_test*", "xxlimited*"),
    *("__pycache__", "config-*", "site-packages"),
)
UNUSED = (
    *("__pycache__", "activate*", "Activate.ps1", "*.a"),
    *("site-packages/pip", "site-packages/pip-*", "models/corpus"),
    *("torch/include", "torch/share", "bin/protoc*", "bin/test_*", "bin/*Test"),
)
MODEL = ("models/weights",)
WRITABLE = ("tmp", "var/lib/tocsin")
"""Where a writable volume or tmpfs goes; the rest is read-only."""
SYSTEM = ("/etc/ssl/certs/ca-certificates.crt", "/etc/ld.so.cache")
OPENED_LATE = ("libgcc_s.so.1",)
"""Beside libc: what it opens when a thread is cancelled, and no file names."""
FILES = {
    "etc/passwd": f"root:x:0:0::/:/sbin/nologin\ntocsin:x:{USER}:{USER}::/tmp:/sbin/nologin\n",
    "etc/group": f"root:x:0:\ntocsin:x:{USER}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def main(prefix: Path, target: Path, without_model: bool) -> None:
    """Fills `target`, which must not exist."""
    interpreter = Path(sys.executable).resolve()
    standard = Path(sysconfig.get_path("stdlib"))
    target.mkdir(parents=True)
    shutil.copytree(standard, _at(target, standard), symlinks=True, ignore=_but(STANDARD_UNUSED))
    shutil.copytree(
        prefix, _at(target, prefix), symlinks=True, ignore=_but(UNUSED + MODEL * without_model)
    )
    for file in _links(prefix / "bin" / "python"):
        _copy(file, target, links=True)
    extensions = [file for file in target.rglob("*.so*") if file.is_file()]
    found = libraries([interpreter, *extensions])
    (libc,) = (file for file in found if file.name == "libc.so.6")
    for file in (*found, *(libc.parent / name for name in OPENED_LATE), *map(Path, SYSTEM)):
        if file.is_file():
            _copy(file, target)
    for name, text in FILES.items():
        _at(target, Path("/") / name).write_text(text)
    for name in WRITABLE:
        (target / name).mkdir(parents=True, exist_ok=True)
        (target / name).chmod(0o1777)
    compileall.compile_dir(
        target,
        maxlevels=30,
        quiet=2,
        stripdir=str(target),
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )


def libraries(files: Iterable[Path]) -> list[Path]:
    """What the loader opens for these; not what wheels bring along."""
    listing = subprocess.run(
        ["ldd", *map(str, files)], capture_output=True, text=True, check=False
    ).stdout
    named = re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", listing, flags=re.MULTILINE)
    return [Path(name) for name in dict.fromkeys(named) if "/site-packages/" not in name]


def _but(unused: Iterable[str]) -> Callable[[str, list[str]], set[str]]:
    """What `shutil.copytree` leaves out: by name, or by name and that of the folder it is in."""

    def ignore(folder: str, names: list[str]) -> set[str]:
        above = Path(folder).name
        return {
            n for n in names for one in unused if fnmatch(n, one) or fnmatch(f"{above}/{n}", one)
        }

    return ignore


def _links(file: Path) -> Iterator[Path]:
    """A file and, when it is a link, what it points to, to the end."""
    yield file
    while file.is_symlink():
        file = file.parent / file.readlink()
        yield file


def _copy(file: Path, target: Path, links: bool = False) -> None:
    place = _at(target, file)
    if not (place.exists() or place.is_symlink()):
        shutil.copy2(file, place, follow_symlinks=not links)


def _at(target: Path, path: Path) -> Path:
    place = target / path.relative_to("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--without-model"]):
        sys.exit("usage: rootfs.py PREFIX TARGET [--without-model]")
    main(Path(sys.argv[1]), Path(sys.argv[2]), without_model=len(sys.argv) == 4)
