"""`tocsin cases`: what is open now, asked of a running worker."""

import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import click
import msgspec

from scoring.levels import Level
from streams.cli.common import note, settings, write_json
from streams.config import Settings
from streams.demo.text import plain
from streams.errors import CheckFailed

_STATES = ("open", "unacknowledged", "snoozed", "closed")
_TIMEOUT_S = 10.0


@click.command("cases")
@click.option("--url", help="Where a worker answers.  [default: TOCSIN_WEB_HOST and _PORT]")
@click.option("--state", type=click.Choice(_STATES), default="open", show_default=True)
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    multiple=True,
    help="Only these levels.",
)
@click.option("--brand", multiple=True, help="Only these brands.")
@click.option("--limit", type=click.IntRange(1, 5000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON line each.")
def command(
    url: str | None,
    state: str,
    level: tuple[str, ...],
    brand: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """List the open cases of all partitions, most urgent first."""
    config = settings()
    where = (url or f"http://{_host(config)}:{config.web_port}").rstrip("/")
    asked = [("state", state), ("limit", str(limit))]
    asked += [("level", one) for one in level] + [("brand", one) for one in brand]
    answer = _ask(f"{where}/api/v1/cases?{urllib.parse.urlencode(asked)}", where, config)
    for row in answer["cases"]:
        if as_json:
            write_json(row)
        else:
            who = f"{row['brand']} [{row['owner']}]" if row["owner"] else row["brand"]
            words = plain(f"{who}: {row['headline']}")
            chance = f"{row['score']:.0%}" if row["open"] else ""
            click.echo(f"{row['level']:<8}  {chance:>4}  {words}  ({plain(row['case_id'])})")
    left = answer["total"] - len(answer["cases"])
    if left and not as_json:
        note(f"{left:,} more: give --limit")
    if not answer["total"] and not as_json:
        note("no such case")
    if not answer["as_of"]["complete"]:
        note("the worker is still reading what happened before its start: more may come")


def _host(config: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.web_host, config.web_host)
    return f"[{host}]" if ":" in host else host


def _ask(address: str, where: str, config: Settings) -> dict[str, Any]:
    request = urllib.request.Request(address)
    if config.web_token:
        request.add_header("Authorization", f"Bearer {config.web_token.split()[-1]}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            return msgspec.json.decode(answer.read(), type=dict[str, Any])
    except urllib.error.HTTPError as error:
        reason = {401: "asks for a token: set TOCSIN_WEB_TOKEN"}.get(error.code, str(error.code))
        raise CheckFailed(f"the worker at {where} {reason}") from error
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise CheckFailed(f"no worker answers at {where}: start one, or give --url") from error
