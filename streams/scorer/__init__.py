"""Puts scores on mentions: language, model, cache of repeated texts, and the scoring process.

Only `streams` may import it; the model itself lives in `models`.
"""
