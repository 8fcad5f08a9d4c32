"""Writes every board; `--check` only says which files differ from the code, and ends with 1."""

import sys

from deploy.grafana.boards import FOLDER, files


def main(arguments: list[str]) -> int:
    """Exit code: 0 when all is written or the same, 1 when `--check` finds a difference."""
    stale = []
    for name, text in files().items():
        path = FOLDER / name
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(path)
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
    for path in stale:
        print(path)
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
