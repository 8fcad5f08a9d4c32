"""The shipped model, as the command line and the stream ask it."""

from pathlib import Path

import pytest

from models import artefact
from models.heads import ANSWERS, HEADS
from models.predictor import Predictor
from models.query import Query

ANGRY = Query(
    "3 semaines que j'attends mon remboursement de 214 €, 4 relances, aucune réponse. Vous vous "
    "foutez de nous !!!",
    "customer",
    "twitter",
    "fr",
)
KIND = Query("Thank you so much for the quick help today, lovely team", "customer", "twitter", "en")
DENIES = Query(
    "Nos vérifications ne montrent aucune anomalie de notre côté, merci de voir avec le vendeur.",
    "brand",
    "twitter",
    "fr",
)
MIXED = [
    ANGRY,
    KIND,
    DENIES,
    Query(""),
    Query("👍"),
    Query("so " * 6_000 + "angry"),
    Query("\u200b \n"),
    Query("どうして返事がないのですか", lang="ja"),
]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor(threads=1)


def test_a_text_scores_the_same_alone_and_in_any_company(predictor: Predictor) -> None:
    together = predictor.predict(MIXED)
    assert together == [predictor.predict([query])[0] for query in MIXED]
    assert together[::-1] == predictor.predict(MIXED[::-1])


def test_it_tells_fury_from_thanks(predictor: Predictor) -> None:
    angry, kind = predictor.predict([ANGRY, KIND])
    for head in ("anger", "objective_fact", "corporate_denial", "complaint"):
        assert angry.probabilities[head] > 0.5 > kind.probabilities[head], head
    assert angry.anger_grade > 1.5 > 0.5 > kind.anger_grade


def test_a_brand_that_denies_is_heard_and_its_answer_named(predictor: Predictor) -> None:
    denies, angry = predictor.predict([DENIES, ANGRY])
    assert denies.probabilities["corporate_denial"] > 0.5
    assert denies.answer == "denial"
    assert angry.answer is None
    thanks = predictor.predict([Query("Merci à vous, belle journée !", "brand", "twitter", "fr")])
    assert thanks[0].answer in ANSWERS
    assert thanks[0].answer != "denial"


def test_nothing_is_said_of_nothing(predictor: Predictor) -> None:
    for found in predictor.predict([Query(""), Query(" \n\t")]):
        assert set(found.probabilities.values()) == {0.0}
        assert found.embedding == b""


def test_who_writes_and_where_is_heard_and_the_unknown_is_no_error(predictor: Predictor) -> None:
    text = "our checks show no fault on our side"
    asked = [
        Query(text, role, channel)
        for role, channel in (("brand", "twitter"), ("customer", "review"), ("nobody", "carrier"))
    ]
    brand, customer, stranger = predictor.predict(asked)
    assert brand.probabilities != customer.probabilities
    assert stranger.probabilities == predictor.predict([Query(text)])[0].probabilities


def test_probabilities_are_rounded_and_within_bounds(predictor: Predictor) -> None:
    for found in predictor.predict(MIXED):
        assert set(found.probabilities) == set(HEADS)
        for value in found.probabilities.values():
            assert 0 <= value <= 1
            assert value == round(value, 3)
        assert 0 <= found.anger_grade <= 3


def test_the_artefact_is_small_enough_to_ship() -> None:
    files = [artefact.SHIPPED / artefact.WEIGHTS, artefact.SHIPPED / artefact.TOKENIZER]
    assert sum(file.stat().st_size for file in files) <= 45_000_000


def test_nothing_a_person_types_is_unknown_to_the_vocabulary() -> None:
    tokenizer = artefact.load().tokenizer
    unknown = tokenizer.token_to_id("<unk>")
    typed = (
        "abcxyz ÀàÂâÆæÇçÉéÈèÊêËëÎîÏïÔôŒœÙùÛûÜüŸÿ ñß 0123456789 €$£%&@#!?…«»“”’'-_/\\()[]{}*+=<>^~|"
    )
    emoji = "😀😂🤣😊😍😭😡😠🤬🖕🤮💩🤥🙏👏👍👎❤💔🔥💀🤡🙄😤😒🥲🥺🧐🤯🤢🥴"
    for text in (*typed.split(), *emoji):
        assert unknown not in tokenizer.encode(text).ids, text


def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(artefact.ArtefactError, match=r"no model at .*; set TOCSIN_MODEL or export"):
        Predictor(tmp_path)
