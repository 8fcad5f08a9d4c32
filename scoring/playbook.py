"""What to do about it: playbook keys from evidence, most urgent first."""

from scoring.assessment import Assessment
from scoring.bounded import strength
from scoring.conduct import Deed, act, admitted
from scoring.evidence import LIKELY, Evidence
from scoring.levels import Level

_LONG_SILENCE_S = 3600.0
_MOST = 5


def advise(evidence: Evidence, assessment: Assessment, level: Level) -> tuple[str, ...]:
    """At most five keys of the playbook for a conversation at `level`."""
    signals = assessment.signals
    brand_denies = strength(evidence.brand_denial) >= LIKELY
    pressing = level in (Level.ESCALATE, Level.CRISIS)
    handed_off = act(evidence.acts, Deed.HAND_OFF) is not None
    contradicted = admitted(evidence.acts) is not None and brand_denies
    unanswered = assessment.silence_s > _LONG_SILENCE_S or evidence.answers == 0
    wanted = [
        ("restore-deleted-post", bool(evidence.deletions)),
        ("bring-in-senior-person", pressing and (brand_denies or bool(evidence.media))),
        ("admit-publicly", signals.objective_fact >= LIKELY and (pressing or brand_denies)),
        ("name-one-owner", brand_denies or handed_off or signals.corporate_denial >= LIKELY),
        ("answer-in-public", unanswered or act(evidence.acts, Deed.OUT_OF_SIGHT) is not None),
        ("align-channels", contradicted or (evidence.answers > 1 and brand_denies)),
        ("compensate-and-say-so", pressing and signals.objective_fact >= LIKELY),
        ("wait-and-watch", level is Level.WATCH),
    ]
    return tuple(key for key, applies in wanted if applies)[:_MOST]


def advise_incident(level: Level, silence_s: float, answers: int) -> tuple[str, ...]:
    """Keys of the playbook for an incident at `level`."""
    pressing = level in (Level.ESCALATE, Level.CRISIS)
    wanted = [
        ("admit-publicly", answers == 0 or pressing),
        ("answer-in-public", silence_s > _LONG_SILENCE_S),
        ("align-channels", pressing),
        ("bring-in-senior-person", pressing),
        ("compensate-and-say-so", pressing),
        ("wait-and-watch", level is Level.WATCH),
    ]
    return tuple(key for key, applies in wanted if applies)[:_MOST]
