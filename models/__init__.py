"""The transformer: text and author's role in, signal probabilities and an embedding out.

Base weights, training, evaluation, calibration, export and inference live here.
Nothing here imports `scoring` or `streams`.
"""
