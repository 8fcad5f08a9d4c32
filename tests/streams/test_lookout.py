"""What the lookout tells of a worker whose tables are being read."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import pytest
from faust.types import TP

from streams.config import Settings
from streams.worker.application import Role, application
from streams.worker.lookout import Watched, never
from streams.worker.progress import Progress


class Told:
    """Keeps what it is told of a recovery."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def paused(self, recovering: Any = None) -> None:
        self.heard.append(recovering)


@pytest.mark.parametrize(
    ("offsets", "read"), [({}, 0), ({0: 7, 1: 5}, 12), ({0: 7, 1: None}, 7), ({0: None}, 0)]
)
def test_a_partition_of_which_nothing_was_read_yet_counts_for_nothing(
    settings: Settings, offsets: Mapping[int, int | None], read: int
) -> None:
    app = application(settings, Role.TICKETS)
    app.Table("t", partitions=2)
    recovery = cast("Any", app.tables).recovery
    recovery.in_recovery = True
    recovery._recovery_started_at = 1.0
    entries: Iterable[tuple[TP, Any]] = ((TP("c", n), offset) for n, offset in offsets.items())
    recovery.active_offsets.update(dict(entries))
    told = Told()
    Watched(app, ["c"], cast("Progress", told), never).look({})
    assert told.heard == [(1.0, read)]
