"""Completion as shells ask for it: at once, without a word on the terminal, and in a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def asked(words: str, at: int, shell: str = "bash") -> "subprocess.CompletedProcess[str]":
    asking = {
        "_TOCSIN_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(at),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, "-m", "streams"],
        env=os.environ | asking,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "at", "wanted"),
    [
        ("tocsin ba", 1, ["backtest"]),
        ("tocsin policy d", 2, ["diff"]),
        ("tocsin backtest --h", 2, ["--html", "--help"]),
        ("tocsin init --sink pager", 3, ["pagerduty"]),
        ("tocsin worker --role ti", 3, ["tickets"]),
        ("tocsin worker --role score,so", 3, ["score,sources"]),
        ("tocsin backtets --", 2, ["--version", "--help"]),
    ],
)
def test_what_could_follow(words: str, at: int, wanted: list[str]) -> None:
    done = asked(words, at)
    assert done.stderr == ""
    assert sorted(line.partition(",")[2] for line in done.stdout.split()) == sorted(wanted)


def test_sources_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[sources.news-fr]\ntype = "file"\npath = "/x.jsonl"\n')
    monkeypatch.setenv("TOCSIN_SOURCES", str(file))
    assert asked("tocsin sources test ne", 3).stdout.split() == ["plain,news-fr"]
    file.write_text("broken")
    done = asked("tocsin sources test ne", 3)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_the_first_word_imports_no_subcommand() -> None:
    code = (
        "import os, sys, contextlib\n"
        "from streams.cli import main\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main(prog_name='tocsin')\n"
        "print('loaded', [n for n in sys.modules if n.startswith('streams.cli.train')])"
    )
    asking = {"_TOCSIN_COMPLETE": "zsh_complete", "COMP_WORDS": "tocsin t", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | asking | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("loaded []\n")
    assert "topics\nShow or create the topics." in done.stdout


def test_in_bash(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash: install bash")
    command = tmp_path / "tocsin"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m streams "$@"\n')
    command.chmod(0o755)
    script = (
        'eval "$(_TOCSIN_COMPLETE=bash_source tocsin)"\n'
        "COMP_WORDS=(tocsin dead-letters re); COMP_CWORD=2; _tocsin_completion tocsin\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-euc", script],
        env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "replay\n"
    for shell in ("zsh", "fish"):
        source = subprocess.run(
            [str(command)],
            env=os.environ | {"_TOCSIN_COMPLETE": f"{shell}_source", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"_TOCSIN_COMPLETE={shell}_complete" in source.stdout
