"""quixstreams in a folder of its own: it wants older packages than ours, which stay as they are.

Only the process that runs it has the folder on its path.
"""

import subprocess
import sys
from pathlib import Path

CACHE = Path("~/.cache/tocsin/quixstreams")
WANTED = Path(__file__).with_name("quix.txt")
_DONE = "installed.txt"


def quixstreams(folder: Path = CACHE) -> Path:
    """The folder, filled with pip where it is not. Ends the program where pip cannot."""
    folder = folder.expanduser()
    wanted = WANTED.read_text("utf-8")
    done = folder / _DONE
    if not done.exists() or done.read_text("utf-8") != wanted:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        where = ["--upgrade", "--target", str(folder), "--requirement", str(WANTED)]
        if subprocess.run([*pip, *where], check=False).returncode:
            raise SystemExit(f"quixstreams cannot be installed in {folder}; leave --quix out")
        done.write_text(wanted, "utf-8")
    return folder
