"""Why an escalation became a dead letter of the tickets."""

REFUSED = "refused"
GAVE_UP = "gave_up"
DISABLED = "disabled"
OVERFLOW = "overflow"
FAILED = "failed"
"""The sink said no; it did not take it in time; it wants nothing more; too much waits for it; and
a bug of ours, worth reporting."""
NO_SINK = "no_sink"
"""Sent again to a sink that is not configured any more."""
NOT_ESCALATION = "not_escalation"
"""A record in `escalations` that is none."""
REASONS = (REFUSED, GAVE_UP, DISABLED, OVERFLOW, FAILED, NO_SINK, NOT_ESCALATION)
