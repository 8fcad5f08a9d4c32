"""The policy: defaults, partial files, overrides per brand, and mistakes told by key and file."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring import policy as policies
from scoring.errors import PolicyError
from scoring.policy import Policy, default, load

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(text)`: a policy file."""

    def written(text: str) -> Path:
        path = tmp_path / "policy.toml"
        path.write_text(text, "utf-8")
        return path

    return written


def test_the_default_loads() -> None:
    assert load(None) is default()
    assert default().levels.watch.score < default().levels.crisis.score
    assert default().label.startswith("default@")


def test_a_file_holds_only_what_differs(write: Write) -> None:
    path = write('name = "mine"\n[levels.crisis]\nscore = 0.95\n[weights]\nanger = 3\n')
    policy = load(path)
    assert (policy.name, policy.levels.crisis.score, policy.weights.anger) == ("mine", 0.95, 3.0)
    assert policy.levels.crisis.beyond_audience is default().levels.crisis.beyond_audience
    assert policy.levels.escalate == default().levels.escalate
    assert policy.incident == default().incident


def test_an_empty_file_is_the_default(write: Write) -> None:
    assert load(write("")) == default()
    assert load(write("")).label == default().label


def test_a_brand_may_differ(write: Write) -> None:
    policy = load(write("[brands.skylark-air.levels]\nquiet_s = 90000\n"))
    assert policy.for_brand("skylark-air").levels.quiet_s == 90000
    assert policy.for_brand("skylark-air").weights == policy.weights
    assert policy.for_brand("tellow") is policy
    assert policy.for_brand("skylark-air").for_brand("skylark-air").levels.quiet_s == 90000


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("colour = 1", "colour"),
        ("[weights]\nangr = 1", "angr"),
        ("[levels]\nquiet = 1", "quiet"),
        ("[levels.disaster]\nscore = 0.9", "disaster"),
        ("[incident.weights]\nangr = 1", "angr"),
        (
            '[weights]\nanger = "much"',
            "weights.anger is a string: expected a number from -100 to 100",
        ),
        ("[weights]\nanger = nan", "weights.anger"),
        ("[weights]\nanger = 1e6", "weights.anger"),
        ("[incident]\nopens_authors = 1", "incident.opens_authors"),
        ("[incident]\nopens_authors = 2.5", "incident.opens_authors"),
        ("[incident]\nopens_surprise = nan", "incident.opens_surprise"),
        ("weights = 3", "weights is a whole number: expected a table"),
        ("repeat_interval_s = -1", "repeat_interval_s"),
        ("repeat_interval_s = 0", "repeat_interval_s"),
        ("repeat_interval_s = nan", "repeat_interval_s"),
        ("update_change = 1.5", "update_change: expected a number over 0 and below 1"),
        ('name = ""', "name: expected a string of 1 to 100 characters"),
        ("[levels.watch]\nscore = 1.0", "levels.watch.score"),
        ("[levels.watch]\nscore = 0.7", "scores must rise"),
        ("[levels.escalate]\nscore = 0.30", "scores must rise"),
        ("[levels]\nhysteresis = 0.5", "levels.hysteresis"),
        ("[levels]\nquiet_s = 1", "levels.quiet_s"),
        ("[levels]\nquiet = 1", "did you mean quiet_s?"),
        ("[levels.watch]\nfors = 1", "levels.watch.fors: there is no such key"),
        ("[levels.watch]\nfor_s = -1", "levels.watch.for_s"),
        ("snooze_at_most_s = 0", "snooze_at_most_s"),
        ('timezone = "Mars/Base"', "such as Europe/Paris"),
        ('timezone = "../../etc/passwd"', "such as Europe/Paris"),
        ("quiet_hours = 3", "quiet_hours"),
        ('[[quiet_hours]]\nfrom = "22:00"', "quiet_hours[0].until is missing: expected a string"),
        ('[[quiet_hours]]\nfrom = "25:00"\nuntil = "07:00"', "quiet_hours[0].from is '25:00'"),
        ('[[quiet_hours]]\nfrom = "22:00"\nuntil = "7"', "from 00:00 to 23:59"),
        ('[[quiet_hours]]\nfrom = "22:00"\nuntil = "07:00"\nunless = "page"', "escalate, crisis"),
        ('[[quiet_hours]]\nfrom = "22:00"\nuntil = "07:00"\ndays = ["Monday"]', "mon"),
        ('[[quiet_hours]]\nfrom = "22:00"\nuntil = "07:00"\nhue = 1', "from, until, days, unless"),
        (
            "[[maintenance]]\nfrom = 2026-03-01T22:00:00\nuntil = 2026-03-02T04:00:00Z",
            "with an offset, such",
        ),
        (
            "[[brands.tellow.maintenance]]\nfrom = 2026-03-01T22:00:00Z\n"
            "until = 2026-03-01T22:00:00Z",
            "brands.tellow: maintenance[0].until",
        ),
        ("[brands.tellow.weights]\nangr = 1", "brands.tellow"),
        ("[brands.tellow.weights]\nangr = 1", "angr"),
        ("[brands.tellow.levels.watch]\nscore = 0.9", "brands.tellow"),
        ("[brands.tellow.brands.skylark-air]\nname = 'x'", "brands.tellow"),
        ("[brands]\ntellow = 3", "brands[...] is a whole number: expected a table"),
        ("name = ", "no valid TOML"),
        ("name = 'a'\nname = 'b'", "no valid TOML"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(write: Write, text: str, needle: str) -> None:
    path = write(text)
    with pytest.raises(PolicyError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert needle in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(PolicyError, match=str(path)):
            load(path)
    with pytest.raises(PolicyError, match=r"absent.toml: no such file; correct the path"):
        load(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes("name = 'é'".encode("latin-1"))
    with pytest.raises(PolicyError, match=r"latin\.toml is not UTF-8 from byte 8 on"):
        load(tmp_path / "latin.toml")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "notepad.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'name = "mine"\r\n')
    assert load(path).name == "mine"


def test_no_mistake_is_told_in_the_decoder_s_words(write: Write) -> None:
    for text in ("name = 3", "[levels.watch]\nscore = 2", "[brands.Acme]\nname = 'x'"):
        with pytest.raises(PolicyError) as caught:
            load(write(text))
        assert not re.search(r"\$\.|`str`|\^\[a-z", str(caught.value))


@pytest.mark.parametrize(
    "text",
    [
        "[weights]\nanger = 1.2345",
        "[levels.watch]\nscore = 0.17",
        "[incident]\nopens_authors = 9",
        "[brands.tellow]\nupdate_change = 0.2",
    ],
)
def test_the_digest_tells_policies_apart(write: Write, text: str) -> None:
    changed = load(write(text))
    assert changed.label != default().label
    assert changed.label == load(write(text + "  # the same")).label


def test_every_weight_of_the_file_is_explained() -> None:
    """A number that decides carries its unit beside it."""
    text = Path(policies.__file__).with_name("policy.toml").read_text("utf-8")
    weights = [line for part in text.split("weights]\n")[1:] for line in part.splitlines()]
    numbers = [line for line in weights if " = " in line and not line.startswith("baseline")]
    assert len(numbers) > 25
    assert all("#" in line for line in numbers), [line for line in numbers if "#" not in line]


def test_a_policy_is_a_value() -> None:
    assert isinstance(default(), Policy)
    with pytest.raises(AttributeError):
        default().name = "other"  # type: ignore[misc]
