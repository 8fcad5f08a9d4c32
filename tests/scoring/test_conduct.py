"""What a brand does about a complaint, by kind, and what each is worth."""

import pytest
from msgspec.structs import replace

from scoring import conduct
from scoring.assessment import assess
from scoring.conduct import Deed
from scoring.levels import Level
from scoring.playbook import advise
from scoring.pulse import Pulse, count, merged
from scoring.scored import Scored
from tests.scoring.helpers import (
    BRAND,
    CONTENT,
    DENIAL,
    HOUR,
    POLICY,
    answer,
    complaint,
    scored,
    told,
)


def does(kind: str, after: float = HOUR, id: str = "a1", text: str = "Hello") -> Scored:
    """The brand's answer of a kind."""
    return answer(id, after, replace(CONTENT, answer=kind), text=text)


def terms(*events: Scored) -> dict[str, float]:
    """What counts when a complaint has just gone on."""
    case, _ = told([complaint(followers=20_000), *events, complaint("c9", 12 * HOUR)])
    found = assess(case.evidence, case.evidence.last_at, POLICY).amounts()
    return {signal: weight for signal, weight in found.items() if weight}


@pytest.mark.parametrize(
    ("kind", "text", "deed"),
    [
        ("apology", "We are sorry", Deed.APOLOGY),
        ("solution", "It is repaired", Deed.SOLUTION),
        ("gesture", "A free month", Deed.GESTURE),
        ("hand_off", "Ask the carrier", Deed.HAND_OFF),
        ("hand_off", "Please DM us", Deed.OUT_OF_SIGHT),
        ("hand_off", "Écrivez-nous en privé", Deed.OUT_OF_SIGHT),
        ("hand_off", "Envoyez un MP", Deed.OUT_OF_SIGHT),
        ("request_details", "Which flight? By DM please", None),
        ("denial", "No", None),
        ("other", "Hello", None),
        ("", "Hello", None),
    ],
)
def test_an_answer_is_a_deed_by_its_kind(kind: str, text: str, deed: Deed | None) -> None:
    assert conduct.deed(does(kind, text=text)) == deed


def test_an_apology_that_denies_is_none() -> None:
    sorry = does("apology")
    assert conduct.deed(scored(sorry.mention, replace(DENIAL, answer="apology"))) is None


@pytest.mark.parametrize("kind", ["apology", "solution", "gesture"])
def test_amends_calm(kind: str) -> None:
    assert terms(does(kind))[kind] < 0 < terms(does("hand_off"))["hand_off"]
    assert kind not in terms(does("other"))


def test_an_apology_is_worth_less_the_later_it_comes() -> None:
    soon, late = terms(does("apology", 300)), terms(does("apology", 8 * HOUR))
    assert soon["apology"] < 3 * late["apology"] < 0


def test_denial_after_an_admission_contradicts_it_and_takes_it_back() -> None:
    no = answer("a2", 2 * HOUR, DENIAL)
    found = terms(does("apology"), no)
    assert found["contradiction"] > 0
    assert "apology" not in found
    early = terms(answer("a2", 60, DENIAL), does("apology"))
    assert "contradiction" not in early
    assert early["apology"] < 0


def test_of_each_kind_the_first_counts_in_any_order() -> None:
    first, second = does("apology", HOUR, "a1"), does("apology", 2 * HOUR, "a2")
    one, _ = told([complaint(), first, second])
    acts: conduct.Acts = ()
    for event in (second, first, second):
        act = conduct.Act(Deed.APOLOGY, event.mention.at, event.mention.id)
        acts = conduct.with_act(acts, act)
    assert one.evidence.acts == acts
    assert [act.mention_id for act in acts] == ["a1"]


def advice(*events: Scored) -> tuple[str, ...]:
    case, _ = told([complaint(), *events])
    at = max(event.mention.at for event in events)
    return advise(case.evidence, assess(case.evidence, at, POLICY), Level.ESCALATE)


def test_advice_answers_what_the_brand_did() -> None:
    assert "name-one-owner" in advice(does("hand_off"))
    assert "answer-in-public" in advice(does("hand_off", text="By DM please"))
    assert "answer-in-public" not in advice(does("solution"))
    assert "align-channels" in advice(does("apology"), answer("a2", 2 * HOUR, DENIAL))


def test_a_brands_minute_counts_amends_and_evasions_and_adds_them_up() -> None:
    pulse = Pulse(brand=BRAND, at=0.0)
    for event in (does("apology"), does("hand_off", id="a2"), does("other", id="a3")):
        pulse = count(pulse, event)
    assert (pulse.answers, pulse.amends, pulse.evasions) == (3, 1, 1)
    both = merged(pulse, replace(pulse, at=60.0))
    assert (both.amends, both.evasions) == (2, 2)
