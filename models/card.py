"""The model card: written from what was measured, never by hand."""

from collections.abc import Mapping
from importlib import resources

from models.artefact import ArtefactConfig, Description
from models.evaluation import Evaluation
from models.heads import HEADS
from models.metrics import NOTHING, Metrics, shown
from models.topics import TOPIC_DIMENSIONS

RELIABILITY = "reliability.png"
_WRITTEN = "written for this project, Apache-2.0"
_LICENCES = {
    "real_en": "MIT (appy1608/ACL2023), Apache-2.0 (IBM/twitter-customer-care-document-prediction)",
    "real_fr": "MIT (Archimed-Anderson/FreeMobilaChat)",
    "free_tweets_fr": "MIT (Archimed-Anderson/FreeMobilaChat)",
    "ibm_customer_care": "Apache-2.0 (IBM/twitter-customer-care-document-prediction)",
    "xci_acl2023": "MIT (appy1608/ACL2023)",
    "goemotions": "Apache-2.0 (GoEmotions, Demszky et al. 2020)",
    "xed": "CC-BY 4.0 (XED, Öhman et al. 2020)",
    "xlmt_sentiment": "Apache-2.0 (XLM-T, Barbieri et al. 2022)",
    "xci": "MIT (appy1608/ACL2023)",
    "mlma_hate": "MIT (MLMA, Ousidhoum et al. 2019)",
}
_MOST_TEXT = 280
_LEAST_POSITIVES = 5
_GATE = """\
Static vectors of tokens and their neighbours answer what certainly holds nothing, in microseconds;
brands' messages always go to the encoder. The threshold was set on rows that the gate had not met:
{fitted_missed:,} of {fitted_grave:,} rows with clear anger, a fact, denial or amplification fell
below it, so few that the true rate is at most one in two hundred with a confidence of 95 %.

| on held-out texts | |
|---|---|
| rows with clear anger, a fact, denial or amplification that were passed over | \
{missed:,} of {grave:,} ({miss_rate:.2%}; 95 % interval {miss_low:.2%} to {miss_high:.2%}) |
| rows that hold nothing, passed over | {nothing_passed:.1%} of {nothing:,} |
| tweets and comments of public sets (chatter), passed over | {chatter_passed:.1%} of {chatter:,} |
| complaints of any kind, passed over | {complaints_passed:.2%} |
| macro-F1 with the gate before the encoder | {macro_f1} |

`--no-cascade` (or TOCSIN_CASCADE=false) lets the encoder read everything."""


def render(
    described: Description, config: ArtefactConfig, found: Evaluation, cascaded: Evaluation
) -> str:
    """The card in Markdown; `found` is of the encoder alone, `cascaded` with the gate before it."""
    template = resources.files("models").joinpath("card.md").read_text("utf-8")
    ours = {name for name in config.trained_on if name.startswith("written")}
    sources = "\n".join(
        f"| {name} | {count:,} | {_WRITTEN if name in ours else _LICENCES.get(name, 'its own')} |"
        for name, count in config.trained_on.items()
    )
    values = {
        "name": described.name,
        "digest": described.digest,
        "topic": str(TOPIC_DIMENSIONS),
        "layers": str(config.layers),
        "max_tokens": str(config.max_tokens),
        "sources": sources,
        "training": config.training,
        "figures": table(found),
        "failures": failures(found),
        "reliability": RELIABILITY,
        "gate": gate(config.gate, cascaded),
    }
    for name, value in values.items():
        template = template.replace(f"<{name}>", value)
    return template


def gate(figures: Mapping[str, float], cascaded: Evaluation) -> str:
    """What the gate passes over, rightly and wrongly, and what that costs."""
    if not figures:
        return "This model has no gate: the encoder reads every text."
    values = {**figures, "macro_f1": shown(cascaded.groups["all"].macro_f1)}
    return _GATE.format_map(values)


def table(found: Evaluation) -> str:
    """Figures by group of rows, and by head over all rows, as Markdown tables."""
    groups = found.groups
    lines = [
        "| rows | number | macro-F1 | " + " | ".join(HEADS) + " |",
        "|---" * (len(HEADS) + 3) + "|",
    ]
    for group, metrics in groups.items():
        scores = " | ".join(_f1(metrics, head) for head in HEADS)
        lines.append(f"| {group} | {metrics.rows} | {shown(metrics.macro_f1)} | {scores} |")
    lines += [
        "",
        "| head | positives | precision | recall | average precision | calibration error |",
        "|---|---|---|---|---|---|",
    ]
    for head, one in groups["all"].heads.items():
        lines.append(
            f"| {head} | {one.positives} | {shown(one.precision)} | {shown(one.recall)} "
            f"| {shown(one.average_precision)} | {one.calibration_error:.3f} |"
        )
    lines += _legend(groups)
    lines += ["", _calibration(groups), ""]
    for name, (share, number) in (
        ("contrast pairs ranked right", found.pairs),
        ("kind of a brand's answer found", found.answers),
    ):
        if share is not None:
            lines.append(f"- {name}: {share:.3f} of {number}")
    return "\n".join(lines) + "\n"


def _legend(groups: Mapping[str, Metrics]) -> list[str]:
    heads = [one for metrics in groups.values() for one in metrics.heads.values()]
    told = []
    if any(0 < one.positives < _LEAST_POSITIVES for one in heads):
        told.append(f"too few: under {_LEAST_POSITIVES} positives; macro-F1 counts the head")
    if any(not one.positives for one in heads):
        told.append(f"{NOTHING}: the rows hold no positive; macro-F1 leaves the head out")
    return ["", f"{'; '.join(told)}."] if told else []


def _f1(metrics: Metrics, head: str) -> str:
    figures = metrics.heads[head]
    return "too few" if 0 < figures.positives < _LEAST_POSITIVES else shown(figures.f1)


def _calibration(groups: Mapping[str, Metrics]) -> str:
    lines = [
        "| expected calibration error | " + " | ".join(HEADS) + " |",
        "|---" * (len(HEADS) + 1) + "|",
    ]
    for group in ("all", "fr", "en"):
        if group in groups:
            errors = (f"{groups[group].heads[head].calibration_error:.3f}" for head in HEADS)
            lines.append(f"| {group} | " + " | ".join(errors) + " |")
    return "\n".join(lines)


def failures(found: Evaluation) -> str:
    """The surest mistakes among texts of our own, one line each."""
    lines = []
    for failure in found.failures:
        text = " ".join(failure.row.text.split())
        text = text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"
        label = "yes" if failure.truth else "no"
        lines.append(
            f"- {failure.head} {failure.probability:.2f}, label {label}, {failure.row.role}: {text}"
        )
    return "\n".join(lines) or "None among the texts that are ours to publish."
