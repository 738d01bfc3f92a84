"""Automations as they are kept: every edit is a version, and a version outlives the automation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.automations import AUTOMATIONS, GONE, Action, Automation, Plan, checked
from domain.errors import Fault, NotFound, Problem, refuse
from domain.scoring import Scoring
from domain.values import replace
from persistence.configuration import Configuration, Editor
from persistence.documents import from_actor, from_automation, to_automation
from persistence.gate import shut_gate
from persistence.mongo import Mongo, Session, new_id


class Automations:
    """The automations of every workspace."""

    def __init__(self, mongo: Mongo, configuration: Configuration) -> None:
        self._mongo = mongo
        self._configuration = configuration

    async def all(self, workspace: str) -> tuple[Automation, ...]:
        """Those that there are, the oldest first."""
        return await self._configuration.automations(workspace)

    async def find(self, workspace: str, automation_id: str) -> Automation | None:
        """The automation as it is, None when it was deleted."""
        return await self._current(workspace, automation_id)

    async def last(self, workspace: str, automation_id: str) -> Automation | None:
        """The automation as it is, or was when it was deleted."""
        found = self._mongo.automations.find({"workspace": workspace, "automation": automation_id})
        newest = await found.sort("version", -1).limit(1).to_list(1)
        return to_automation(newest[0]) if newest else None

    async def version(self, workspace: str, automation_id: str, version: int) -> Automation | None:
        """The automation as it was in that version."""
        wanted = {"workspace": workspace, "automation": automation_id, "version": version}
        found = await self._mongo.automations.find_one(wanted)
        return to_automation(found) if found else None

    async def create(self, workspace: str, plan: Plan, editor: Editor) -> Automation:
        """Have it in force from now on; raises InvalidInput."""

        def make(scoring: Scoring) -> Automation:
            count = len(scoring.automations)
            if count >= AUTOMATIONS:
                refuse([Problem(("automation",), Fault.TOO_MANY, AUTOMATIONS, count + 1)])
            sound = checked(plan, scoring.levels[plan.trigger.dimension])
            return Automation(new_id(), 1, sound, editor.actor, editor.at)

        return await self._put(workspace, make)

    async def update(self, workspace: str, automation_id: str, plan: Plan, editor: Editor) -> Automation:
        """Make the next version; raises NotFound, VersionConflict, InvalidInput."""

        def edit(scoring: Scoring) -> Automation:
            current = _of(scoring, automation_id)
            editor.expect(current.version)
            sound = checked(plan, scoring.levels[plan.trigger.dimension])
            edited = current.edited(sound, editor.at)
            # Whoever takes it up again that a target has had disabled stands for it from then on.
            return replace(edited, created_by=editor.actor) if current.created_by == GONE else edited

        return await self._put(workspace, edit)

    async def disable(self, workspace: str, automation_id: str, gone: Action, at: datetime) -> bool:
        """Let it be set off no more, as the target of an action that it has wishes; whether it is disabled now.

        Not where it was given another target meanwhile, which wishes nothing of the kind. Raises NotFound.
        """

        def edit(scoring: Scoring) -> Automation:
            current = _of(scoring, automation_id)
            if not current.calls(gone):
                raise NotFound("Automation", automation_id)
            return replace(current.edited(replace(current.plan, is_enabled=False), at), created_by=GONE)

        current = await self._current(workspace, automation_id)
        if current is None or not current.calls(gone):
            return False
        if current.plan.is_enabled:
            await self._put(workspace, edit)
        return True

    async def delete(self, workspace: str, automation_id: str, editor: Editor) -> None:
        """Let it be set off no more; what it did stays. Raises NotFound."""

        async def work(session: Session) -> None:
            await shut_gate(self._mongo, workspace, session)
            deleted = {"deleted": {"actor": from_actor(editor.actor), "at": editor.at}}
            gone = await self._mongo.automations.update_one(
                {"workspace": workspace, "automation": automation_id, "is_current": True},
                {"$unset": {"is_current": ""}, "$set": deleted},
                session=session,
            )
            if not gone.matched_count:
                raise NotFound("Automation", automation_id)
            await self._count(workspace, session)

        await self._mongo.transact(work)

    async def _put(self, workspace: str, make: Callable[[Scoring], Automation]) -> Automation:
        async def work(session: Session) -> Automation:
            await shut_gate(self._mongo, workspace, session)
            automation = make(await self._configuration.scoring(workspace, session))
            await self._mongo.automations.update_one(
                {"workspace": workspace, "automation": automation.id, "is_current": True},
                {"$unset": {"is_current": ""}},
                session=session,
            )
            document = {**from_automation(workspace, automation), "is_current": True}
            await self._mongo.automations.insert_one(document, session=session)
            await self._count(workspace, session)
            return automation

        return await self._mongo.transact(work)

    async def _count(self, workspace: str, session: Session) -> None:
        """The configuration has another version: whoever scores reads it anew."""
        await self._mongo.workspaces.update_one({"_id": workspace}, {"$inc": {"version": 1}}, session=session)

    async def _current(self, workspace: str, automation_id: str) -> Automation | None:
        wanted = {"workspace": workspace, "automation": automation_id, "is_current": True}
        found = await self._mongo.automations.find_one(wanted)
        return to_automation(found) if found else None


def _of(scoring: Scoring, automation_id: str) -> Automation:
    """The automation of that id; raises NotFound."""
    for each in scoring.automations:
        if each.id == automation_id:
            return each
    raise NotFound("Automation", automation_id)
