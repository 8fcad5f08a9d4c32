"""The model card: written from what was measured, never by hand."""

from collections.abc import Mapping

from models.artefact import ArtefactConfig, Description
from models.heads import HEADS
from models.metrics import Metrics

_LICENCES = {
    "real_en": "MIT (appy1608/ACL2023), Apache-2.0 (IBM/twitter-customer-care-document-prediction)",
    "real_fr": "MIT (Archimed-Anderson/FreeMobilaChat)",
    "written_en": "written for this project, Apache-2.0",
    "written_fr": "written for this project, Apache-2.0",
}

_INTRODUCTION = """# Model card: {name}

Weights `{digest}` (first digits of the SHA-256 of `signals.safetensors`). This file is written by
`tocsin export`.

## What it does
Reads one message about a company, in French or English, with its author's role, and gives the
probability of clear anger, of a checkable fact about a problem, of corporate denial (in the
brand's voice or reported), of amplification by influencers, and of a complaint; the expected grade
of anger (0 to 3); and a {topic}-dimensional embedding of the topic. Meant to be summed up over
conversations by Tocsin, not to judge a person by one message.

## How it is made
`intfloat/multilingual-e5-small` (MIT), {layers} layers, vocabulary trimmed to French and English
(40,000 pieces), fine-tuned with the role as a token-type embedding, mean and max pooling, seven
logits (anger as an ordinal scale), Platt-calibrated on the validation tenth. Weights are int8 per
row; activations are quantised per token at run time, so a text's scores do not depend on its
batch. Texts over {max_tokens} tokens keep their beginning and their last quarter.

## Data
| set | rows in training | licence of the text |
|---|---|---|
{sources}

Labels: one annotator per row under a written guide; a blind second annotation of 440 rows of the
real sets agreed at 0.96 macro-F1, least on denial in English brand replies (0.57). A tenth of all
rows, chosen by the hash of the text, is held out for the figures below; another tenth was used to
stop training and to calibrate.

## Figures on the held-out tenth
Positive-class F1 at threshold 0.5, of the exported int8 model; anger is positive from grade 2 up.
`tocsin evaluate DATA` gives them again.

"""

_LIMITS = """
## Limits
- The real French rows come from one telecom operator and the real English ones from support
  accounts; amplification is rare in both (38 of 5,335), so that head rests on written rows.
- One annotator per row. Doubtful borders: anger grade 1 or 2, redirect or denial, "unreachable" or
  "ignored".
- Irony, quotation of somebody else's words, and languages other than French and English are read
  less well; so are praise that tells a sad story first, and short cheers. Only whole-text labels
  were learnt; a long text with one telling sentence can be missed.
- Calibrated on data that stopped training as well: the true calibration error may be larger.
"""


def render(described: Description, config: ArtefactConfig, figures: Mapping[str, Metrics]) -> str:
    """The card in Markdown."""
    sources = "\n".join(
        f"| {name} | {count} | {_LICENCES.get(name, 'see its source')} |"
        for name, count in config.trained_on.items()
    )
    introduction = _INTRODUCTION.format(
        name=described.name,
        digest=described.digest,
        topic=32,
        layers=config.layers,
        max_tokens=config.max_tokens,
        sources=sources,
    )
    return introduction + table(figures) + _LIMITS


def table(figures: Mapping[str, Metrics]) -> str:
    """Figures by group of rows, and by head over all rows, as Markdown tables."""
    lines = [
        "| rows | number | macro-F1 | " + " | ".join(HEADS) + " |",
        "|---" * (len(HEADS) + 3) + "|",
    ]
    for group, metrics in figures.items():
        scores = " | ".join(f"{metrics.heads[head].f1:.3f}" for head in HEADS)
        lines.append(f"| {group} | {metrics.rows} | {metrics.macro_f1:.3f} | {scores} |")
    lines += [
        "",
        "| head | positives | precision | recall | average precision | calibration error |",
        "|---|---|---|---|---|---|",
    ]
    for head, found in figures["all"].heads.items():
        lines.append(
            f"| {head} | {found.positives} | {found.precision:.3f} | {found.recall:.3f} "
            f"| {found.average_precision:.3f} | {found.calibration_error:.3f} |"
        )
    return "\n".join(lines) + "\n"
