"""`tocsin worker`: one process of the stream."""

import click

from streams.cli.common import settings
from streams.errors import TocsinError, UsageError, WorkerStopped

_ROLES = ("score", "cases", "tickets", "sources")
"""As `streams.worker.application.Role` has them, which a shell that completes cannot wait for."""


def _roles(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    return [before + comma + r for r in _ROLES if r.startswith(last) and r not in given]


@click.command()
@click.option(
    "--role",
    "roles",
    default="all",
    show_default=True,
    metavar="ROLE[,ROLE...]",
    shell_complete=_roles,
    help="score, cases, tickets, sources, or all.",
)
@click.version_option(package_name="tocsin")
def command(roles: str) -> None:
    """Run one worker of the stream until it is told to stop (SIGTERM, Ctrl-C).

    The roles: `score` reads mentions with the model, `cases` decides over them and serves the
    console, `tickets` tells ticket systems, `sources` collects mentions where people write and
    takes what is sent over HTTP. To grow, start more workers of the role that lags; partitions are
    shared among them. Run `tocsin topics --create` once before.
    """
    import asyncio
    import logging

    import uvloop

    from models.errors import ModelError
    from scoring.errors import ScoringError
    from streams import logs
    from streams.worker import reads, serve
    from streams.worker.application import Role

    known = [role.value for role in Role]
    names = known if roles == "all" else [name.strip() for name in roles.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"unknown role {unknown[0]!r}; the roles are {', '.join(known)}")
    chosen = settings()
    worker_roles = [role for role in Role if role.value in names]
    counts = reads.partitions(chosen)
    # Not before: what the Kafka client logs of a broker out of reach is said in one line already.
    logs.set_up(chosen)

    async def run() -> None:
        await serve.Worker(chosen, worker_roles, counts).run()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except (TocsinError, ModelError, ScoringError, ModuleNotFoundError):
        raise  # told to the user in one line
    except Exception as error:
        logging.getLogger(__name__).exception("the worker ends: a bug")
        raise WorkerStopped(f"the worker met a bug and ends: {error!r}") from error
