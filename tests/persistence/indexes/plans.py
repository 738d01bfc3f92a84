"""What the database says of how it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.persistence.indexes.heard import Command


@dataclass(frozen=True, slots=True)
class Plan:
    command: Command
    stages: frozenset[str]
    keys: int
    documents: int

    @classmethod
    def of(cls, command: Command, explained: Any) -> Plan:
        stats = [each for name, each in _within(explained) if name == "executionStats"]
        return cls(
            command,
            frozenset(stage for stage in _stages(explained)),
            max(each["totalKeysExamined"] for each in stats),
            max(each["totalDocsExamined"] for each in stats),
        )


def _within(value: Any) -> Iterator[tuple[str, Any]]:
    """Every named thing in an explanation, but for what was rejected or merely repeats the question."""
    if isinstance(value, list):
        for each in value:
            yield from _within(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in {"rejectedPlans", "command", "parsedQuery", "slotBasedPlan", "executionStages"}:
                yield name, inner
                yield from _within(inner)


def _stages(explained: Any) -> Iterator[str]:
    for name, value in _within(explained):
        if name == "stage":
            yield value
        elif name == "$sort":
            yield name
