"""The page of the folder `deploy` names what is in it, and nothing that is not."""

import re

from tests.conftest import ROOT

FOLDER = ROOT / "deploy"
SILENT = {"README.md", "__init__.py", "__pycache__"}
OF_USERS = {"compose.mine.yaml", ".env", "policy.toml"}


def test_it_names_what_is_there() -> None:
    rows = [row for row in (FOLDER / "README.md").read_text("utf-8").splitlines() if "|" in row]
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    for name in named:
        assert list(FOLDER.glob(name.rstrip("/"))), f"{name} is not there"
    there = {path.name for path in FOLDER.iterdir()} - SILENT - OF_USERS
    assert there == {name.split("/")[0] for name in named}
