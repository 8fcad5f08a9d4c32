"""The boards of a Tocsin installation, and their files."""

import json
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana import crisis_room, model, pipeline

FOLDER = Path(__file__).parent / "boards"
BOARDS = {
    "crisis-room.json": crisis_room.board,
    "pipeline.json": pipeline.board,
    "model.json": model.board,
}


def files() -> dict[str, str]:
    """Name and contents of each board's file."""
    return {name: _text(board()) for name, board in BOARDS.items()}


def _text(builder: Dashboard) -> str:
    board = builder.build()
    for number, panel in enumerate(board.panels or [], start=1):
        panel.id_val = number
    return json.dumps(board, cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
