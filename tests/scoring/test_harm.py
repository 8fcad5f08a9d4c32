"""What people went through weighs by itself; how they speak of it does not."""

import re

import pytest
from msgspec.structs import replace

from scoring import harm
from scoring.assessment import assess
from scoring.mention import Attachment, AttachmentType, Mention
from scoring.partition import Partition
from scoring.policy import Policy, default
from scoring.scored import TextScores
from tests.scoring.helpers import POLICY, mention, scored, scores

GRAVE = [
    "My son is in hospital since your chef said there was no sesame in it",
    "A&E at midnight with a four-year-old, thank you for the nut-free menu",
    "The battery caught fire in the hall while we were asleep",
    "Two guards dragged a man of 70 off the train by the arms",
    "I can read a stranger's prescriptions in your app",
    "They left her and her wheelchair on the platform",
    "Ma fille s'est retrouvée aux urgences après votre sandwich",
    "La trottinette a pris feu dans l’entrée",
    "J'ouvre mon compte et je lis les analyses de sang d'un inconnu",
    "Le vigile l'a plaqué au sol devant ses enfants, parce qu'il est en fauteuil roulant",
]
EVERYDAY = [
    "My parcel is nine days late and nobody answers",
    "Charged twice for one coffee, what a joke",
    "I am dying to try the new one",
    "this queue is killing me",
    "Mon colis a neuf jours de retard et personne ne répond",
    "je suis mort de rire avec vos notifications",
    "C'est une tuerie ce dessert",
    "Débité deux fois pour un café",
]


def example(pattern: str) -> str:
    """Words that the pattern fits."""
    pattern = re.sub(r"\(\?:([^|)]*)[^)]*\)\??", r"\1", pattern)
    pattern = re.sub(r"\[(.)[^]]*\]", r"\1", pattern)
    return pattern.replace("?", "").replace(r"\w+", "ing").replace(r"\w*", "").replace("\\", "")


def test_each_word_is_found_by_its_first_letter() -> None:
    whole = "|".join(harm._FAMILIES)
    alternatives = harm._alternatives(whole)
    assert "|".join(alternatives) == whole
    for one in alternatives:
        words = example(one)
        assert re.fullmatch(one, words, re.IGNORECASE), (one, words)
        assert harm.is_grave(f"well, {words.upper()}!"), words


@pytest.mark.parametrize("text", GRAVE)
def test_words_of_harm_are_grave(text: str) -> None:
    assert harm.is_grave(text)


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_words_and_figures_of_speech_are_not(text: str) -> None:
    assert not harm.is_grave(text)


@pytest.mark.parametrize(("complaint", "amount"), [(0.9, 0.81), (0.2, 0.18), (0.1, 0.0)])
def test_harm_counts_as_far_as_a_text_tells_a_fact_of_something_wrong(
    complaint: float, amount: float
) -> None:
    case = _case(mention(text=GRAVE[0]), complaint)
    assert case.get("harm", 0.0) == pytest.approx(amount * default().weights.harm, abs=1e-3)


def test_it_is_said_with_the_words_that_tell_of_it() -> None:
    partition = Partition(default())
    film = (Attachment(type=AttachmentType.VIDEO),)
    told = scored(mention(text=GRAVE[2], attachments=film, followers=90_000), _scores(0.99))
    told = replace(told, quotes={"objective_fact": GRAVE[2]})
    said, _ = partition.mention(told)
    lines = {line.signal: line for message in said for line in message.why}
    assert lines["harm"].quote == GRAVE[2]
    assert lines["harm"].weight > 0.5


def test_a_policy_without_the_weight_does_not_know_it() -> None:
    weights = replace(POLICY.weights, harm=0.0)
    assert "harm" not in _case(mention(text=GRAVE[0]), 0.9, replace(POLICY, weights=weights))


def test_harm_of_others_counts_as_far_as_the_crowd_shares_the_grievance() -> None:
    partition = Partition(default())
    partition.mention(scored(mention("root", text="Lovely hotel, thank you all"), scores()))
    partition.mention(scored(mention("a", 60, text=GRAVE[0], thread="root"), _scores(0.9)))
    (before,) = _amounts(partition)
    for number in range(40):
        happy = mention(f"h{number}", 120, by=f"h{number}", text="lovely!", thread="root")
        partition.mention(scored(happy, scores()))
    (after,) = _amounts(partition)
    assert 0 < after["harm"] < before["harm"] / 3


def _scores(complaint: float) -> TextScores:
    return scores(complaint=complaint, fact=0.9)


def _amounts(partition: Partition) -> list[dict[str, float]]:
    return [
        assess(case.evidence, case.evidence.last_at, partition.policy).amounts()
        for case in partition.cases.values()
    ]


def _case(told: Mention, complaint: float, policy: Policy | None = None) -> dict[str, float]:
    partition = Partition(policy or default())
    partition.mention(scored(told, _scores(complaint)))
    (found,) = _amounts(partition)
    return {name: weight for name, weight in found.items() if weight}
