"""What a gate is worth: what it passes over of rows that it has never met, wrongly and rightly."""

import math
from collections.abc import Sequence

import numpy as np

from models.artefact import Artefact
from models.data import Row, target_matrix
from models.gate.network import GRAVE
from models.gate.table import Gate
from models.heads import role_index
from models.query import Query
from models.text import encode

COMPLAINTS = 0.1
_QUANTILE = 1.959964  # of the normal distribution, for 95 %


def measure(
    loaded: Artefact, gate: Gate, rows: Sequence[Row], chatter: Sequence[Query]
) -> dict[str, float]:
    """Figures on held-out rows and chatter, for the artefact's configuration and card.

    `grave` rows hold clear anger, a fact, denial or sharing, brands' left out; `missed` of them
    are passed over, `miss_rate` of 1, with a 95 % interval (Wilson 1927). `..._passed` are shares:
    of rows by others than brands that hold nothing, of those and brands' (`calm`), of chatter, of
    complaints, and of a stream of one complaint to nine calm rows and chatter in equal parts.
    """
    targets = target_matrix(rows)
    grave = targets[:, GRAVE].max(1) > 0
    complaint = np.array([row.complaint == 1 for row in rows])
    brand = np.array([row.role == "brand" for row in rows])
    passed = passes(loaded, gate, [row.query for row in rows])
    nothing = ~grave & ~complaint
    missed, number = int((passed & grave).sum()), int((grave & ~brand).sum())
    low, high = interval(missed, number)
    shares = {
        "nothing_passed": _share(passed[nothing & ~brand]),
        "calm_passed": _share(passed[nothing]),
        "chatter_passed": _share(passes(loaded, gate, chatter)),
        "complaints_passed": _share(passed[complaint]),
    }
    calm = (shares["calm_passed"] + shares["chatter_passed"]) / 2
    stream = COMPLAINTS * shares["complaints_passed"] + (1 - COMPLAINTS) * calm
    return {
        "grave": number,
        "missed": missed,
        "miss_rate": round(missed / max(1, number), 5),
        "miss_low": round(low, 5),
        "miss_high": round(high, 5),
        "nothing": int((nothing & ~brand).sum()),
        "chatter": len(chatter),
        **{name: round(share, 4) for name, share in shares.items()},
        "stream_passed": round(stream, 4),
    }


def passes(loaded: Artefact, gate: Gate, queries: Sequence[Query]) -> np.ndarray:
    """Which queries the gate answers itself, bool (queries,)."""
    ids = encode(loaded.tokenizer, [query.text for query in queries], loaded.config.max_tokens)
    scores = gate.read(ids, [role_index(query.role) for query in queries]).scores
    brand = np.array([query.role == "brand" for query in queries], dtype=bool)
    return (scores < gate.threshold) & ~brand


def interval(missed: int, number: int) -> tuple[float, float]:
    """The 95 % interval of a rate of which `missed` of `number` were seen (Wilson 1927)."""
    if not number:
        return 0.0, 1.0
    rate, z = missed / number, _QUANTILE
    middle = rate + z * z / (2 * number)
    spread = z * math.sqrt(rate * (1 - rate) / number + z * z / (4 * number * number))
    return (
        max(0.0, (middle - spread) / (1 + z * z / number)),
        min(1.0, (middle + spread) / (1 + z * z / number)),
    )


def _share(passed: np.ndarray) -> float:
    return float(passed.mean()) if len(passed) else 0.0
