"""Click groups that suggest what a misspelt subcommand may have meant.

The lazy one imports a subcommand when it is called, and ends as the contract says.
"""

import difflib
import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from streams.cli import exits

DISTRIBUTION = "tocsin"
SOURCE_VERSION = "0.0.0+source"
COMPLETION = "_TOCSIN_COMPLETE"
"""Set by the shell when it asks what could follow; click answers."""
_SENTENCE = 300
_OTHERS = "More"


def version() -> str:
    """The version of the installed distribution, `0.0.0+source` when it runs uninstalled."""
    from importlib import metadata

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return SOURCE_VERSION


class Group(click.Group):
    """A group that says which subcommand may have been meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a hint at what may have been meant."""
        names = self.list_commands(ctx)
        unknown = bool(args) and args[0] not in names and not args[0].startswith("-")
        if unknown and not ctx.resilient_parsing:  # which a shell asks with, for what could follow
            near = difflib.get_close_matches(args[0], names, n=1)
            lists = f"`{ctx.command_path} --help` lists them"
            hint = f"did you mean {near[0]!r}?" if near else lists
            raise click.UsageError(f"no such command {args[0]!r}: {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the subcommands, each with its whole first sentence."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [
            (name, command.get_short_help_str(_SENTENCE))
            for name, command in found
            if command and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class LazyGroup(Group):
    """Subcommands come from `table` (name to one line of help) in modules of `package`.

    `sections` are the headings of the help, with what stands under each; what is under none comes
    last.
    """

    def __init__(
        self,
        *,
        package: str,
        table: Mapping[str, str],
        sections: Mapping[str, Sequence[str]] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.package = package
        self.sections = sections or {}
        self.table = {
            name: text
            for name, text in table.items()
            if importlib.util.find_spec(_at(package, name))
        }
        _add_version(self)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every subcommand that is installed, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand, imported now; None when there is no such."""
        if cmd_name not in self.table:
            return None
        command: click.Command = importlib.import_module(_at(self.package, cmd_name)).command
        _add_version(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the subcommands by section, without importing them."""
        placed = {name for names in self.sections.values() for name in names}
        others = [name for name in self.table if name not in placed]
        for heading, names in {**self.sections, _OTHERS: others}.items():
            rows = [(name, self.table[name]) for name in names if name in self.table]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What could follow, without importing the subcommands: a shell waits for it."""
        found = [
            CompletionItem(name, help=text)
            for name, text in self.table.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs and exits with the code of the contract; a command may return its exit code."""
        if not standalone_mode or COMPLETION in os.environ:
            return super().main(args, prog_name, standalone_mode=standalone_mode, **extra)
        sys.exit(exits.run(lambda: self._invoke(args, prog_name or DISTRIBUTION, extra)))

    def _invoke(self, args: Sequence[str] | None, name: str, extra: dict[str, Any]) -> object:
        # Not click's own `main`: it ends a closed pipe with 1, which here is a failed check.
        arguments = list(sys.argv[1:] if args is None else args)
        try:
            with self.make_context(name, arguments, **extra) as context:
                return self.invoke(context)
        except click.exceptions.Exit as ended:
            return ended.exit_code


def _at(package: str, name: str) -> str:
    return f"{package}.{name.replace('-', '_')}"


def _add_version(command: click.Command) -> None:
    """Gives `--version` to a command and to what it holds; the text is looked up when asked for."""
    if not any("--version" in parameter.opts for parameter in command.params):
        command.params.append(
            click.Option(
                ["--version"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                help="Show the version and exit.",
                callback=_show_version,
            )
        )
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _add_version(inner)


def _show_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"{DISTRIBUTION} {version()}")
        ctx.exit()
