"""`tocsin score`: scores of single mentions, without a broker."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoring import masking
from scoring.mention import Mention
from scoring.scored import MAX_QUOTE
from streams.cli.common import counted, no_cascade, note, settings, write_json
from streams.cli.progress import Progress
from streams.errors import CheckFailed
from streams.lines import Lines, batched

if TYPE_CHECKING:
    from models.explanation import Reason
    from models.predictor import Prediction

BATCH = 64


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--text", is_flag=True, help="Each line is a text, not a JSON mention.")
@click.option("--explain", is_flag=True, help="Quote the words that carried each signal.")
@click.option("--strict", is_flag=True, help="Exit 1 when a line was bad.")
@no_cascade
@click.version_option(package_name="tocsin")
def command(file: Path, text: bool, explain: bool, strict: bool, no_cascade: bool) -> None:
    """Score the mentions of FILE (JSON Lines; `-` is standard input), one JSON line each.

    \b
      echo "Third time my order is lost, and no answer" | tocsin score --text --explain

    Bad lines are told on standard error as `line N: reason`.
    """
    done = 0
    with Progress(0) as progress:
        lines = Lines(
            file, text=text, complain=lambda n, reason: progress.print(f"line {n}: {reason}")
        )
        from models import explanation
        from models.predictor import Predictor
        from streams.scorer.reader import query

        chosen = settings()
        predictor = Predictor(chosen.model, cascade=chosen.cascade and not no_cascade)
        progress.total(lines.size)
        for batch in batched(lines, BATCH):
            queries = [query(mention) for mention in batch]
            explained = explanation.explain(predictor, queries) if explain else []
            predictions = [one.prediction for one in explained] or predictor.predict(queries)
            for at, (mention, asked) in enumerate(zip(batch, queries, strict=True)):
                row = _row(mention, predictions[at], asked.lang)
                if explain:
                    row["why"] = _why(mention, explained[at].reasons)
                write_json(row)
            done += len(batch)
            progress.reach(lines.read)
    if not done and not lines.bad:
        note("no mentions to score")
    if lines.bad:
        note(f"{counted(done, 'mention')} scored, {counted(lines.bad, 'bad line')}")
        if strict:
            raise CheckFailed(f"{counted(lines.bad, 'bad line')} and --strict was asked for")


def _row(mention: Mention, prediction: "Prediction", lang: str) -> dict[str, Any]:
    signals = dict(prediction.probabilities)
    complaint = signals.pop("complaint")
    row = {
        "id": mention.id,
        "lang": lang,
        "signals": signals,
        "complaint": complaint,
        "anger_grade": prediction.anger_grade,
    }
    if prediction.answer:
        row["answer"] = prediction.answer
    return row


def _why(mention: Mention, reasons: Sequence["Reason"]) -> list[dict[str, Any]]:
    return [
        {
            "signal": reason.signal,
            "weight": reason.drop,
            "quote": masking.quote(reason.quote, mention.brand, MAX_QUOTE),
        }
        for reason in reasons
    ]
