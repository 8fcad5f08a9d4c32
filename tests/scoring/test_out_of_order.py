"""What comes a little out of order is neither lost nor kept for longer than it may be."""

from scoring import case as cases
from scoring.mention import Kind, Role
from scoring.partition import Partition
from scoring.policy import default
from scoring.scored import Scored
from tests.scoring.helpers import complaint, mention, scored, scores

POLICY = default()
LATENESS = POLICY.allowed_lateness_s


def live() -> Partition:
    return Partition(POLICY, slack_s=LATENESS)


def deletion(after_s: float, of: str = "root") -> Scored:
    return scored(mention("gone", after_s, kind=Kind.DELETION, parent_id=of, text=""), scores())


def quotes(partition: Partition) -> list[str]:
    evidence = partition.cases["skylark-air:root"].evidence
    return [voice.quote for voice in (*evidence.anger, *evidence.complaint) if voice.quote]


def test_a_deletion_that_comes_before_its_mention_erases_it_all_the_same() -> None:
    partition = live()
    partition.mention(deletion(60.0))
    partition.mention(complaint("root", 0.0))
    assert quotes(partition) == []


def test_a_share_that_repeats_the_words_loses_them_with_its_parent() -> None:
    partition = live()
    partition.mention(complaint("root", 0.0))
    said = mention("s1", 5.0, kind=Kind.SHARE, parent_id="root", by="fan")
    partition.mention(scored(said, scores(complaint=0.99, anger=0.99)))
    assert quotes(partition)
    partition.mention(deletion(60.0))
    assert quotes(partition) == []


def test_a_complaint_within_the_lateness_is_counted_in_a_minute_that_is_still_open() -> None:
    partition = live()
    partition.mention(complaint("one", 0.0))
    _, first = partition.mention(complaint("two", 600.0))
    _, late = partition.mention(complaint("three", 600.0 - 200.0))
    _, rest = partition.tick(complaint("four", 6000.0).mention.at)
    sealed = [*first, *late, *rest]
    assert sum(pulse.complaints for pulse in sealed) == 3
    assert len({pulse.at for pulse in sealed}) == len(sealed)


def test_an_open_case_is_never_left_to_itself() -> None:
    partition = live()
    partition.mention(complaint("root", 0.0, promoted=True))
    case = partition.cases["skylark-air:root"]
    assert case.standing.open
    later = cases.advance(case, case.clock + 40 * 86_400.0, POLICY)[0]
    assert not later.standing.open
    assert cases.deadline(case, POLICY) > case.clock


def test_the_brand_s_own_deletion_keeps_the_words() -> None:
    partition = live()
    partition.mention(complaint("root", 0.0))
    own = mention("d", 60.0, kind=Kind.DELETION, parent_id="root", by="desk", role=Role.BRAND)
    partition.mention(scored(own, scores()))
    assert quotes(partition)


def test_what_came_too_late_to_raise_an_alarm_is_counted() -> None:
    partition = Partition(POLICY)
    hour = POLICY.allowed_lateness_s + 3600
    for id, after in (("now", hour), ("just", hour - POLICY.allowed_lateness_s), ("old", 0)):
        partition.mention(scored(mention(id, after, thread=None)))
    assert partition.late == 1
