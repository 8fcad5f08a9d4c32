"""The rules and boards of `deploy/`, which a packaged chart can only carry as copies.

What is not there (yet) has no copy, and a copy whose original is gone goes too.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "tocsin"


def originals() -> dict[Path, Path]:
    """Original of each copy, by the copy's path."""
    rules = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yaml"))
    boards = sorted((ROOT / "deploy" / "grafana").rglob("*.json"))
    files = CHART / "files"
    return {files / "rules" / path.name: path for path in rules} | {
        files / "dashboards" / path.name: path for path in boards
    }


def present() -> list[Path]:
    """The copies that the chart carries."""
    return sorted(path for path in (CHART / "files").rglob("*") if path.is_file())


def make() -> None:
    """Copies what is there, and removes copies of what is gone from a folder that is there."""
    wanted = originals()
    for copy, original in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(original.read_bytes())
    folders = {copy.parent for copy in wanted}
    for copy in present():
        if copy.parent in folders and copy not in wanted:
            copy.unlink()
