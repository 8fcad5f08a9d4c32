"""Public sets are read as published; each knows only its own columns."""

from pathlib import Path

import numpy as np
import pytest

from models import auxiliary
from models.errors import DataError

OWN = 14


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three of the sets, two rows each, in the shape they are published in."""
    emotions = tmp_path / "train" / "goemotions"
    emotions.mkdir(parents=True)
    (emotions / "labels.txt").write_text("\n".join(f"e{n}" for n in range(28)))
    (emotions / "train.tsv").write_text("so angry\t2,3\tid1\nfine\t27\tid2\n")
    subtitles = tmp_path / "train" / "xed"
    subtitles.mkdir()
    (subtitles / "en-annotated.tsv").write_text('"He said ""no"" again"\t1, 4\n')
    (subtitles / "fr-projections.tsv").write_text("Ça suffit !\t1\n")
    (subtitles / "neu_en.txt").write_text("9\tYeah.\n")
    severity = tmp_path / "train" / "xci"
    severity.mkdir()
    (severity / "xci_train.csv").write_text(
        'id,tweet,label,domain,sentiment,emotion,Severity,Explain\n1,"late, again",1,food,N,a,3,x\n'
    )
    return tmp_path


def test_only_the_sets_that_are_there_are_offered(data: Path) -> None:
    assert auxiliary.held(data) == ("goemotions", "xed", "xci")


def test_each_row_knows_its_own_columns_alone(data: Path) -> None:
    names = auxiliary.held(data)
    found = auxiliary.read(data, names, OWN)
    width = OWN + len(auxiliary.columns(names))
    taken = np.zeros(width, dtype=int)
    for examples in found.values():
        known = ~np.isnan(examples[0].targets)
        assert not known[:OWN].any()
        assert all(np.array_equal(~np.isnan(example.targets), known) for example in examples)
        taken += known
    assert taken[OWN:].tolist() == [1] * (width - OWN)


def test_labels_come_out_as_they_stand(data: Path) -> None:
    names = ("goemotions", "xed", "xci")
    columns = auxiliary.columns(names)
    found = auxiliary.read(data, names, 0)
    angry = found["goemotions"][0]
    assert angry.text == "so angry"
    assert [columns[i] for i in np.flatnonzero(angry.targets == 1)] == [
        "goemotions: emotion 2",
        "goemotions: emotion 3",
    ]
    quoted = found["xed"][0]
    assert quoted.text == 'He said "no" again'
    assert [columns[i] for i in np.flatnonzero(quoted.targets == 1)] == [
        "xed: subtitle emotion 1",
        "xed: subtitle emotion 4",
    ]
    late = found["xci"][0]
    assert late.role == "customer"
    assert np.nansum(late.targets) == 3  # severity 3 reaches three of four steps


def test_a_damaged_set_is_named(data: Path) -> None:
    (data / "train" / "goemotions" / "train.tsv").write_text("no tabs here\n")
    with pytest.raises(DataError, match="train/goemotions cannot be read"):
        auxiliary.read(data, ("goemotions",), OWN)
