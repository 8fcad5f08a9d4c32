"""An installation that lacks what scoring needs: the other roles do without and say so."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from streams import scorer
from tests.conftest import ROOT, Cli

SERVED = ("worker", "topics", "replay", "dead_letters", "doctor", "policy", "forecast")


@pytest.fixture
def crippled(tmp_path: Path) -> str:
    """A PYTHONPATH with which torch and its kind cannot be found."""
    return lacking(tmp_path, scorer.NEEDS)


def lacking(folder: Path, modules: Iterable[str]) -> str:
    """A PYTHONPATH whose `sitecustomize`, written to `folder`, makes modules unfindable."""
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name in {sorted(modules)}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    return f"{folder}:{ROOT}"


def test_the_other_roles_import_none_of_it(crippled: str) -> None:
    modules = ["streams.worker.serve", *(f"streams.cli.{name}" for name in SERVED)]
    done = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(modules)}"],
        env={"PYTHONPATH": crippled},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_scoring_says_what_is_missing_in_one_line(cli: Cli, crippled: str) -> None:
    done = cli("score", "--text", stdin="hello\n", PYTHONPATH=crippled)
    assert done.returncode == 2
    assert done.stderr.startswith("tocsin: this installation cannot score: ")
    assert scorer.ADVICE in done.stderr
    assert done.stderr.count("\n") == 1


def test_doctor_warns_and_does_not_fail_for_it(cli: Cli, crippled: str) -> None:
    done = cli("doctor", "--json", PYTHONPATH=crippled)
    model = next(line for line in done.stdout.splitlines() if '"check":"model"' in line)
    assert '"outcome":"warn"' in model


def test_training_says_which_extra_it_lacks(cli: Cli, tmp_path: Path) -> None:
    done = cli("train", str(tmp_path), PYTHONPATH=lacking(tmp_path, ["datasketch"]))
    assert done.returncode == 2
    assert done.stderr == (
        "tocsin: datasketch is missing: `pip install 'tocsin[train]'` brings it\n"
    )
