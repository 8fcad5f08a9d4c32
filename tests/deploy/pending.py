"""What boards show or point to and what is not there yet.

Tests fail when something of it has come, so that it is taken off here.
"""

from deploy.grafana.links import Runbook

SECTIONS = {section.value for section in Runbook}
"""Of docs/operations.md, each named after its alert."""

PENDING = {
    "tocsin_ticket_deliveries_total",
    "tocsin_ticket_delivery_seconds_bucket",
    "tocsin_ticket_oldest_waiting_seconds",
    "tocsin_ticket_retries_total",
    "tocsin_ticket_waiting",
}
"""Metrics, of the role `tickets`."""
