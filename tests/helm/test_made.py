"""What is made from something else is as it would be made now, and the program agrees with it."""

import json

import pytest
import yaml

from helm.tools import comments, copies, readme, schema
from streams.config import Settings
from streams.environment import Setting
from streams.kafka.topics import Topics
from streams.worker.application import Role
from streams.worker.reads import READ_BY

TEXT = (copies.CHART / "values.yaml").read_text("utf-8")
VALUES = yaml.safe_load(TEXT)
KEYS = comments.read(TEXT)
STALE = "run `make chart`"


def test_the_schema_is_made_from_the_values() -> None:
    committed = json.loads((copies.CHART / "values.schema.json").read_text("utf-8"))
    assert committed == schema.of(KEYS), STALE


def test_the_readme_is_made_from_the_values() -> None:
    committed = (copies.CHART / "README.md").read_text("utf-8")
    assert committed == readme.with_tables(committed, KEYS), STALE


def test_every_value_is_described() -> None:
    """But for maps whose keys are described, and for what Kubernetes defines."""

    def silent(key: comments.Key) -> list[str]:
        if key.description:
            return []
        below = [name for child in key.children for name in silent(child)]
        return below if key.children else [".".join(key.path)]

    assert [name for key in KEYS for name in silent(key)] == []


@pytest.mark.parametrize("folder", ["prometheus", "grafana"])
def test_the_chart_carries_the_rules_and_boards_of_deploy(folder: str) -> None:
    if not (copies.ROOT / "deploy" / folder).is_dir():
        pytest.skip(f"deploy/{folder} is not there: nothing to compare with")
    kept = copies.CHART / "files" / {"prometheus": "rules", "grafana": "dashboards"}[folder]
    wanted = {
        copy: original.read_bytes()
        for copy, original in copies.originals().items()
        if copy.parent == kept
    }
    assert wanted, f"deploy/{folder} has none"
    assert {copy: copy.read_bytes() for copy in copies.present() if copy.parent == kept} == (
        wanted
    ), STALE


def test_every_role_of_the_program_can_be_run() -> None:
    assert {role.value for role in Role} <= VALUES["roles"].keys()


def test_roles_read_the_topics_of_the_program() -> None:
    names = Topics.of(Settings())
    for role, fields in READ_BY.items():
        assert VALUES["roles"][role.value]["topics"] == [getattr(names, field) for field in fields]


def test_every_setting_has_one_place() -> None:
    names = {setting.name for setting in Setting.of(Settings, ignore=("given",))}
    assert names >= schema.PLACES, "a setting that is no more"
    secret = {one.name for one in Setting.of(Settings, ignore=("given",)) if one.secret}
    assert names - schema.PLACES - secret == schema.config()["properties"].keys()


def test_the_chart_is_of_the_program_s_version() -> None:
    from importlib.metadata import version

    chart = yaml.safe_load((copies.CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == version("tocsin")


def test_a_comment_becomes_description_and_schema() -> None:
    text = """
# @section -- Names
# a note for readers of this file

# @schema
# minimum: 1
# @schema
# -- How many,
# in all.
pods: 3
resources:
  limits: {}
"""
    pods, resources = comments.read(text)
    assert (pods.section, pods.description, pods.schema) == (
        "Names",
        "How many, in all.",
        {"minimum": 1},
    )
    assert [key.path for key in resources.walk()] == [("resources",), ("resources", "limits")]


def test_a_schema_that_does_not_end_is_refused() -> None:
    with pytest.raises(ValueError, match="line 3: a block `# @schema` has no end"):
        comments.read("# @schema\n# minimum: 1\n# -- How many.\npods: 3\n")
