"""What leads are scored under: the current levels and rules of each workspace, never older than the last edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from domain.actors import SYSTEM, Actor
from domain.automations import Automation
from domain.errors import NotFound, VersionConflict
from domain.levels import Dimension, LevelSet
from domain.rules import Rescore, RuleSet, RuleSetState
from domain.scoring import Scoring
from persistence.documents import to_automation, to_level_set, to_rule_set
from persistence.mongo import Mongo, Session

Key = TypeVar("Key")
Value = TypeVar("Value")

NUMBERS = 2**31  # no set is ever numbered so high
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
        """The configuration in force now, in every process.

        In a transaction it may be so new that the majority does not have it yet: what is read there is not
        remembered before the transaction is committed (`remember`), and with it all it has read.
        """
        state = await self.state(workspace, session)
        known = self._scorings.get(workspace)
        if known and known.version == state["version"]:
            return known
        scoring = await self._load(workspace, state, session)
        if session is None:
            self.remember(workspace, scoring)
        return scoring

    def remember(self, workspace: str, scoring: Scoring) -> None:
        """Keep a configuration that is known to be on the majority."""
        self._scorings[workspace] = scoring

    async def state(self, workspace: str, session: Session | None = None) -> Mapping[str, Any]:
        """The workspace's document: the numbers of its current configuration."""
        state = await self._mongo.workspaces.find_one({"_id": workspace}, session=session)
        if state is None:
            raise LookupError(f"the workspace {workspace} is gone")
        return state

    async def _load(self, workspace: str, state: Mapping[str, Any], session: Session | None) -> Scoring:
        levels = {
            dimension: await self.level_set(workspace, dimension, state["levels"][dimension.value], session)
            for dimension in Dimension
        }
        rules = await self.rule_set(workspace, state["rules"], session) or no_rules(state["created_at"])
        return Scoring(state["version"], levels, rules, await self.automations(workspace, session))

    async def level_set(
        self, workspace: str, dimension: Dimension, version: int, session: Session | None = None
    ) -> LevelSet:
        """The set of that version; raises NotFound."""
        key = (workspace, dimension, version)
        if found := self._level_sets.get(key):
            return found
        wanted = {"workspace": workspace, "dimension": dimension.value, "version": version}
        document = (
            await self._mongo.level_sets.find_one(wanted, session=session) if 0 <= version < NUMBERS else None
        )
        if document is None:
            raise NotFound("LevelSet", f"version {version}")
        level_set = to_level_set(document)
        if session is None:
            _remember(self._level_sets, key, level_set)
        return level_set

    async def rule_set(self, workspace: str, version: int, session: Session | None = None) -> RuleSet | None:
        """The set of that version as it scores; its state may since have become RETIRED."""
        key = (workspace, version)
        if found := self._rule_sets.get(key):
            return found
        wanted = {"workspace": workspace, "version": version}
        document = (
            await self._mongo.rule_sets.find_one(wanted, session=session) if 0 < version < NUMBERS else None
        )
        if document is None:
            return None
        rule_set = to_rule_set(document)
        if session is None:
            _remember(self._rule_sets, key, rule_set)
        return rule_set

    async def automations(self, workspace: str, session: Session | None = None) -> tuple[Automation, ...]:
        """The automations that there are, the oldest first."""
        current = {"workspace": workspace, "is_current": True}
        found = self._mongo.automations.find(current, session=session).sort("automation", 1)
        return tuple(map(to_automation, await found.to_list(None)))

    async def timeline(
        self, workspace: str, current: RuleSet, session: Session | None = None
    ) -> tuple[RuleSet, ...]:
        """The sets that scored up to *current*, from the last that all activity was scored by, or from none."""
        if current.rescore is Rescore.REPLAY or not current.version:
            return (current,)
        wanted = {"workspace": workspace, "state": {"$ne": "DRAFT"}, "version": {"$lt": current.version}}
        sets = [current]
        async for document in self._mongo.rule_sets.find(wanted, session=session).sort("version", -1):
            sets.append(to_rule_set(document))
            if sets[-1].rescore is Rescore.REPLAY:
                break
        else:
            sets.append(no_rules(sets[-1].created_at))
        return tuple(reversed(sets))


def no_rules(at: datetime) -> RuleSet:
    """What a workspace scores under before it publishes rules."""
    return RuleSet(0, RuleSetState.RETIRED, (), at, SYSTEM)


async def level_names(mongo: Mongo, workspace: str, dimension: Dimension) -> list[str]:
    """Every name that a level of the dimension has, or ever had, as it was written; those of now come first."""
    wanted = {"workspace": workspace, "dimension": dimension.value}
    found = mongo.level_sets.find(wanted, {"levels.name": 1}).sort("version", -1)
    return list(dict.fromkeys([level["name"] async for each in found for level in each["levels"]]))


def _remember(cache: dict[Key, Value], key: Key, value: Value) -> None:
    cache[key] = value
    if len(cache) > CACHED:
        del cache[next(iter(cache))]
