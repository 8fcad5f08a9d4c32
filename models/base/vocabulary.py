"""Trims a multilingual vocabulary to the pieces that some languages use (French and English).

Pieces are counted on word frequencies (package `wordfreq`, weighted by how social text spells
words: lower, Title and UPPER case, `l'`, `#`, `-`) and on the training texts. Single characters
always stay, so that nothing of another language turns into silence. Ids are remapped, scores are
unchanged, `<mask>` stays last. Emojis of anger that the vocabulary lacks get rows of their own,
initialised from neighbours.
"""

import copy
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from models.errors import BaseModelError

NEW_EMOJI = {
    "🤬": "😡😠",
    "🖕": "😡👎",
    "🤮": "😷😖",
    "💩": "👎😂",
    "🤥": "😒👎",
    "🥵": "😓",
    "🤢": "😷",
    "🤯": "😱",
    "🥲": "😢😊",
    "🥺": "😢",
    "🧐": "🤔",
    "🥴": "😵",
}
_SPECIALS = 4
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "DIGIT")
USUAL = ("fr", "en")
_LANGUAGE_WEIGHT = {"fr": 0.40, "en": 0.35}
_TEXT_WEIGHT = 0.25
_BATCH = 20_000


def _spellings(words: Sequence[str], lang: str) -> Iterable[tuple[float, list[str]]]:
    yield 0.64, list(words)
    yield 0.14, [word.capitalize() for word in words]
    yield 0.06, [word.upper() for word in words[:120_000]]
    yield (0.10 if lang == "fr" else 0.04), ["l'" + word for word in words[:150_000]]
    yield 0.04, ["#" + word for word in words[:150_000]]
    yield 0.02, ["-" + word for word in words[:60_000]]


def count_pieces(
    tokenizer: Tokenizer, texts: Sequence[str], languages: Sequence[str] = USUAL
) -> np.ndarray:
    """Relative frequency of each piece, shape (vocabulary,), mixing word lists and `texts`.

    Raises BaseModelError for a language of which no word list is known.
    """
    try:
        import wordfreq  # only needed to prepare a base, not to train or score
    except ImportError as error:
        raise BaseModelError("wordfreq is missing: pip install 'tocsin[train]'") from error

    size = tokenizer.get_vocab_size()
    mixed = np.zeros(size)
    unknown = [lang for lang in languages if lang not in wordfreq.available_languages()]
    if unknown:
        raise BaseModelError(f"no word list for {', '.join(unknown)}; see wordfreq's languages")
    even = (1 - _TEXT_WEIGHT) / len(languages)
    for lang in languages:
        share = _LANGUAGE_WEIGHT[lang] if tuple(languages) == USUAL else even
        frequencies = wordfreq.get_frequency_dict(lang)
        words = list(frequencies)
        weights = np.array([frequencies[word] for word in words])
        counts = np.zeros(size)
        for weight, spelled in _spellings(words, lang):
            _count(tokenizer, spelled, weights[: len(spelled)] * weight, counts)
        mixed += share * counts / counts.sum()
    if texts:
        counts = np.zeros(size)
        _count(tokenizer, texts, np.ones(len(texts)), counts)
        mixed += _TEXT_WEIGHT * counts / counts.sum()
    return mixed


def _count(
    tokenizer: Tokenizer, texts: Sequence[str], weights: np.ndarray, counts: np.ndarray
) -> None:
    for start in range(0, len(texts), _BATCH):
        batch = tokenizer.encode_batch(
            list(texts[start : start + _BATCH]), add_special_tokens=False
        )
        for encoding, weight in zip(batch, weights[start : start + _BATCH], strict=True):
            np.add.at(counts, encoding.ids, weight)


def _always_kept(piece: str) -> bool:
    char = piece.replace("▁", "") or piece
    if len(char) != 1:
        return False
    category = unicodedata.category(char)
    if category[0] in "PSNZM" or category == "Cf":
        return True
    return unicodedata.name(char, "").split(" ")[0] in _SCRIPTS


def trim(
    model: BertModel, tokenizer_json: dict[str, Any], frequency: np.ndarray, size: int
) -> tuple[BertModel, dict[str, Any]]:
    """The model and tokenizer with at most `size` pieces, the new emojis among them."""
    vocabulary = tokenizer_json["model"]["vocab"]
    index = {piece: row for row, (piece, _score) in enumerate(vocabulary)}
    mask = index["<mask>"] if "<mask>" in index else len(vocabulary) - 1
    kept = {*range(_SPECIALS), mask}
    kept |= {row for row, (piece, _score) in enumerate(vocabulary) if _always_kept(piece)}
    new = [emoji for emoji in NEW_EMOJI if emoji not in index]
    for row in np.argsort(-frequency, kind="stable"):
        if len(kept) >= size - len(new) or frequency[row] <= 0:
            break
        kept.add(int(row))
    old = sorted(kept - {mask})
    table = model.embeddings.word_embeddings.weight.data
    neighbours = [
        table[[index[near] for near in NEW_EMOJI[emoji] if near in index]].mean(0) for emoji in new
    ]
    model.embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(
        torch.stack([*table[old], *neighbours, table[mask]]), freeze=False, padding_idx=1
    )
    model.config.vocab_size = len(old) + len(new) + 1
    score = float(np.median([vocabulary[index[e]][1] for e in "😡😠😂😭"]))
    return model, _trim_tokenizer(tokenizer_json, old, new, score)


def _trim_tokenizer(
    tokenizer_json: dict[str, Any], old: Sequence[int], new: Sequence[str], score: float
) -> dict[str, Any]:
    trimmed = copy.deepcopy(tokenizer_json)
    vocabulary = trimmed["model"]["vocab"]
    pieces = [vocabulary[row] for row in old] + [[emoji, score] for emoji in new]
    pieces.append(["<mask>", 0.0])
    trimmed["model"]["vocab"] = pieces
    trimmed["truncation"] = trimmed["padding"] = None
    for token in trimmed["added_tokens"]:
        if token["content"] == "<mask>":
            token["id"] = len(pieces) - 1
    return trimmed
