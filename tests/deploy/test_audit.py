"""Locks leave no choice, and a report of pip-audit is read as it is meant."""

import json
from pathlib import Path

from requirements import audit

KNOWN = {
    "name": "urllib3",
    "version": "1.26.4",
    "vulns": [
        {"id": "PYSEC-2021-108", "fix_versions": ["1.26.5"], "aliases": [], "description": "..."},
        {"id": "PYSEC-2099-1", "fix_versions": [], "aliases": [], "description": "..."},
    ],
}


def test_every_release_is_pinned_and_every_wheel_of_the_image_hashed() -> None:
    assert audit.unpinned(audit.LOCKS) == []
    assert audit.unhashed(audit.IMAGES) == []


def test_what_is_not_pinned_or_hashed_is_told(tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text("# a lock\n-r other.txt\naiohttp>=3\nmsgspec==0.19.0\n")
    assert audit.unpinned(["run.txt"], tmp_path) == ["run.txt: 'aiohttp>=3' is no exact release"]
    digest = "a" * 64
    (tmp_path / "image.txt").write_text(f"a==1 \\\n    --hash=sha256:{digest}\nb==2\n")
    assert audit.unhashed(["image.txt"], tmp_path) == ["image.txt: 'b==2' has no hash"]


def test_vulnerabilities_are_told_with_what_mends_them() -> None:
    fine = {"name": "a", "version": "1", "vulns": []}
    skipped = {"name": "b", "skip_reason": "Dependency not found on PyPI: b (1)"}
    found = audit.read(json.dumps({"dependencies": [KNOWN, fine, skipped], "fixes": []}))
    assert found == audit.Audit(
        audited=2,
        unknown=1,
        found=(
            "urllib3 1.26.4: PYSEC-2021-108, mended in 1.26.5",
            "urllib3 1.26.4: PYSEC-2099-1, mended in no release yet",
        ),
    )


def test_no_answer_is_no_all_clear() -> None:
    assert audit.read("").audited == 0
    assert audit.read("Traceback ...").audited == 0
    skipped = {"name": "b", "skip_reason": "Dependency not found on PyPI: b (1)"}
    assert audit.read(json.dumps({"dependencies": [skipped]})).audited == 0
