"""Quick start: a workspace's first levels and rules, all at once, from a template."""

from __future__ import annotations

from domain.errors import AlreadyConfigured
from domain.levels import Dimension, LevelSet
from domain.rules import RuleSet
from domain.templates import Template
from persistence.configuration import Configuration, Editor
from persistence.gate import shut_gate
from persistence.levels import LevelSets
from persistence.mongo import Mongo, Session
from persistence.rules import RuleSets


class QuickStart:
    """Sets workspaces up that have nothing of their own yet."""

    def __init__(
        self, mongo: Mongo, configuration: Configuration, level_sets: LevelSets, rule_sets: RuleSets
    ) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._level_sets = level_sets
        self._rule_sets = rule_sets

    async def begin(
        self, workspace: str, template: Template, editor: Editor
    ) -> tuple[tuple[LevelSet, ...], RuleSet]:
        """Put the template's levels and rules in force, all or nothing; raises AlreadyConfigured."""
        tables = {Dimension.ENGAGEMENT: template.engagement, Dimension.PROFILE: template.profile}

        async def work(session: Session) -> tuple[tuple[LevelSet, ...], RuleSet]:
            await shut_gate(self._mongo, workspace, session)
            state = await self._configuration.state(workspace, session)
            level_sets = []
            for dimension, levels in tables.items():
                version = state["levels"][dimension.value]
                empty = await self._configuration.level_set(workspace, dimension, version, session)
                if empty.levels:
                    raise AlreadyConfigured
                first = empty.next(levels, editor.actor, editor.at, editor.comment)
                await self._level_sets.put(workspace, state, first, session)
                level_sets.append(first)
            rule_set = await self._rule_sets.put_first(workspace, state, template.rules, editor, session)
            return tuple(level_sets), rule_set

        begun = await self._mongo.transact(work)
        self._level_sets.wake()
        return begun
