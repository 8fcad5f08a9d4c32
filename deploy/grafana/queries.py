"""PromQL as the boards write it: every selector narrowed by the board's variables."""

from typing import NamedTuple

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.grafana.variables import SOURCE

QUANTILES = (0.5, 0.95, 0.99)


class Query(NamedTuple):
    """A PromQL expression; `legend` names its series with their labels in double braces."""

    expr: str
    legend: str = ""

    def build(self, ref: str, *, exemplar: bool = False) -> Dataquery:
        """Over the board's time range."""
        query = Dataquery().expr(self.expr).legend_format(self.legend or "__auto").range()
        return query.ref_id(ref).datasource(SOURCE).exemplar(exemplar)

    def now(self, ref: str, form: PromQueryFormat) -> Dataquery:
        """As of the end of the board's time range."""
        query = Dataquery().expr(self.expr).legend_format(self.legend or "__auto").instant()
        return query.ref_id(ref).datasource(SOURCE).format(form)

    def heat(self, ref: str) -> Dataquery:
        """Over the board's time range, buckets as rows."""
        query = Dataquery().expr(self.expr).legend_format("{{le}}").range()
        return query.ref_id(ref).datasource(SOURCE).format(PromQueryFormat.HEATMAP)


def of(metric: str, *variables: str, **labels: str) -> str:
    """A selector: `of("m", "brand", outcome="hit")` is `m{job=~"$job",brand=~"$brand",...}`."""
    narrowed = [f'{name}=~"${name}"' for name in ("job", *variables)]
    fixed = [f'{name}="{value}"' for name, value in labels.items()]
    return f"{metric}{{{','.join(narrowed + fixed)}}}"


def rate(selector: str, over: str = "$__rate_interval") -> str:
    """Per second."""
    return f"rate({selector}[{over}])"


def increase(selector: str, over: str = "$__rate_interval") -> str:
    """Over an interval; Grafana's own is one point of the panel wide."""
    return f"increase({selector}[{over}])"


def total(what: str, *by: str) -> str:
    """Sum over workers, one series for each value of the labels `by`."""
    return f"sum by ({', '.join(by)}) ({what})" if by else f"sum({what})"


def highest(what: str, *by: str) -> str:
    """Maximum over workers, one series for each value of the labels `by`."""
    return f"max by ({', '.join(by)}) ({what})" if by else f"max({what})"


def share(part: str, whole: str) -> str:
    """Part of a whole, 0 to 1; nothing where there is no whole."""
    return f"{part} / ({whole} > 0)"


def quantiles(histogram: str) -> list[Query]:
    """Median and tails of a histogram, seconds or what it counts."""
    buckets = total(rate(of(f"{histogram}_bucket")), "le")
    return [Query(f"histogram_quantile({q}, {buckets})", f"p{q * 100:g}") for q in QUANTILES]
