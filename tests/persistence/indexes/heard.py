"""What was asked of the database, as the driver says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

DATABASE = "indexes"  # of its own, so that what other tests leave behind sways no plan
QUERIES = {"find", "aggregate", "count", "distinct", "update", "delete", "findAndModify"}
OF_THE_SESSION = {"lsid", "txnNumber", "startTransaction", "autocommit", "readConcern", "writeConcern"}
Command = dict[str, Any]


@dataclass(slots=True)
class Heard(CommandListener):
    """What was asked of the database, the first of it for whole lists, and which methods of persistence asked."""

    commands: list[Command] = field(default_factory=list)
    of_whole_lists: int = 0
    called: set[str] = field(default_factory=set)

    def started(self, event: CommandStartedEvent) -> None:
        if (
            event.command_name in QUERIES
            and event.database_name == DATABASE
            and not _is_of_log(event.command)
        ):
            self.commands += _singly(
                {
                    name: value
                    for name, value in event.command.items()
                    if name not in OF_THE_SESSION and not name.startswith("$")
                }
            )

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


def _is_of_log(command: Mapping[str, Any]) -> bool:
    """Whether it asks for the database's own log, which has no index but the order of time."""
    return "$changeStream" in next(iter(command.get("pipeline", ())), {})


def _singly(command: Command) -> Iterator[Command]:
    """The command, or each of its many updates or deletions: explain takes one at a time."""
    name = next(iter(command))
    many = {"update": "updates", "delete": "deletes"}.get(name)
    if many is None:
        yield command
    else:
        yield from ({name: command[name], many: [each]} for each in command[many])
