"""The decision: messages, evidence, spread, cases, incidents, policy, explanation.

Pure functions over values: no clock, no random, no I/O (but reading a policy file), no Faust,
no torch. `streams` may import this package; this package imports neither `streams` nor `models`.
"""
