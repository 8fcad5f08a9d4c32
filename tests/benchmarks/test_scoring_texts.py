"""The stream that the variants read."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.scoring import texts
from models.data import Row
from models.heads import HEADS
from streams.errors import UsageError


def test_a_folder_without_small_talk_is_told(tmp_path: Path) -> None:
    silent: Any = dict.fromkeys(HEADS, 0)
    rows = [Row(text="It broke", **silent | {"complaint": 1}), Row(text="Hello", **silent)]
    with pytest.raises(UsageError, match="holds no train/xlmt_sentiment or train/goemotions"):
        texts.stream(tmp_path, rows, 10, seed=1)
