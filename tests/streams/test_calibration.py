"""Fitting the policy: weights keep their direction, levels their order, the file its comments."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import asdict, replace

from scoring import policy as policies
from scoring.levels import Level
from scoring.mention import Mention
from scoring.policy import Policy
from scoring.scored import Scored, TextScores
from streams.calibration import course, fit, levels, recorded
from streams.calibration.looks import CONVERSATION, INCIDENT, ORDINARY, Look, look_at
from streams.calibration.outcome import Tally, outcome
from streams.calibration.written import tables, written
from streams.errors import UsageError
from streams.histories.collection import ordinary
from streams.histories.label import History
from streams.histories.tell import tell

POLICY = policies.default()
FEW = 200
"""Steps of a fit: enough for what is asked here."""


def telling(seed: int, count: int = 300) -> list[Look]:
    """Looks at one case each, in which denial alone makes a crisis likely."""
    rng = np.random.default_rng(seed)
    looks = []
    for number in range(count):
        row = rng.uniform(0, 1, len(CONVERSATION))
        row[0] = 1.0
        denial = row[CONVERSATION.index("corporate_denial")]
        looks.append(
            Look(
                kind=f"kind-{number % 7}",
                at=0.0,
                crisis=bool(rng.random() < denial),
                conversations=row[None],
                incidents=np.zeros((0, len(INCIDENT))),
            )
        )
    return looks


def by_label(history: History) -> list[Scored]:
    """Scores as a reader would have them who knows what the matter is."""

    def scores(mention: Mention) -> TextScores:
        bad = 0.9 if history.crisis and mention.root_id in history.matter else 0.05
        said = bad if mention.text else 0.0
        return TextScores(anger=said, objective_fact=said, corporate_denial=said, complaint=said)

    return [Scored(mention=m, scores=scores(m), model="none@0") for m in history.mentions]


def test_a_fit_foretells_kinds_that_it_has_not_seen_better_than_what_was_set() -> None:
    looks = telling(1)
    losses = course.left_out(looks, POLICY, 0.1, FEW)
    assert course.mean(losses, looks) < course.log_loss(looks, POLICY)


@pytest.mark.parametrize("pull", [0.0, 0.1, 10.0])
def test_no_weight_leaves_its_direction_or_falls_silent(pull: float) -> None:
    fitted = fit.fit(telling(2), POLICY, pull, FEW)
    for before, after in (
        (asdict(POLICY.weights), asdict(fitted.weights)),
        (asdict(POLICY.incident.weights), asdict(fitted.incident.weights)),
    ):
        for name in before.keys() - {"baseline"}:
            least, most = sorted((before[name] / 2, before[name] * 3))
            assert least - 0.006 <= after[name] <= most + 0.006, name


def test_a_strong_pull_leaves_what_was_set() -> None:
    fitted = fit.fit(telling(3), POLICY, 1000.0, FEW)
    assert asdict(fitted.weights) == pytest.approx(asdict(POLICY.weights), rel=0.03, abs=0.05)


def test_the_strongest_pull_wins_unless_another_is_better_beyond_chance() -> None:
    looks = telling(7, 70)
    noise = np.random.default_rng(8).normal(0, 0.1, len(looks))
    even = {0.1: np.full(len(looks), 0.5), 3.0: 0.501 + noise}
    clear = {0.1: np.full(len(looks), 0.5), 3.0: 0.9 + noise}
    assert course.chosen(even, looks) == 3.0
    assert course.chosen(clear, looks) == 0.1


def test_ordinary_weeks_count_for_half() -> None:
    looks = telling(4, 40)
    looks += [look._replace(kind=f"{ORDINARY} shops", crisis=False) for look in telling(5, 10)]
    worth = fit.worth(looks)
    assert worth[40:].sum() == pytest.approx(worth[:40].sum()) == pytest.approx(25)


def test_a_crisis_is_looked_at_until_its_deadline_and_its_matter_alone() -> None:
    history = tell("flaw-video", "en", 7)
    assert history.deadline is not None
    looks = look_at(history, by_label(history), POLICY)
    assert looks
    assert all(look.at <= history.deadline.timestamp() for look in looks)
    assert looks[-1].crisis
    assert all(0 < len(look.conversations) <= len(history.matter) for look in looks)


def test_an_ordinary_week_holds_no_crisis() -> None:
    history = next(ordinary("train", 3))
    looks = look_at(history, by_label(history), POLICY)
    assert len(looks) > 40
    assert not any(look.crisis for look in looks)


def test_an_outcome_is_caught_or_respected_and_never_both() -> None:
    crisis, control = tell("flaw-video", "en", 7), tell("viral-praise", "fr", 7)
    came = outcome(crisis, by_label(crisis), POLICY)
    none = outcome(control, by_label(control), POLICY)
    assert (came.caught, came.respected) == (True, None)
    assert (none.caught, none.respected) == (None, True)
    deaf = replace(POLICY, levels=_levels(0.9996, 0.9997, 0.9998, 0.9999))
    assert outcome(crisis, by_label(crisis), deaf).caught is False


def test_levels_are_those_that_are_worth_most() -> None:
    def judge(policy: Policy) -> Tally:
        chosen = policy.levels
        off = 2 * abs(chosen.escalate.score - 0.5) + abs(chosen.respond.score - 0.3)
        return Tally(caught=1 - off, respected=1.0, alarms=0.0, messages=0.0)

    chosen = levels.choose(POLICY, judge, lambda _: None).levels
    assert (chosen.respond.score, chosen.escalate.score) == (0.3, 0.5)
    scores = [rule.score for rule in chosen.rules]
    assert scores == sorted(set(scores))


def test_false_alarms_cost_more_than_they_can_bring() -> None:
    quiet = Tally(caught=0.5, respected=0.5, alarms=0.0, messages=0.0)
    loud = Tally(caught=1.0, respected=0.9, alarms=2.0, messages=0.0)
    assert quiet.worth > loud.worth


def test_what_is_written_is_the_policy_with_its_comments(tmp_path: Path) -> None:
    fitted = fit.fit(telling(6), POLICY, 0.1, FEW)
    fitted = replace(fitted, levels=_levels(0.15, 0.25, 0.5, 0.8))
    text = written(fitted, "Fitted to\nnothing at all")
    file = tmp_path / "fitted.toml"
    file.write_text(text, "utf-8")
    assert policies.load(file) == fitted
    assert text.startswith("# Fitted to\n# nothing at all\n")
    assert "# log-odds" not in text.splitlines()[0]
    assert "probability of clear anger" in text
    assert tomllib.loads(text)["name"] == "default"


def _levels(*scores: float) -> policies.Levels:
    rules = dict(zip(Level, scores, strict=True))
    old = POLICY.levels
    return replace(
        old,
        watch=replace(old.watch, score=rules[Level.WATCH]),
        respond=replace(old.respond, score=rules[Level.RESPOND]),
        escalate=replace(old.escalate, score=rules[Level.ESCALATE]),
        crisis=replace(old.crisis, score=rules[Level.CRISIS]),
    )


def test_of_a_policy_of_ones_own_only_what_was_fitted_is_written(tmp_path: Path) -> None:
    fitted = fit.fit(telling(6), POLICY, 0.1, FEW)
    text = tables(fitted, "Fitted")
    assert set(tomllib.loads(text)) == {"levels", "weights", "incident"}
    file = tmp_path / "own.toml"
    file.write_text(text, "utf-8")
    assert policies.load(file) == fitted
    assert "Fitted by" not in written(fitted, "Anew").split("name =")[0]


def test_one_history_or_one_outcome_teaches_nothing() -> None:
    looks = telling(9, 20)
    with pytest.raises(UsageError, match="more recordings"):
        course.check([look._replace(kind="recorded a") for look in looks])
    with pytest.raises(UsageError, match="nothing to tell apart"):
        course.check([look._replace(crisis=False) for look in looks])


MENTION = (
    '{"id": "1", "brand": "acme", "text": "it broke", "created_at": "2026-01-02T10:00:00Z",'
    ' "channel": "twitter"}\n'
)


def test_a_recording_with_its_label_is_a_history(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(MENTION)
    (tmp_path / "a.toml").write_text("crisis_at = 2026-01-02T18:00:00Z\n")
    (tmp_path / "b.jsonl").write_text(MENTION)
    (tmp_path / "b.toml").write_text('permitted = "watch"\n')
    crisis, control = recorded.read(tmp_path)
    assert crisis.crisis
    assert crisis.deadline is not None
    assert crisis.matter == ("1",)
    assert not control.crisis
    assert control.permitted is Level.WATCH


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (None, "is missing"),
        ("", "either"),
        ('crisis_at = 2026-01-02T18:00:00Z\npermitted = "watch"', "either"),
        ("crisis_at = 2026-01-02T18:00:00", "time zone"),
        ("crisis_at = 2025-01-02T18:00:00Z", "before the first mention"),
        ('permitted = "loud"', "permitted"),
        ("crisis = true", "crisis"),
        ('permitted = "watch"\nmatter = ["typo"]', "matter"),
    ],
)
def test_a_wrong_label_says_what_is_wanted(tmp_path: Path, label: str | None, said: str) -> None:
    (tmp_path / "a.jsonl").write_text(MENTION)
    if label is not None:
        (tmp_path / "a.toml").write_text(label)
    with pytest.raises(UsageError, match=said):
        list(recorded.read(tmp_path))


def test_an_empty_folder_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="put NAME"):
        list(recorded.read(tmp_path))
