"""The `tocsin` command: one file per subcommand, each with an attribute `command`.

A subcommand is imported when it is called, so that `tocsin --help` answers at once. A new one
needs a line in COMMANDS and its file.
"""

import click

from streams.cli.group import LazyGroup

COMMANDS = {
    "demo": "Run everything on this machine and watch recorded crises unfold.",
    "worker": "Run one worker of the stream, for all roles or some.",
    "score": "Score mentions or lines of text, without a broker.",
    "backtest": "Decide over a file of mentions as the stream would have.",
    "policy": "Say a policy in words, check it, or see what another would have changed.",
    "forecast": "Forecast the shares of each conversation of a file.",
    "replay": "Send a file's mentions to Kafka.",
    "topics": "Show or create the topics.",
    "cases": "List what is open now, asked of a running worker.",
    "dead-letters": "Read, explain and send again what could not be used.",
    "doctor": "Check settings, broker, topics, model, sinks and sources; say how to mend each.",
    "sinks": "Show the ticket systems, and send a test ticket.",
    "sources": "Show where mentions come from, and try a source.",
    "brands": "Say which brand a text is about.",
    "train": "Train the model.",
    "evaluate": "Measure the model on labelled texts.",
    "export": "Export the trained model as one file.",
    "feedback": "List or export what people judged: a crisis, or not.",
    "calibrate": "Fit probabilities to what was seen.",
}
"""Subcommand to one line of help; the module is `streams.cli.<name>` with underscores."""


@click.group(
    cls=LazyGroup,
    package=__name__,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Settings are environment variables: `tocsin doctor` lists them.",
)
def main() -> None:
    """Hear which complaint becomes a crisis, before it does."""
