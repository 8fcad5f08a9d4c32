"""The words that carried a signal: faithful to the model, readable, the same in any company."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import attribution, cuts, explanation, phrases
from models.cuts import LONGEST, MOST_CHARACTERS, USUAL
from models.explanation import Reason
from models.predictor import Predictor
from models.query import Query
from models.reading import reading_of
from models.text import clean

ANGRY = "Scandaleux, vous volez vos clients et le service client ment depuis trois semaines !"
TEXTS = [
    ANGRY,
    f"Bonjour. Je suis client depuis 2010. {ANGRY} Merci de me répondre.",
    "@Shop my parcel was lost, nobody answers, I want my money back https://t.co/abc",
    "The app deleted my photos and support says it is my fault. Liars!! 😡😡",
    "Your driver hit our fence on Monday; the van's number plate is in the film. #shame",
    "Merci, tout marche à nouveau, bonne journée à l'équipe !",
]
ODD = """
the and de voleurs ment. @shop http #honte 😡 « nul » - 4970 1012 3456 (encore fois) why? not bill,
( … bit.ly/x
"""
PIECES = st.sampled_from([*ODD.split(), "a" * 60])


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor()


def asked(text: str, role: str = "customer") -> Query:
    return Query(text, role, "twitter", "fr")


def test_falls_are_those_of_pooling_again_without_the_words() -> None:
    chance = np.random.default_rng(3)
    states = chance.normal(size=(12, 6)).astype(np.float32)
    weights = chance.normal(size=(2, 12)).astype(np.float32)
    tokens = [(1, 2), (2, 5), (5, 6), (6, 9), (9, 11)]

    def logits(kept: np.ndarray) -> np.ndarray:
        left = states[kept]
        return weights @ np.concatenate([left.mean(0), left.max(0)])

    for gone in (np.zeros(12, dtype=bool), np.isin(np.arange(12), (2, 3, 4))):
        found = attribution.falls(states, weights, tokens, ~gone)
        for first in range(5):
            for length in range(1, 5 - first + 1):
                kept = ~gone
                kept[tokens[first][0] : tokens[first + length - 1][1]] = False
                expected = logits(~gone) - logits(kept)
                assert found[first, length - 1] == pytest.approx(expected, abs=1e-5)


@given(st.lists(PIECES, min_size=1, max_size=30), st.sets(st.integers(1, 29), max_size=2))
def test_every_phrase_reads_well(pieces: list[str], gaps: set[int]) -> None:
    text = " ".join(pieces)
    found = cuts.words(text)
    if found:
        assert " ".join(text[word.start : word.end] for word in found) == text
    quality = cuts.quality(found, gaps)
    meaning = any(word.means for word in found)
    for first, extra in zip(*np.nonzero(quality), strict=True):
        part = found[first : first + extra + 1]
        assert len(part) == extra + 1
        assert not part[0].handle
        assert not part[-1].handle
        assert not any(word.link for word in part)
        assert any(word.means for word in part) or not meaning
        assert not gaps & set(range(first + 1, first + extra + 1))
        assert len(part) == 1 or part[-1].end - part[0].start <= MOST_CHARACTERS
        assert len(part) <= USUAL or part[-1].border or first + len(part) in gaps
        before = found[first - 1] if first else None
        for left, right in ((before, part[0]), (part[-1], found[first + len(part) :][:1])):
            if left and right:
                after = right if isinstance(right, cuts.Word) else right[0]
                ends = text[left.start : left.end], text[after.start : after.end]
                assert not all(any(char.isdigit() for char in end) for end in ends)


@pytest.mark.parametrize(
    ("text", "part", "tidied"),
    [
        ("he said (twice), then left", "(twice),", "(twice)"),
        ('a "free check" and more', '"free check"', '"free check"'),
        ("sent « hier soir", "« hier soir", "hier soir"),
        ("no answer ” yet", "no answer ”", "no answer"),
        ("why?!", "why?!", "why?!"),
        ("(", "(", "("),
    ],
)
def test_loose_punctuation_is_left_outside(text: str, part: str, tidied: str) -> None:
    start = text.index(part)
    first, end = cuts.tidy(text, (start, start + len(part)))
    assert text[first:end] == tidied


def test_the_best_phrases_differ_and_a_second_one_stands_beside_the_first() -> None:
    words = cuts.words("nobody answers here. the parcel was lost. they are liars.")
    quality = cuts.quality(words)
    falls = np.zeros((len(words), LONGEST))
    falls[0, 2], falls[0, 1], falls[7, 2], falls[3, 3] = 3.0, 2.2, 2.5, 0.5
    best = phrases.ranked(falls, quality, 3)
    assert [run for _, run in best] == [(0, 3), (7, 10), (3, 7)]
    beside = phrases.beside(quality, (0, 3), words)
    assert not beside[:3].any()
    assert beside[7, 2] == quality[7, 2]
    second = phrases.ranked(falls, beside, 1)
    assert phrases.joined(best[0], second, ()) == ((0, 3), (7, 10))
    assert phrases.joined((10.0, (0, 3)), second, ()) == ((0, 3),)
    assert phrases.joined((1.0, (3, 7)), [(1.0, (0, 3))], ()) == ((0, 7),)
    assert phrases.joined((1.0, (3, 7)), [(1.0, (0, 3))], {3}) == ((0, 3), (3, 7))


@pytest.mark.parametrize(
    "text", [*TEXTS, "ﬁn 𝕍𝕠𝕝𝕖𝕦𝕣𝕤 🫠 ☹️ c’est nul &amp; cher", "caf\u0301é \ufffd."]
)
def test_tokens_lie_where_their_words_stand(predictor: Predictor, text: str) -> None:
    offsets = predictor.offsets(text)
    cleaned = clean(text)
    real = [span for span in offsets if span[1] > span[0]]
    assert real == sorted(real)
    assert real[0][0] == 0
    assert real[-1][1] >= len(cleaned.rstrip(". \ufffd"))
    found = reading_of(text, offsets, np.zeros((len(offsets), 1)))
    for word, (first, end) in zip(found.words, found.tokens, strict=True):
        assert offsets[first][0] <= word.start < word.end <= offsets[end - 1][1] + 1
    assert len(found.words) == len(cuts.words(cleaned))


def test_of_a_long_text_what_was_read_is_quoted(predictor: Predictor) -> None:
    text = (
        "calm words here. " * 200 + "the middle is not read. " + "calm words here. " * 200 + ANGRY
    )
    (found,) = explanation.explain(predictor, [asked(text)])
    assert found.reasons
    assert all(reason.quote in ANGRY for reason in found.reasons)
    offsets = predictor.offsets(text)
    reading = reading_of(text, offsets, np.zeros((len(offsets), 1)))
    (gap,) = reading.gaps
    assert reading.words[gap].start - reading.words[gap - 1].end > 1_000
    assert "middle" not in reading.without(())
    assert len(predictor.offsets(reading.without(()))) <= len(offsets)


def test_the_angry_words_are_quoted_and_the_polite_ones_are_not(predictor: Predictor) -> None:
    text = "Le livreur était à l'heure. Vous êtes des voleurs et des menteurs. Bonne soirée à tous."
    for quotes in (
        explanation.quoted(predictor, [asked(text)])[0].quotes,
        {r.signal: r.quote for r in explanation.explain(predictor, [asked(text)])[0].reasons},
    ):
        assert "voleurs" in quotes["anger"]
        assert "Bonne soirée" not in quotes["anger"]


def test_weight_is_what_the_score_loses_without_the_words(predictor: Predictor) -> None:
    for text in TEXTS[:5]:
        (found,) = explanation.explain(predictor, [asked(text)])
        assert found.prediction == predictor.predict([asked(text)])[0]
        likely = [h for h, value in found.prediction.probabilities.items() if value >= 0.5]
        assert sorted(reason.signal for reason in found.reasons) == sorted(likely)
        drops = [reason.drop for reason in found.reasons]
        assert drops == sorted(drops, reverse=True)
        for reason in found.reasons:
            left = clean(text)
            for part in reason.quote.split(phrases.BETWEEN):
                assert part in left
                left = left.replace(part, "", 1)
            (without,) = predictor.predict([asked(left)])
            lost = found.prediction.probabilities[reason.signal]
            lost -= without.probabilities[reason.signal]
            # what stood loose around the quote went with it: a comma, a bracket
            assert reason.drop == pytest.approx(max(lost, 0), abs=0.1)


def test_quotes_are_the_same_in_any_company(predictor: Predictor) -> None:
    alone = {text: explanation.explain(predictor, [asked(text)])[0] for text in TEXTS}
    quotes = {text: explanation.quoted(predictor, [asked(text)])[0].quotes for text in TEXTS}
    many = TEXTS * 3
    random.Random(5).shuffle(many)
    together = explanation.explain(predictor, [asked(text) for text in many])
    assert together == [alone[text] for text in many]
    quoted = explanation.quoted(predictor, [asked(text) for text in many])
    assert [found.quotes for found in quoted] == [quotes[text] for text in many]
    assert [found.probabilities for found in quoted] == [
        alone[text].prediction.probabilities for text in many
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \u200b\n",
        "Scandaleux",
        "😡",
        "😡😡😡 🤬🤬",
        "🖕🏽 ☹️",
        "... ?! -",
        "( Voleurs",
        "@Free",
        "https://t.co/abc",
        "@Free @Orange www.example.org/x",
        "why?",
        "a" * 20_000,
        "VOLEURS" * 2_857,
        (ANGRY + " ") * 235,
        "Bonjour. " * 800 + ANGRY,
        "volé! " * 3_333,
        "最悪のサービスです。",
        "voleurs\x00\x01menteurs\n\n\nrendez l'argent",
        "C’est &amp;amp; honteux &lt;3 vos mensonges",
    ],
    ids=lambda text: f"{len(text)} of {text[:12]!r}",
)
def test_any_text_can_be_explained(predictor: Predictor, text: str) -> None:
    (found,) = explanation.explain(predictor, [asked(text)])
    (free,) = explanation.quoted(predictor, [asked(text)])
    assert {reason.signal for reason in found.reasons} == set(free.quotes)
    for quote in [*free.quotes.values(), *(reason.quote for reason in found.reasons)]:
        parts = quote.split(phrases.BETWEEN)
        assert all(part and part in clean(text) for part in parts)
        assert len(quote) <= MOST_CHARACTERS or len(quote.split()) == 1
        assert not any(part.startswith(("@", "http")) for part in parts)
        assert sum(len(part.split()) for part in parts) <= 2 * LONGEST
    assert all(0 <= reason.drop <= 1 for reason in found.reasons)


def test_nothing_likely_means_nothing_quoted(predictor: Predictor) -> None:
    calm = [asked("Merci beaucoup, bonne journée !"), asked("")]
    assert [found.reasons for found in explanation.explain(predictor, calm)] == [[], []]
    assert [found.quotes for found in explanation.quoted(predictor, calm)] == [{}, {}]
    assert explanation.explain(predictor, []) == []


@settings(max_examples=15, deadline=None)
@given(st.lists(PIECES, max_size=25), st.sampled_from(["customer", "brand", "media"]))
def test_no_text_breaks_it(predictor: Predictor, pieces: list[str], role: str) -> None:
    text = " ".join(["voleurs,", *pieces])
    (found,) = explanation.explain(predictor, [asked(text, role)])
    assert all(isinstance(reason, Reason) and reason.quote for reason in found.reasons)
