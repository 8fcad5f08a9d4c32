"""The board *Model*: what it says, whether that moves, and whether it turned out right."""

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana import links, model_feedback, variables
from deploy.grafana.frame import framed
from deploy.grafana.links import Runbook
from deploy.grafana.panels import heat, over_time, ranking, rows
from deploy.grafana.queries import Query, increase, of, rate, share, total
from deploy.grafana.style import Unit, above

UID = "tocsin-model"
_COUNT = of("tocsin_signal_score_count", "signal", "lang")
_SUM = of("tocsin_signal_score_sum", "signal", "lang")
_BUCKET = of("tocsin_signal_score_bucket", "signal", "lang")
_LIKELY = of("tocsin_signal_score_bucket", "signal", "lang", le="0.5")
_BY_LANG = "{{signal}}, {{lang}}"


def board() -> Dashboard:
    """The board."""
    window = ["6h", "1h", "1d"], "What is compared as recent"
    reference = ["7d", "1d", "28d"], "How long ago the other one was"
    built = framed(
        "Tocsin: model",
        UID,
        "Distributions of scores, their drift, and what cases came to.",
        [
            variables.labels("signal", "Signal", "tocsin_signal_score_count"),
            variables.labels("lang", "Language", "tocsin_signal_score_count"),
            variables.choice("window", "Window", *window),
            variables.choice("reference", "Compared with", *reference),
        ],
        since="now-7d",
        refresh="1m",
    )
    return model_feedback.add(_drift(_distribution(_judges(built))))


def _judges(built: Dashboard) -> Dashboard:
    texts = total(rate(of("tocsin_signal_score_count", "lang", signal="complaint")), "lang")
    return (
        built.with_row(Row("What judges"))
        .with_panel(
            _who(
                "Model",
                "Name and digest, and on how many workers; two rows: a rollout, or a mistake.",
                "tocsin_model_info",
            )
        )
        .with_panel(
            _who("Policy", "Name and digest, and on how many workers.", "tocsin_policy_info")
        )
        .with_panel(
            over_time(
                "Texts by language",
                "Texts scored; `other` is neither French nor English.",
                [Query(texts, "{{lang}}")],
                Unit.PER_SECOND,
                stacked=True,
                width=8,
            )
        )
    )


def _who(title: str, about: str, metric: str) -> table.Panel:
    count = Query(f"count by (name, digest) ({of(metric)})")
    columns = [("Workers", count, Unit.COUNT, None)]
    to = [links.runbook(Runbook.DISAGREE)]
    return rows(title, about, ["name", "digest"], columns, width=8, links=to)


def _distribution(built: Dashboard) -> Dashboard:
    likely = f"1 - {share(total(rate(_LIKELY), 'signal', 'lang'), _texts('signal', 'lang'))}"
    mean = share(total(rate(_SUM), "signal", "lang"), _texts("signal", "lang"))
    return (
        built.with_row(Row("Scores"))
        .with_panel(
            over_time(
                "Share of texts that hold a signal",
                "Probability above one half, by signal and language.",
                [Query(likely, _BY_LANG)],
                Unit.SHARE,
                most=1,
            )
        )
        .with_panel(
            over_time(
                "Mean probability",
                "By signal and language.",
                [Query(mean, _BY_LANG)],
                Unit.SHARE,
                most=1,
            )
        )
        .with_panel(
            heat(
                "Probabilities over time",
                "Texts by the probability given, of the chosen signals and languages.",
                Query(total(increase(_BUCKET), "le")),
                Unit.NONE,
            )
        )
        .with_panel(
            over_time(
                "Undecided",
                "Share of texts between 0.4 and 0.6: a model far from its training data doubts.",
                [Query(share(_between("0.4", "0.6"), _texts("signal", "lang")), _BY_LANG)],
                Unit.SHARE,
                steps=above(0.2),
            )
        )
    )


def _drift(built: Dashboard) -> Dashboard:
    about = (
        "Largest difference between the shares of texts up to a probability, recent against "
        "earlier (Kolmogorov-Smirnov). From 0.1 on look at the texts; 0.15 over a day is an alert."
    )
    return (
        built.with_row(Row("Drift"))
        .with_panel(
            over_time(
                "Drift by signal and language",
                about,
                [Query(_distance(), _BY_LANG)],
                Unit.SHARE,
                steps=above(0.15, 0.1),
                width=16,
                links=[links.runbook(Runbook.DRIFT)],
            )
        )
        .with_panel(
            ranking(
                "Drift now",
                about,
                Query(f"topk(10, {_distance()})", _BY_LANG),
                Unit.SHARE,
                steps=above(0.15, 0.1),
                most=1,
                width=8,
                links=[links.runbook(Runbook.DRIFT)],
            )
        )
    )


def _texts(*by: str) -> str:
    return total(rate(_COUNT), *by)


def _between(low: str, high: str) -> str:
    upper, lower = (
        total(rate(of("tocsin_signal_score_bucket", "signal", "lang", le=edge)), "signal", "lang")
        for edge in (high, low)
    )
    return f"({upper} - {lower})"


def _distance() -> str:
    """Distance of the recent distribution from that of `$reference` ago, 0 to 1."""
    recent = _cumulative("[$window]")
    earlier = _cumulative("[$window] offset $reference")
    return f"max by (signal, lang) (abs({recent} - {earlier}))"


def _cumulative(over: str) -> str:
    below = f"sum by (signal, lang, le) (rate({_BUCKET}{over}))"
    every = f"(sum by (signal, lang) (rate({_COUNT}{over})) > 0)"
    return f"{below} / on (signal, lang) group_left () {every}"
