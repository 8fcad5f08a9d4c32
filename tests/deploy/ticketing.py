"""Ticket systems of a live run: a webhook that is out of order once, a pager that refuses once."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.streams.vendors import PagerDutyVendor, Vendor

POLICY = """
# Wide enough for a case to stand at each level for a while, whatever a fit makes of them.
[levels.watch]
score = 0.2
[levels.respond]
score = 0.3
# So high that one of two cases never gets there and calms down by itself.
[levels.crisis]
score = 0.95

[sinks.hook]
type = "webhook"
url = "{hook}/tocsin"
secret_env = "HOOK_SECRET"

[sinks.pager]
type = "pagerduty"
url = "{pager}"
routing_key_env = "PAGER_KEY"
rate_per_s = 50

[[routes]]
sinks = ["hook", "pager"]
"""


class Ticketing:
    """Two vendors and the policy that leads every escalation to both.

    The webhook's first answer is 503: its schedule has it asked again five seconds later, and
    meanwhile something waits. The pager's first answer is 400: that one is a dead letter.
    """

    def __init__(self, folder: Path) -> None:
        self._hook, self._pager = Vendor(), PagerDutyVendor()
        self._policy = folder / "policy.toml"

    @property
    def variables(self) -> dict[str, str]:
        """What a worker has to be told."""
        return {
            "TOCSIN_POLICY": str(self._policy),
            "HOOK_SECRET": "whsec_" + base64.b64encode(b"k" * 24).decode(),
            "PAGER_KEY": self._pager.routing_key,
        }

    @contextmanager
    def running(self) -> Iterator["Ticketing"]:
        """Both listen on the loopback for as long as the block lasts."""
        self._hook.plan.append(503)
        self._pager.plan.append(400)
        with self._hook.running(), self._pager.running():
            self._policy.write_text(POLICY.format(hook=self._hook.url, pager=self._pager.url))
            yield self
