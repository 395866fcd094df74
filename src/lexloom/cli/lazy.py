"""Commands that are imported when they are run, so that the list of all of them answers at once.

`cli` has the table of them; here a group of Typer's is made that shows it.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a command is, and what the list of commands says of it."""

    module: str
    attribute: str
    """A function, or the `typer.Typer` of a group of commands."""
    help: str
    """The first sentence of its own help."""

    def load(self, name: str) -> Any:
        """Import the command; an ``EXAMPLE`` of its module ends the help of a function."""
        module = importlib.import_module(self.module)
        target = getattr(module, self.attribute)
        holder = typer.Typer()
        if isinstance(target, typer.Typer):
            holder.add_typer(target, name=name)
        else:
            holder.command(name, epilog=getattr(module, "EXAMPLE", None))(target)
        return typer.main.get_group(holder).commands[name]


class LoadedCommands(Mapping[str, Any]):
    """Commands by name, each imported when it is first asked for."""

    def __init__(self, table: Mapping[str, LazyCommand]) -> None:
        self._table = table
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._table[name].load(name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


class LazyGroup(TyperGroup):
    """A group that lists its commands without importing them."""

    table: ClassVar[Mapping[str, LazyCommand]] = {}

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = cast(Any, LoadedCommands(self.table))

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the names, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Give what help and completion show of a command: its name and its first sentence."""
        if cmd_name not in self.table:
            return None
        return TyperCommand(cmd_name, help=self.table[cmd_name].help)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Give the command itself, to be run."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and self.commands[found.name or ""], rest


def lazy_group(commands: Mapping[str, LazyCommand]) -> type[LazyGroup]:
    """Give the class of a group with these commands, as `typer.Typer` takes it."""
    return type("LazyCommands", (LazyGroup,), {"table": commands})
