"""The chart's pages: their commands go to the namespace that the first of them makes."""

import re

import pytest

from helm.tools import copies

COMMAND = re.compile(
    r"\b(?:helm (?:diff )?(?:upgrade|install|test|history|rollback|uninstall) tocsin|kubectl \w+ "
    r"(?:restart )?(?:deployment|statefulset))[^`\n]*"
)


@pytest.mark.parametrize(("page", "at_least"), [("README.md", 4), ("UPGRADING.md", 8)])
def test_each_command_names_the_namespace(page: str, at_least: int) -> None:
    commands = COMMAND.findall((copies.CHART / page).read_text("utf-8"))
    assert len(commands) >= at_least
    assert [one for one in commands if "--namespace tocsin" not in one] == []
