"""Puts scores on mentions: language, model, cache of repeated texts, and the scoring process.

Only `streams` may import it; the model itself lives in `models`.
"""

NEEDS = frozenset({"numpy", "py3langid", "safetensors", "tokenizers", "torch"})
"""What scoring imports and the other roles do not; deploy/Dockerfile has an image without."""
ADVICE = "use the image tocsin-score, or install tocsin whole"
