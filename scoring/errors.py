"""Errors of the decision, named by outcome."""


class ScoringError(Exception):
    """Base of every error of this package."""


class BadMentionError(ScoringError):
    """A message that is no valid Mention v1.

    `reason` is a bounded label (see `scoring.decoding.REASONS`); `detail` says where and why.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class PolicyError(ScoringError):
    """A policy file that cannot be used; the text names the key and what is allowed."""


class BadCommandError(ScoringError):
    """A message that is no valid Case command v1; the text says where and why."""
