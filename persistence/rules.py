"""Rule sets: a draft is edited, publishing makes it the one that scores, and what it replaces is retired."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from domain.errors import AlreadyConfigured, NotFound, NothingToPublish
from domain.jobs import Job, JobKind
from domain.levels import Announce
from domain.rules import Rescore, Rule, RuleSet, RuleSetState
from domain.values import replace
from persistence import pages
from persistence.configuration import NUMBERS, Configuration, Editor, no_rules
from persistence.documents import from_rule_set, to_rule_set
from persistence.gate import shut_gate
from persistence.jobs import Jobs
from persistence.mongo import Mongo, Session, new_id
from persistence.pages import Edge, Page

Edit = Callable[[tuple[Rule, ...]], tuple[Rule, ...]]


class RuleSets:
    """The rule sets of every workspace."""

    def __init__(self, mongo: Mongo, configuration: Configuration, jobs: Jobs) -> None:
        self._mongo = mongo
        self._configuration = configuration
        self._jobs = jobs

    async def edit(self, workspace: str, edit: Edit, editor: Editor) -> RuleSet:
        """Edit the rules of the draft, as `change` does."""
        return await self.change(workspace, lambda draft: replace(draft, rules=edit(draft.rules)), editor)

    async def change(self, workspace: str, edit: Callable[[RuleSet], RuleSet], editor: Editor) -> RuleSet:
        """Edit the draft, opening one on what is published when there is none.

        Every edit gives the draft the next version, so that no two editors overwrite each other unseen. Raises what
        *edit* does, and VersionConflict when the draft, or without one what is published, is not as expected.
        """

        async def work(session: Session) -> RuleSet:
            state = await self._configuration.state(workspace, session)
            draft = await self._draft(workspace, session)
            current = draft or await self._configuration.rule_set(workspace, state["rules"], session)
            current = current or no_rules(state["created_at"])
            editor.expect(current.version)
            version = state["rules_last"] + 1
            edited = edit(current.drafted(version, current.rules, editor.actor, editor.at))
            await self._mongo.workspaces.update_one(
                {"_id": workspace}, {"$set": {"rules_last": version}}, session=session
            )
            await self._remove_draft(workspace, session)
            await self._mongo.rule_sets.insert_one(from_rule_set(workspace, edited), session=session)
            return edited

        return await self._mongo.transact(work)

    async def publish(
        self,
        workspace: str,
        editor: Editor,
        rescore: Rescore = Rescore.NEW_ACTIVITY,
        announce: Announce = Announce.ALL,
    ) -> tuple[RuleSet, Job | None]:
        """Let the draft score from now on, and with REPLAY, by a job, all that was done before.

        Raises NothingToPublish, VersionConflict.
        """

        async def work(session: Session) -> tuple[RuleSet, Job | None]:
            await shut_gate(self._mongo, workspace, session)
            draft = await self._draft(workspace, session)
            if draft is None:
                raise NothingToPublish
            editor.expect(draft.version)
            state = await self._configuration.state(workspace, session)
            last = state["rules_last"]
            # After a revert the draft is not the newest any more, and has its number in the history from now on.
            draft = replace(draft, version=draft.version if draft.version == last else last + 1)
            published = draft.published(editor.actor, editor.at, editor.comment, rescore, announce)
            await self._remove_draft(workspace, session)
            published = await self._put(workspace, state, published, session)
            return published, await self._rescoring(workspace, published, session)

        return await self._published(work)

    async def revert(
        self,
        workspace: str,
        version: int,
        editor: Editor,
        rescore: Rescore = Rescore.NEW_ACTIVITY,
        announce: Announce = Announce.ALL,
    ) -> tuple[RuleSet, Job | None]:
        """Let an old set score again, as the next version; a draft stays. Raises NotFound, VersionConflict."""

        async def work(session: Session) -> tuple[RuleSet, Job | None]:
            await shut_gate(self._mongo, workspace, session)
            state = await self._configuration.state(workspace, session)
            editor.expect(state["rules"])
            old = await self.numbered(workspace, version, session)
            if old is None or old.state is RuleSetState.DRAFT:
                raise NotFound("RuleSet", f"version {version}")
            again = old.repeated(state["rules_last"] + 1, editor.actor, editor.at)
            repeated = again.published(editor.actor, editor.at, editor.comment, rescore, announce)
            repeated = await self._put(workspace, state, repeated, session)
            return repeated, await self._rescoring(workspace, repeated, session)

        return await self._published(work)

    async def _rescoring(self, workspace: str, published: RuleSet, session: Session) -> Job | None:
        """The job that scores all activity by these rules, if it is to be; it takes the place of one that runs."""
        if published.rescore is not Rescore.REPLAY or published.published_at is None:
            return None
        at = published.published_at
        why = f"rules were published again: all is scored by version {published.version} instead"
        await self._jobs.supersede(workspace, None, why, at, session)
        job = Job(new_id(), None, 0, published.version, at, JobKind.RESCORE)
        await self._jobs.add(workspace, job, session)
        return job

    async def _published(
        self, work: Callable[[Session], Coroutine[Any, Any, tuple[RuleSet, Job | None]]]
    ) -> tuple[RuleSet, Job | None]:
        published = await self._mongo.transact(work)
        self._jobs.bell.ring()
        return published

    async def discard(self, workspace: str, editor: Editor) -> RuleSet:
        """Throw the draft away; what is published then, or no rules. Raises NotFound, VersionConflict."""

        async def work(session: Session) -> RuleSet:
            draft = await self._draft(workspace, session)
            if draft is None:
                raise NotFound("RuleSet", "draft")
            editor.expect(draft.version)
            await self._remove_draft(workspace, session)
            state = await self._configuration.state(workspace, session)
            return await self.numbered(workspace, state["rules"], session) or no_rules(state["created_at"])

        return await self._mongo.transact(work)

    async def put_first(
        self,
        workspace: str,
        state: Mapping[str, Any],
        rules: tuple[Rule, ...],
        editor: Editor,
        session: Session,
    ) -> RuleSet:
        """Publish the first rules of a workspace, whose gate is shut; raises AlreadyConfigured where there are any."""
        current = await self._configuration.rule_set(workspace, state["rules"], session)
        drafted = await self._draft(workspace, session)
        if not all(each is None or each.is_blank for each in (current, drafted)):
            raise AlreadyConfigured
        version = state["rules_last"] + 1
        draft = no_rules(editor.at).drafted(version, rules, editor.actor, editor.at)
        published = draft.published(editor.actor, editor.at, editor.comment)
        await self._remove_draft(workspace, session)
        return await self._put(workspace, state, published, session)

    async def _put(
        self, workspace: str, state: Mapping[str, Any], published: RuleSet, session: Session
    ) -> RuleSet:
        """Write a set as the one that scores, and return it as it is then. The gate must be shut in this transaction."""
        before = await self._configuration.rule_set(workspace, state["rules"], session)
        before = before or no_rules(state["created_at"])
        published = published.following(before)
        retime = {"retime": state["version"] + 1} if before.policy != published.policy else {}
        await self._mongo.rule_sets.update_one(
            {"workspace": workspace, "state": "PUBLISHED"}, {"$set": {"state": "RETIRED"}}, session=session
        )
        await self._mongo.rule_sets.insert_one(from_rule_set(workspace, published), session=session)
        await self._mongo.workspaces.update_one(
            {"_id": workspace},
            {
                "$set": {"rules": published.version, **retime},
                "$max": {"rules_last": published.version},
                "$inc": {"version": 1},
            },
            session=session,
        )
        return published

    async def _remove_draft(self, workspace: str, session: Session) -> None:
        await self._mongo.rule_sets.delete_one({"workspace": workspace, "state": "DRAFT"}, session=session)

    async def in_state(self, workspace: str, state: RuleSetState) -> RuleSet | None:
        """The newest set in that state."""
        found = self._mongo.rule_sets.find({"workspace": workspace, "state": state.value})
        newest = await found.sort("version", -1).limit(1).to_list(1)
        return to_rule_set(newest[0]) if newest else None

    async def page(self, workspace: str, first: int, after: str | None) -> Page[RuleSet]:
        """The sets, newest first; raises InvalidInput for a cursor of another list."""
        older = {"version": {"$lt": pages.decode(after, int)[0]}} if after is not None else {}
        found = self._mongo.rule_sets.find({"workspace": workspace, **older})
        sets = [to_rule_set(each) for each in await found.sort("version", -1).limit(first + 1).to_list(None)]
        return pages.page([Edge(pages.encode(each.version), each) for each in sets], first, after)

    async def numbered(self, workspace: str, version: int, session: Session | None = None) -> RuleSet | None:
        """The set of that version in the state it has now."""
        wanted = {"workspace": workspace, "version": version}
        found = (
            await self._mongo.rule_sets.find_one(wanted, session=session) if 0 <= version < NUMBERS else None
        )
        return to_rule_set(found) if found else None

    async def rule(self, workspace: str, rule_id: str) -> Rule | None:
        """The rule as the newest set that has it says."""
        found = self._mongo.rule_sets.find({"workspace": workspace, "rules.id": rule_id})
        newest = await found.sort("version", -1).limit(1).to_list(1)
        return to_rule_set(newest[0]).rule(rule_id) if newest else None

    async def _draft(self, workspace: str, session: Session) -> RuleSet | None:
        found = await self._mongo.rule_sets.find_one(
            {"workspace": workspace, "state": "DRAFT"}, session=session
        )
        return to_rule_set(found) if found else None
