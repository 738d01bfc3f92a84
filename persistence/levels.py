"""Level sets: every edit makes the next version, and the versions are the history."""

from __future__ import annotations

from collections.abc import Callable

from domain.levels import Dimension, Level, LevelSet
from persistence import pages
from persistence.configuration import Configuration, Editor
from persistence.documents import from_level_set, to_level_set
from persistence.mongo import Mongo, Session
from persistence.pages import Edge, Page

Edit = Callable[[tuple[Level, ...]], tuple[Level, ...]]


class LevelSets:
    """The level sets of every workspace."""

    def __init__(self, mongo: Mongo, configuration: Configuration) -> None:
        self._mongo = mongo
        self._configuration = configuration

    async def change(
        self,
        workspace: str,
        dimension: Dimension,
        edit: Edit,
        editor: Editor,
        reverted_from: int | None = None,
    ) -> LevelSet:
        """Make the next version by *edit*; raises what *edit* does, and VersionConflict."""

        async def work(session: Session) -> LevelSet:
            state = await self._configuration.state(workspace, session)
            current = await self._configuration.level_set(
                workspace, dimension, state["levels"][dimension.value], session
            )
            editor.expect(current.version)
            following = current.next(
                edit(current.levels), editor.actor, editor.at, editor.comment, reverted_from
            )
            await self._mongo.level_sets.insert_one(from_level_set(workspace, following), session=session)
            await self._mongo.workspaces.update_one(
                {"_id": workspace},
                {"$set": {f"levels.{dimension.value}": following.version}, "$inc": {"version": 1}},
                session=session,
            )
            return following

        return await self._mongo.transact(work)

    async def revert(self, workspace: str, dimension: Dimension, version: int, editor: Editor) -> LevelSet:
        """Make the next version by repeating an old one; raises NotFound, VersionConflict."""
        old = await self._configuration.level_set(workspace, dimension, version)
        return await self.change(workspace, dimension, lambda _: old.levels, editor, version)

    async def page(
        self, workspace: str, dimension: Dimension, first: int, after: str | None
    ) -> Page[LevelSet]:
        """The versions, newest first; raises InvalidInput for a cursor of another list."""
        older = {"version": {"$lt": pages.decode(after, int)[0]}} if after is not None else {}
        found = self._mongo.level_sets.find({"workspace": workspace, "dimension": dimension.value, **older})
        sets = [to_level_set(each) for each in await found.sort("version", -1).limit(first + 1).to_list(None)]
        return pages.page([Edge(pages.encode(each.version), each) for each in sets], first, after)
