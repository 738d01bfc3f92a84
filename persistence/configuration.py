"""What leads are scored under: the current levels and rules of each workspace, never older than the last edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from domain.actors import SYSTEM, Actor
from domain.errors import NotFound, VersionConflict
from domain.levels import Dimension, LevelSet
from domain.rules import RuleSet, RuleSetState
from domain.scoring import Scoring
from persistence.documents import to_level_set, to_rule_set
from persistence.mongo import Mongo, Session

Key = TypeVar("Key")
Value = TypeVar("Value")

CACHED = 1_000  # level and rule sets kept in memory; a set is a few kilobytes at most


@dataclass(frozen=True, slots=True)
class Editor:
    """Who edits a configuration, when, what they say of it, and the version they believe to be editing."""

    actor: Actor
    at: datetime
    comment: str | None = None
    expected: int | None = None

    def expect(self, current: int) -> None:
        """Raises VersionConflict when somebody else edited first."""
        if self.expected is not None and self.expected != current:
            raise VersionConflict(self.expected, current)


class Configuration:
    """Reads configurations. Level sets and rule sets never change once numbered, so they are read once."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._level_sets: dict[tuple[str, Dimension, int], LevelSet] = {}
        self._rule_sets: dict[tuple[str, int], RuleSet] = {}
        self._scorings: dict[str, Scoring] = {}

    async def scoring(self, workspace: str, session: Session | None = None) -> Scoring:
        """The configuration in force now, in every process."""
        state = await self.state(workspace, session)
        known = self._scorings.get(workspace)
        if known is None or known.version != state["version"]:
            known = self._scorings[workspace] = await self._load(workspace, state)
        return known

    async def state(self, workspace: str, session: Session | None = None) -> Mapping[str, Any]:
        """The workspace's document: the numbers of its current configuration."""
        state = await self._mongo.workspaces.find_one({"_id": workspace}, session=session)
        if state is None:
            raise LookupError(f"the workspace {workspace} is gone")
        return state

    async def _load(self, workspace: str, state: Mapping[str, Any]) -> Scoring:
        levels = {
            dimension: await self.level_set(workspace, dimension, state["levels"][dimension.value])
            for dimension in Dimension
        }
        rules = await self.rule_set(workspace, state["rules"]) or no_rules(state["created_at"])
        return Scoring(state["version"], levels, rules)

    async def level_set(self, workspace: str, dimension: Dimension, version: int) -> LevelSet:
        """The set of that version; raises NotFound."""
        key = (workspace, dimension, version)
        if key not in self._level_sets:
            document = await self._mongo.level_sets.find_one(
                {"workspace": workspace, "dimension": dimension.value, "version": version}
            )
            if document is None:
                raise NotFound("LevelSet", f"version {version}")
            _remember(self._level_sets, key, to_level_set(document))
        return self._level_sets[key]

    async def rule_set(self, workspace: str, version: int) -> RuleSet | None:
        """The set of that version as it scores; its state may since have become RETIRED."""
        key = (workspace, version)
        if key not in self._rule_sets:
            document = await self._mongo.rule_sets.find_one({"workspace": workspace, "version": version})
            if document is None:
                return None
            _remember(self._rule_sets, key, to_rule_set(document))
        return self._rule_sets[key]


def no_rules(at: datetime) -> RuleSet:
    """What a workspace scores under before it publishes rules."""
    return RuleSet(0, RuleSetState.RETIRED, (), at, SYSTEM)


def _remember(cache: dict[Key, Value], key: Key, value: Value) -> None:
    cache[key] = value
    if len(cache) > CACHED:
        del cache[next(iter(cache))]
