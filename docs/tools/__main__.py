"""`python -m docs.tools` writes the pages of the case library; `--check` says which are stale."""

import sys
from pathlib import Path

from docs.tools import library

HERE = Path(__file__).resolve().parents[1] / "library"


def main(arguments: list[str]) -> int:
    """0 when all is current by the end."""
    files = library.pages()
    wanted = {HERE / name: text for name, text in files.items()}
    stale = [path for path, text in wanted.items() if not _is(path, text)]
    stale += [path for path in HERE.iterdir() if path not in wanted]
    if arguments == ["--check"]:
        for path in stale:
            print(f"docs/library/{path.name} is not current: run `python -m docs.tools`")
        return 1 if stale else 0
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
        print(f"docs/library/{path.name}")
    return 0


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
