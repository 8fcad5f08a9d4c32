"""Targets against servers that answer as the vendors document it."""
