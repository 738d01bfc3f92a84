"""`tierwire demo`: a workspace with a believable past, and leads that live while somebody looks on."""

from __future__ import annotations

import asyncio
import io
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import pytest
from pydantic import SecretStr
from rich.console import Console

from api.app import open_house
from api.command.demo.live import PACE, feed, narrate
from api.command.demo.people import PEOPLE, Person, people
from api.command.demo.stage import set_up
from api.command.demo.story import DAYS, LEVELS, RULES, STEPS, next_step, past
from api.context import House
from api.scalars import now
from api.settings import Settings
from domain.actors import Workspace
from domain.changes import AdjustScore
from domain.history import ScoreChange
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import RuleSetState
from persistence.history import HistoryFilter
from persistence.leads import LeadFilter, LeadOrder
from persistence.mongo import Mongo
from persistence.workspaces import Workspaces
from tests.api.conftest import contents_of
from tests.conftest import ACTOR, DATABASE
from tests.persistence.given import assert_explained

WAIT = 60.0  # seconds for what takes two to ten
LEVEL_NAMES = {dimension: [level.name for level in levels] for dimension, levels in LEVELS.items()}


class Enough(Exception):
    """Ends a feed that would go on for ever."""


class Naps:
    """Stands for sleep: notes how long each would have been, and ends the feed after as many as wanted."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        if len(self.taken) == self.wanted:
            raise Enough


class Screen(io.StringIO):
    """What was printed; `heard` is set when *awaited* was."""

    def __init__(self, awaited: str) -> None:
        super().__init__()
        self.heard = asyncio.Event()
        self._awaited = awaited

    def write(self, text: str) -> int:
        if self._awaited in text:
            self.heard.set()
        return super().write(text)


@dataclass(frozen=True)
class Stage:
    workspace: Workspace
    cast: tuple[Person, ...]


@pytest.fixture(scope="module")
async def stage(mongo: Mongo) -> Stage:
    """A workspace that is set up."""
    workspace = await Workspaces(mongo).named("demo of the tests", now())
    return Stage(workspace, await set_up(mongo, workspace, now()))


async def leads_of(house: House, workspace: Workspace) -> list[Lead]:
    page = await house.leads.page(workspace.id, LeadFilter(), LeadOrder(), 200, None)
    return [edge.node for edge in page.edges]


async def pyramid(house: House, workspace: Workspace, dimension: Dimension) -> list[int]:
    """How many leads are in each level, the lowest first."""
    levels = (await house.configuration.scoring(workspace.id)).levels[dimension]
    counts = Counter(
        level.name
        for lead in await leads_of(house, workspace)
        if (level := levels.level_of(lead.standing(dimension).score))
    )
    return [counts[name] for name in LEVEL_NAMES[dimension]]


async def tier_changes(house: House, workspace: Workspace) -> list[ScoreChange]:
    """The newest, up to 200."""
    wanted = HistoryFilter(Dimension.ENGAGEMENT, tier_changes_only=True)
    page = await house.history.of_workspace(workspace.id, wanted, 200, None)
    return [edge.node for edge in page.edges]


@pytest.mark.usefixtures("server")  # which does the jobs of what is set up
class TestTheSetup:
    async def test_it_populates_every_level_and_the_higher_the_fewer(
        self, house: House, stage: Stage
    ) -> None:
        cold, warm, hot, very_hot = await pyramid(house, stage.workspace, Dimension.ENGAGEMENT)

        assert cold > warm > hot > very_hot > 0
        assert cold + warm + hot + very_hot == PEOPLE
        assert all(await pyramid(house, stage.workspace, Dimension.PROFILE))

    async def test_its_rules_are_published(self, house: House, stage: Stage) -> None:
        published = await house.rule_sets.in_state(stage.workspace.id, RuleSetState.PUBLISHED)

        assert published
        assert {rule.activity: (rule.name, rule.points) for rule in published.rules} == dict(RULES)
        assert await house.rule_sets.in_state(stage.workspace.id, RuleSetState.DRAFT) is None

    async def test_everybody_has_a_name_a_company_and_an_address_at_an_example_domain(
        self, house: House, stage: Stage
    ) -> None:
        leads = await leads_of(house, stage.workspace)

        assert len({lead.name for lead in leads}) == PEOPLE
        assert all(lead.email and re.fullmatch(r"[a-z.]+@[a-z]+\.example", lead.email) for lead in leads)
        assert all(lead.company and lead.external_id and lead.tags and lead.attributes for lead in leads)

    async def test_its_history_spans_weeks_and_explains_every_score(
        self, house: House, mongo: Mongo, stage: Stage
    ) -> None:
        changes = await tier_changes(house, stage.workspace)

        await assert_explained(mongo, stage.workspace.id)
        assert len({change.cause.at.date() for change in changes}) > DAYS / 2
        assert max(change.cause.at for change in changes) < now()

    async def test_a_second_setup_changes_nothing(self, mongo: Mongo, stage: Stage) -> None:
        before = await contents_of(mongo, stage.workspace)

        again = await set_up(mongo, stage.workspace, now())

        assert again == stage.cast
        assert await contents_of(mongo, stage.workspace) == before

    @pytest.mark.slow
    async def test_a_setup_that_was_interrupted_is_completed_by_the_next(
        self, house: House, mongo: Mongo, workspace: Workspace
    ) -> None:
        interrupted = asyncio.create_task(set_up(mongo, workspace, now()))
        while await mongo.activities.count_documents({"workspace": workspace.id}) < STEPS / 4:
            assert not interrupted.done()
        interrupted.cancel()
        await asyncio.wait([interrupted])

        await set_up(mongo, workspace, now())

        contents = await contents_of(mongo, workspace)
        assert len(contents["activities"]) == STEPS
        assert len(contents["leads"]) == PEOPLE
        assert len(contents["rule_sets"]) == 1
        assert len(contents["level_sets"]) == 4  # the empty ones every workspace begins with, and ours
        assert all(await pyramid(house, workspace, Dimension.ENGAGEMENT))


class TestTheStory:
    def test_the_same_chance_tells_the_same_story(self) -> None:
        at = now()

        one, other = (list(past(people(Random(7)), Random(8), at)) for _ in range(2))

        assert one == other
        assert one != list(past(people(Random(7)), Random(9), at))

    @pytest.mark.parametrize("score", [0, 24, 25, 49, 50, 74, 75, 1_000])
    def test_every_step_has_a_rule_and_every_score_both_ways_to_go(self, score: int) -> None:
        chance = Random(score)

        points = {RULES[next_step(score, chance)[0]][1] for _ in range(300)}

        assert min(points) < 0 < max(points)

    def test_the_past_is_past_and_in_order(self) -> None:
        at = now()

        moments = [deed.at for deed in past(people(Random(7)), Random(8), at)]

        assert moments == sorted(moments)
        assert moments[-1] < at


class TestTheFeed:
    async def test_leads_rise_and_fall_and_no_level_runs_empty(self, house: House, stage: Stage) -> None:
        since, naps = now(), Naps(200)

        with suppress(Enough):
            await feed(house, stage.workspace, stage.cast, Random(1), naps)

        moves = [change for change in await tier_changes(house, stage.workspace) if change.cause.at >= since]
        assert len(moves) > len(naps.taken) / 4  # one every few seconds
        assert {change.delta > 0 for change in moves} == {True, False}
        assert all(await pyramid(house, stage.workspace, Dimension.ENGAGEMENT))

    async def test_it_keeps_a_pace_that_can_be_followed(self, house: House, stage: Stage) -> None:
        naps = Naps(20)

        with suppress(Enough):
            await feed(house, stage.workspace, stage.cast, Random(2), naps)

        assert all(PACE[0] <= nap <= PACE[1] for nap in naps.taken)

    async def test_leads_that_were_deleted_stay_so(
        self, house: House, mongo: Mongo, workspace: Workspace, stage: Stage
    ) -> None:
        before = await contents_of(mongo, workspace)

        with suppress(Enough):
            await feed(house, workspace, stage.cast, Random(3), Naps(3))

        assert await contents_of(mongo, workspace) == before

    async def test_each_tier_change_is_told_in_a_line_that_says_why(
        self, mongo_uri: str, stage: Stage
    ) -> None:
        screen = Screen("Met at the fair")
        by_hand = AdjustScore(ACTOR, Dimension.ENGAGEMENT, 1_000, "Met at the fair")
        settings = Settings(mongo_uri=SecretStr(mongo_uri), mongo_database=DATABASE)
        async with open_house(settings) as house:
            telling = asyncio.create_task(narrate(house, stage.workspace, Console(file=screen)))
            await asyncio.sleep(0)
            with suppress(Enough):
                await feed(house, stage.workspace, stage.cast, Random(4), Naps(20))
            coldest = (await leads_of(house, stage.workspace))[-1]
            person = next(each for each in stage.cast if each.external_id == coldest.external_id)
            await house.ledger.apply(stage.workspace.id, person.ref, by_hand)
            await asyncio.wait_for(screen.heard.wait(), WAIT)
            telling.cancel()
            await asyncio.wait([telling])

        lines = screen.getvalue().splitlines()
        assert len(lines) > 3
        assert all(re.match(r"\d\d:\d\d:\d\d  \S.+, .+ → .+ \d+  \S.* [+-]\d+$", line) for line in lines)
        assert f"{person.name}, {person.company}" in lines[-1]
        assert re.search(r"Cold +→ Very Hot +1\d\d\d  Met at the fair \+1000$", lines[-1])
