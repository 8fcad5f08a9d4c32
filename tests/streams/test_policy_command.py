"""`tocsin policy`: in words, checked, and what a change of it would have changed."""

import json
import re
from pathlib import Path

import pytest

from scoring.errors import PolicyError
from scoring.policy import default, load
from tests.conftest import Cli
from tests.streams.helpers import one_line

SHOES = Path(__file__).parents[2] / "streams" / "library" / "shoes-2011.jsonl"


def test_the_policy_is_told_in_words(cli: Cli, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "acme"\n[brands.acme-air.levels.watch]\nscore = 0.3\n')
    assert f"watch     from {default().levels.watch.score:.1%}" in cli("policy", "explain").stdout
    told = cli("policy", "explain", str(mine), "--brand", "acme-air")
    assert told.returncode == 0
    assert "watch     from 30.0%" in told.stdout
    checked = cli("policy", "check", str(mine)).stdout
    assert re.fullmatch(r"acme@[0-9a-f]{12} is valid, 1 brand of its own\n", checked)
    assert cli("policy", "check", "default").stdout == f"{default().label} is valid\n"


def test_a_brand_without_overrides_is_told_so(cli: Cli, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "acme"\n[brands.acme-air.levels.watch]\nscore = 0.3\n')
    told = cli("policy", "explain", str(mine), "--brand", "acme-ari")
    assert told.returncode == 0
    assert "no overrides for acme-ari: did you mean acme-air?" in one_line(told.stderr)
    assert "has some for acme-air" in told.stderr
    assert f"watch     from {default().levels.watch.score:.1%}" in told.stdout
    none = cli("policy", "explain", "--brand", "nobody")
    assert "no overrides for nobody: default has none" in one_line(none.stderr)


def test_a_mistake_in_it_is_one_line(cli: Cli, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[levels]\nquiet = 1\n")
    for arguments in (("check", bad), ("explain", bad), ("diff", "default", bad, SHOES)):
        done = cli("policy", *map(str, arguments))
        assert done.returncode == 2
        assert "levels.quiet: there is no such key; did you mean quiet_s?" in one_line(done.stderr)
    assert "absent.toml" in one_line(cli("policy", "check", str(tmp_path / "absent.toml")).stderr)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[route]]\nsinks = []\n", "route: there is no such key; did you mean [[routes]]?"),
        ('[sink.a]\ntype = "x"\n', "sink: there is no such key; did you mean [sinks.NAME]?"),
        ('name = "a\\u0000b"\n', "name holds a control character"),
    ],
)
def test_a_mistake_beside_the_policys_own_keys(tmp_path: Path, text: str, said: str) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(text)
    with pytest.raises(PolicyError) as error:
        load(bad)
    assert said in str(error.value)


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """The mentions of one crisis of the library."""
    file = tmp_path / "story.jsonl"
    kept = [line for line in SHOES.read_text("utf-8").splitlines() if "shoe-0015" in line]
    assert len(kept) > 10
    file.write_text("".join(line + "\n" for line in kept))
    return file


@pytest.mark.slow
def test_what_a_change_would_have_changed(cli: Cli, tmp_path: Path, story: Path) -> None:
    calm = tmp_path / "calm.toml"
    calm.write_text("[weights]\nbaseline = -30\n")
    compared = ("policy", "diff", "default", str(calm), str(story))
    told = cli(*compared, timeout_s=200).stdout
    assert f"weights.baseline: {default().weights.baseline} -> -30.0" in told
    assert re.search(r"^cases +1 +0$", told, re.MULTILINE)
    assert "toncelle:shoe-0015: not opened any more (" in told
    rows = cli(*compared, "--json", timeout_s=200).stdout.splitlines()
    (row,) = map(json.loads, rows)
    assert row["new"] is None
    assert row["old"]["messages"]["resolved"] >= 1


@pytest.mark.slow
def test_the_same_policy_changes_nothing(cli: Cli, story: Path) -> None:
    same = cli("policy", "diff", "default", "default", str(story), timeout_s=200).stdout
    assert same.endswith("no case would have gone differently\n")
