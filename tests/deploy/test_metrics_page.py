"""The table of docs/metrics.md is the one that the code makes."""

from streams import metrics_page
from tests.conftest import ROOT

CONTRACT = {
    "tocsin_mentions_total": ("brand", "channel", "outcome"),
    "tocsin_scoring_seconds": (),
    "tocsin_scoring_batch_mentions": (),
    "tocsin_score_cache_total": ("outcome",),
    "tocsin_signal_score": ("signal", "lang"),
    "tocsin_cases_open": ("brand", "level"),
    "tocsin_escalations_total": ("brand", "level", "status"),
    "tocsin_mention_to_escalation_seconds": (),
    "tocsin_event_time_lag_seconds": (),
    "tocsin_dead_letters_total": ("topic", "reason"),
    "tocsin_committed_offset": ("topic", "partition"),
    "tocsin_consumer_lag": ("topic", "partition"),
    "tocsin_model_info": ("name", "digest"),
    "tocsin_build_info": ("version", "python"),
    "tocsin_case_unacknowledged_seconds": ("level",),
}
"""What boards and alerts of others build on: names and labels stay."""


def test_the_page_holds_the_table_that_the_code_makes() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert metrics_page.put(page) == page, "run: python -m streams.metrics_page docs/metrics.md"


def test_names_and_labels_that_others_build_on_are_there() -> None:
    known = {metric.name: metric.labels for metric in metrics_page.described()}
    assert {name: known.get(name) for name in CONTRACT} == CONTRACT


def test_the_table_is_put_where_it_was_and_nowhere_else() -> None:
    page = f"# Before\n\n{metrics_page.HEAD}| old |\n\nAfter\n"
    assert metrics_page.put(page) == f"# Before\n\n{metrics_page.table()}\nAfter\n"
