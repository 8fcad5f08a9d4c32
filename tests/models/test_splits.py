"""Rows go where their text says, near-duplicates and contrast twins together."""

import hashlib
from collections import Counter

import msgspec

from models import splits
from models.data import Row

LONG = (
    "my parcel number {n} has been at your depot in Lyon since Monday and nobody answers the phone"
)


def row(text: str, pair: str | None = None) -> Row:
    return Row(
        text=text,
        anger=0,
        objective_fact=0,
        corporate_denial=0,
        influencer_sharing=0,
        complaint=0,
        pair=pair,
    )


def test_a_text_keeps_its_split_whatever_its_handles_case_and_links() -> None:
    for number in range(50):
        text = f"où est le colis {number * 37} ?"
        dressed = f"@shop {text.upper()} https://x.example/{number}"
        assert splits.split_of(text) == splits.split_of(dressed)


def test_shares_of_the_splits_are_as_promised() -> None:
    counts = Counter(splits.split_of(f"text number {n}") for n in range(20_000))
    assert 0.09 < counts["test"] / 20_000 < 0.11
    assert 0.045 < counts["valid"] / 20_000 < 0.055
    assert 0.045 < counts["calibration"] / 20_000 < 0.055


def test_near_duplicates_share_a_group_and_others_do_not() -> None:
    rows = [row(LONG.format(n=1)), row(LONG.format(n=2)), row("quite another text about a train")]
    one, two, other = splits.groups(rows)
    assert one == two != other


def test_contrast_twins_share_a_split() -> None:
    rows = []
    for number in range(200):
        rows.append(row(f"first of {number * 31} stands alone here", pair=f"p{number}"))
        rows.append(row(f"quite other words, {number * 17}, for its twin", pair=f"p{number}"))
    where = {r.text: name for name, part in splits.split(rows).items() for r in part}
    twins = list(zip(rows[::2], rows[1::2], strict=True))
    assert all(where[a.text] == where[b.text] for a, b in twins)
    assert any(splits.split_of(a.text) != splits.split_of(b.text) for a, b in twins)


def test_every_row_is_in_one_split_and_order_does_not_matter() -> None:
    rows = [row(LONG.format(n=n) + " " + "so it goes" * (n % 7)) for n in range(100)]
    forward = {r.text: name for name, part in splits.split(rows).items() for r in part}
    backward = {r.text: name for name, part in splits.split(rows[::-1]).items() for r in part}
    assert len(forward) == len({r.text for r in rows})
    assert forward == backward


def test_folds_keep_groups_together() -> None:
    rows = [row(LONG.format(n=n)) for n in range(5)] + [row(f"alone {n * 97}") for n in range(60)]
    found = splits.folds(rows, 3)
    assert len(set(found[:5])) == 1
    assert set(found) == {0, 1, 2}


def test_what_may_only_train_does_unless_it_is_like_what_is_tested() -> None:
    tested = [row(hashlib.sha256(b"%d" % n).hexdigest()) for n in range(200)]
    like = [msgspec.structs.replace(r, text=r.text.upper(), train_only=True) for r in tested]
    alone = [
        msgspec.structs.replace(row(hashlib.sha256(b"a%d" % n).hexdigest()), train_only=True)
        for n in range(200)
    ]
    parts = splits.split([*tested, *like, *alone])
    assert {r.text.lower() for r in parts["test"]} == {
        r.text for r in tested if splits.split_of(r.text) == "test"
    }
    assert not any(r in part for name, part in parts.items() if name != "train" for r in alone)
