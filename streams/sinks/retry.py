"""How long to wait before the next try, and when to give up."""

import msgspec

GIVE_UP_AFTER_S = 6 * 3600.0
_BASE_S, _MOST_S = 1.0, 300.0
_JITTER = 0.1
"""Of a published schedule: up to a tenth longer, so that what failed together is not sent so."""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Exponential backoff with full jitter, or the times of a schedule.

    Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    schedule: tuple[float, ...] = ()
    give_up_after_s: float | None = None

    @property
    def longest_s(self) -> float:
        """Seconds that a notice may be under way altogether."""
        published = (1 + _JITTER) * sum(self.schedule)
        return self.give_up_after_s or published or GIVE_UP_AFTER_S

    def wait_s(
        self, tries: int, spent_s: float, after_s: float | None, chance: float
    ) -> float | None:
        """Seconds until the next try, None to give up.

        After `tries` (from 1) tries, `spent_s` seconds after it was handed over; the target asked
        for `after_s`; `chance` is uniform from 0 to 1.
        """
        if self.schedule:
            if tries > len(self.schedule):
                return None
            wait = self.schedule[tries - 1] * (1 + _JITTER * chance)
        else:
            wait = chance * min(_MOST_S, _BASE_S * 2.0 ** min(tries, 30))
        wait = max(wait, after_s or 0.0)
        limit = self.give_up_after_s
        if limit is None and not self.schedule:
            limit = GIVE_UP_AFTER_S
        return None if limit is not None and spent_s + wait > limit else wait


def lasted(seconds: float) -> str:
    """A time as people say it: `45 s`, `5 min`, `6 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.3g} h"
