"""The `tocsin` command: one file per subcommand, each with an attribute `command`.

A subcommand is imported when it is called, so that `tocsin --help` answers at once. A new one
needs a line in COMMANDS and its file.
"""

import click

from streams.cli.group import LazyGroup

COMMANDS = {
    "demo": "Watch recorded crises unfold, everything on this machine.",
    "init": "Write a first configuration, commented.",
    "worker": "Run one worker of the stream, for all roles or some.",
    "score": "Score single texts: anger, facts, denial, calls to share.",
    "backtest": "Decide over a recording as the stream would have; plots, a report.",
    "policy": "What it takes to raise an alarm: in words, checked, compared.",
    "forecast": "Forecast how far each conversation of a recording goes.",
    "replay": "Send a recording's mentions to Kafka.",
    "topics": "Show or create the topics.",
    "cases": "List what is open now, asked of a running worker.",
    "dead-letters": "Read, explain and send again what could not be used.",
    "doctor": "Check settings, broker, topics, model, sinks and sources; say how to mend each.",
    "sinks": "Show the ticket systems, and send a test ticket.",
    "sources": "Show where mentions come from, and try a source.",
    "brands": "Say which brand a text is about.",
    "train": "Train the model on labelled texts.",
    "evaluate": "Measure the model on labelled texts.",
    "export": "Export the trained model as one file.",
    "feedback": "List or export what people judged: a crisis, or not.",
    "calibrate": "Fit the model's probabilities, or the policy, to your own data.",
}
"""Subcommand to one line of help; the module is `streams.cli.<name>` with underscores."""
SECTIONS = {
    "Begin here": ("demo", "init", "doctor"),
    "Look at a recording": ("score", "backtest", "forecast", "policy"),
    "Run the stream": (
        "worker",
        "topics",
        "replay",
        "sources",
        "brands",
        "sinks",
        "cases",
        "dead-letters",
    ),
    "Fit it to your own data": ("calibrate", "feedback", "train", "evaluate", "export"),
}
"""Headings of the help; a command that is under none is listed last."""


@click.group(
    cls=LazyGroup,
    package=__name__,
    table=COMMANDS,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`tocsin COMMAND --help` says more. Settings are environment variables: `tocsin doctor` "
    "lists them.",
)
def main() -> None:
    """Hear which complaint becomes a crisis, before it does.

    Reads mentions of your brands (JSON Lines in a file, or a Kafka topic), and tells which threads
    are about to blow up, how sure it is, and why. `tocsin demo` shows it on recorded crises.
    """
