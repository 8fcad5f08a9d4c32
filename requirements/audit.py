"""Known vulnerabilities of what the locks pin; part of `make lint`.

pip-audit asks PyPI's advisories, then OSV's. Where neither can be reached the releases count as not
audited: that is said, and is no failure, so that `make lint` works without a network. What can be
said without one is checked always: every release is pinned, and every wheel of the image has its
hash.
"""

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
LOCKS = ("run.txt", "dev.txt", "bench.txt", "docs.txt")
IMAGES = ("image.txt", "image-score.txt", "image-build.txt")
SERVICES = ("pypi", "osv")
TIMEOUT_S = 180
ACCEPTED: dict[str, str] = {}
"""Advisories that do not concern us, each with the reason why."""
_PIN = re.compile(r"[a-z0-9.-]+==[^\s;]+( ; .+)?")
_HASHED = re.compile(r"[a-z0-9.-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}")


class Audit(NamedTuple):
    """Releases looked up, those that no service knew, and what was found, one line each."""

    audited: int
    unknown: int
    found: tuple[str, ...]


def main() -> int:
    """0 when nothing is known against the locks, 1 otherwise."""
    wrong = [*unpinned(LOCKS), *unhashed(IMAGES)]
    for line in wrong:
        print(f"audit: {line}", file=sys.stderr)
    audit = _asked()
    for line in audit.found:
        print(f"audit: {line}", file=sys.stderr)
    if not audit.audited:
        print(f"audit: no advisory service answers from here; {audit.unknown} releases not audited")
    else:
        rest = f", {audit.unknown} are unknown to it" if audit.unknown else ""
        print(f"audit: {audit.audited} releases, {len(audit.found)} known vulnerabilities{rest}")
    return 1 if wrong or audit.found else 0


def unpinned(names: Iterable[str], folder: Path = HERE) -> list[str]:
    """Lines of locks that leave a choice."""
    return [
        f"{name}: {line!r} is no exact release"
        for name in names
        for line in (folder / name).read_text().splitlines()
        if line and not line.startswith(("#", "-r ")) and not _PIN.fullmatch(line)
    ]


def unhashed(names: Iterable[str], folder: Path = HERE) -> list[str]:
    """Entries of the image's locks without the hash of their wheel."""
    wrong = []
    for name in names:
        text = re.sub(r"^#.*\n", "", (folder / name).read_text(), flags=re.MULTILINE)
        rest = _HASHED.sub("", text).split()
        wrong += [f"{name}: {word!r} has no hash" for word in rest]
    return wrong


def _asked() -> Audit:
    if importlib.util.find_spec("pip_audit") is None:
        sys.exit("audit: pip-audit is not installed; run `make setup`")
    pins = sorted({line for name in LOCKS for line in _pins(HERE / name)})
    for service in SERVICES:
        audit = _ask(service, pins)
        if audit.audited:
            return audit
    return Audit(0, len(pins), ())


def _pins(lock: Path) -> list[str]:
    # a marker may not hold on this machine, and the release would be left out
    return [line.partition(" ;")[0] for line in lock.read_text().splitlines() if "==" in line]


def _ask(service: str, pins: list[str]) -> Audit:
    command = [sys.executable, "-m", "pip_audit", "--requirement=/dev/stdin", "--no-deps"]
    command += ["--disable-pip", f"--vulnerability-service={service}", "--format=json"]
    command += ["--progress-spinner=off", "--timeout=5"]
    command += [f"--ignore-vuln={name}" for name in ACCEPTED]
    try:
        done = subprocess.run(
            command,
            input="\n".join(pins),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Audit(0, len(pins), ())
    return read(done.stdout)


def read(report: str) -> Audit:
    """pip-audit's report in JSON; whatever is none counts as no answer."""
    try:
        entries = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return Audit(0, 0, ())
    known = [entry for entry in entries if "vulns" in entry]
    found = [
        f"{entry['name']} {entry['version']}: {one['id']}, "
        f"mended in {', '.join(one['fix_versions']) or 'no release yet'}"
        for entry in known
        for one in entry["vulns"]
    ]
    return Audit(len(known), len(entries) - len(known), tuple(found))


if __name__ == "__main__":
    sys.exit(main())
