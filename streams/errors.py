"""What can go wrong at the edges; each error knows the exit code of the command it ends."""

from typing import ClassVar


class TocsinError(Exception):
    """Base of every error of this package; its text says what is wrong and how to mend it."""

    exit_code: ClassVar[int] = 1


class CheckFailed(TocsinError):  # noqa: N818 - named by outcome
    """The command ran, and what it checked is not as it should be."""

    exit_code = 1


class ConfigError(TocsinError):
    """A setting, a file it names, or the state of the topics does not allow the command to run."""

    exit_code = 2


class UsageError(TocsinError):
    """The command was called with arguments that make no sense together."""

    exit_code = 2


class BrokerError(TocsinError):
    """The Kafka broker is out of reach, refuses the credentials, or did not answer in time."""

    exit_code = 3


class WorkerStopped(TocsinError):  # noqa: N818 - named by outcome
    """A worker cannot go on and ends, so that its supervisor starts it afresh."""

    exit_code = 70
