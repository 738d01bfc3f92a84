"""Level sets: every edit makes the next version, and the versions are the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.jobs import Job
from domain.levels import Announce, Dimension, Level, LevelSet
from domain.stretches import stretches
from persistence import pages
from persistence.configuration import Configuration, Editor, level_names
from persistence.documents import from_level_set, to_level_set
from persistence.gate import shut_gate
from persistence.jobs import Jobs
from persistence.mongo import Mongo, Session, new_id
from persistence.pages import Edge, Page

Edit = Callable[[tuple[Level, ...]], tuple[Level, ...]]


class LevelSets:
    """The level sets of every workspace."""

    def __init__(self, mongo: Mongo, configuration: Configuration, jobs: Jobs) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._jobs = jobs

    async def change(
        self,
        workspace: str,
        dimension: Dimension,
        edit: Edit,
        editor: Editor,
        announce: Announce = Announce.ALL,
        reverted_from: int | None = None,
    ) -> tuple[LevelSet, Job | None]:
        """Make the next version by *edit*, and the job that tells leads of it, if it may change the level of any.

        It takes the place of a job that still runs for the dimension. Raises what *edit* does, and VersionConflict.
        """

        async def work(session: Session) -> tuple[LevelSet, Job | None]:
            await shut_gate(self._mongo, workspace, session)
            state = await self._configuration.state(workspace, session)
            current = await self._configuration.level_set(
                workspace, dimension, state["levels"][dimension.value], session
            )
            editor.expect(current.version)
            levels = edit(current.levels)
            following = current.next(levels, editor.actor, editor.at, editor.comment, reverted_from, announce)
            return following, await self.put(workspace, state, following, session)

        changed = await self._mongo.transact(work)
        self.wake()
        return changed

    def wake(self) -> None:
        """Have the jobs of what was just committed begin at once."""
        self._jobs.bell.ring()

    async def put(
        self, workspace: str, state: Mapping[str, Any], following: LevelSet, session: Session
    ) -> Job | None:
        """Write a set as the one in force, and the job that tells of it; *state* is the workspace as it was.

        The gate must be shut in this transaction.
        """
        dimension = following.dimension.value
        told = state["told"][dimension]
        before = [
            await self._configuration.level_set(workspace, following.dimension, version, session)
            for version in range(told, following.version)
        ]
        cut = stretches(*(each.levels for each in (*before, following)))
        settled = all(stretch.is_settled for stretch in cut)
        await self._mongo.level_sets.insert_one(from_level_set(workspace, following), session=session)
        numbers = {
            f"levels.{dimension}": following.version,
            f"told.{dimension}": following.version if settled else told,
            "retime": state["version"] + 1,
        }
        await self._mongo.workspaces.update_one(
            {"_id": workspace}, {"$set": numbers, "$inc": {"version": 1}}, session=session
        )
        why = f"the levels were edited again: version {following.version} is told instead"
        await self._jobs.supersede(workspace, following.dimension, why, following.created_at, session)
        job = Job(new_id(), following.dimension, told, following.version, following.created_at)
        if not settled:
            await self._jobs.add(workspace, job, session)
        return None if settled else job

    async def revert(
        self,
        workspace: str,
        dimension: Dimension,
        version: int,
        editor: Editor,
        announce: Announce = Announce.ALL,
    ) -> tuple[LevelSet, Job | None]:
        """Make the next version by repeating an old one; raises NotFound, VersionConflict."""
        old = await self._configuration.level_set(workspace, dimension, version)
        return await self.change(workspace, dimension, lambda _: old.levels, editor, announce, version)

    async def names(self, workspace: str, dimension: Dimension) -> list[str]:
        """Every name that a level of the dimension has, or ever had."""
        return await level_names(self._mongo, workspace, dimension)

    async def page(
        self, workspace: str, dimension: Dimension, first: int, after: str | None
    ) -> Page[LevelSet]:
        """The versions, newest first; raises InvalidInput for a cursor of another list."""
        older = {"version": {"$lt": pages.decode(after, int)[0]}} if after is not None else {}
        found = self._mongo.level_sets.find({"workspace": workspace, "dimension": dimension.value, **older})
        sets = [to_level_set(each) for each in await found.sort("version", -1).limit(first + 1).to_list(None)]
        return pages.page([Edge(pages.encode(each.version), each) for each in sets], first, after)
