"""Leads are counted by their scores as they are, in either dimension and in one workspace only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

import persistence.scores
from api.context import House
from domain.actors import Workspace
from domain.errors import InvalidInput
from domain.leads import Lead, Position, RefKind
from domain.levels import Dimension, Level, ScoreRange
from domain.stretches import stretches
from domain.suggestion import Cut, thresholds
from persistence.leads import Name
from persistence.mongo import Mongo
from tests.persistence.given import COLD, ENGAGEMENT, HOT, WARM, set_levels
from tests.persistence.leads.crowds import a_lead, store

EVERYTHING = ScoreRange(None, None)
BOTH = pytest.mark.parametrize("dimension", Dimension)
SEEDS = pytest.mark.parametrize("seed", range(5))


def some_leads(random: Random, count: int = 120) -> list[Lead]:
    """Scores that many share, below nought too, differently spread in each dimension."""
    return [
        a_lead(number, random.randrange(-20, 60), random.choice([0, 0, 0, 7, -3, 1_000]))
        for number in range(count)
    ]


def some_table(random: Random) -> tuple[Level, ...]:
    """A table with gaps at random, open at the ends or not."""
    count = random.randrange(5)
    bounds = sorted(random.sample(range(-30, 70), 2 * count))
    levels = [
        Level(f"L{at}", low, high, rank=at + 1)
        for at, (low, high) in enumerate(zip(bounds[::2], bounds[1::2], strict=True))
    ]
    if levels and random.random() < 0.5:
        levels[0] = replace(levels[0], min=None)
    if levels and random.random() < 0.5:
        levels[-1] = replace(levels[-1], max=None)
    return tuple(levels)


def scores_of(leads: Sequence[Lead], dimension: Dimension) -> list[int]:
    return sorted(lead.standing(dimension).score for lead in leads)


async def populated(mongo: Mongo, workspace: Workspace, other: Workspace, random: Random) -> list[Lead]:
    """Leads of ours, beside as many of somebody else's."""
    leads = some_leads(random)
    await store(mongo, workspace, *leads)
    await store(mongo, other, *some_leads(random))
    return leads


@SEEDS
@BOTH
async def test_counts_are_the_truth_whatever_the_tables(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace, dimension: Dimension, seed: int
) -> None:
    random = Random(f"{seed} counts")
    leads = await populated(mongo, workspace, other, random)
    scores = scores_of(leads, dimension)
    cut = stretches(some_table(random), some_table(random))

    counts = await house.scores.counts(workspace.id, dimension, cut)

    assert counts == {each: sum(score in each.scores for score in scores) for each in cut}
    assert list(counts) == list(cut)
    assert sum(counts.values()) == len(leads)


@BOTH
@pytest.mark.parametrize(
    "bounds", [(None, None), (0, 0), (None, -1), (7, None), (-3, 7), (5_000, None), (8, 3)]
)
async def test_a_count_takes_in_both_bounds(
    house: House,
    mongo: Mongo,
    workspace: Workspace,
    other: Workspace,
    dimension: Dimension,
    bounds: tuple[int | None, int | None],
) -> None:
    scores = scores_of(await populated(mongo, workspace, other, Random("bounds")), dimension)
    wanted = ScoreRange(*bounds)

    count = await house.scores.count(workspace.id, dimension, wanted)

    assert count == sum(score in wanted for score in scores)
    assert await house.scores.total(workspace.id, dimension) == len(scores)


@SEEDS
@BOTH
async def test_an_extent_is_from_the_lowest_score_there_is_to_the_highest(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace, dimension: Dimension, seed: int
) -> None:
    random = Random(f"{seed} extents")
    scores = scores_of(await populated(mongo, workspace, other, random), dimension)

    for stretch in stretches(some_table(random)):
        within = [score for score in scores if score in stretch.scores]
        expected = ScoreRange(within[0], within[-1]) if within else EVERYTHING
        assert await house.scores.extent(workspace.id, dimension, stretch.scores) == expected


@BOTH
async def test_a_spread_tells_how_many_have_each_level_and_where_those_without_lie(
    house: House, mongo: Mongo, workspace: Workspace, dimension: Dimension
) -> None:
    wide = Level("Low", 0, 9), Level("High", 20, 29)
    level_set = await set_levels(house, workspace.id, *wide, dimension=dimension)
    values = [-7, -2, 3, 12, 14, 14, 25]
    await store(mongo, workspace, *(a_lead(number, value, value) for number, value in enumerate(values)))

    spread = await house.scores.spread(workspace.id, level_set)

    names = [(each.levels[0] and each.levels[0].name, leads) for each, leads in spread.counts.items()]
    assert names == [(None, 2), ("Low", 1), (None, 3), ("High", 1), (None, 0)]
    assert dict(spread.extents) == {
        ScoreRange(None, -1): ScoreRange(-7, -2),
        ScoreRange(10, 19): ScoreRange(12, 14),
    }


@SEEDS
@BOTH
async def test_thresholds_part_the_leads_of_a_workspace_as_the_shares_ask(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace, dimension: Dimension, seed: int
) -> None:
    """As if every score had been read, leads of one score staying together."""
    scores = scores_of(await populated(mongo, workspace, other, Random(f"{seed} cuts")), dimension)
    names, shares = ("Cold", "Warm", "Hot", "Very Hot"), (0.4, 0.3, 0.2, 0.1)
    expected = thresholds(names, shares, len(scores))
    while (place := expected.place) is not None:
        expected = expected.cut(a_cut(scores, place))

    assert await house.scores.thresholds(workspace.id, dimension, names, shares) == expected


def a_cut(scores: list[int], place: int) -> Cut:
    score = scores[place]
    return Cut(score, sum(s < score for s in scores), sum(s <= score for s in scores))


@BOTH
async def test_thresholds_of_leads_evenly_spread_lie_where_the_shares_say(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace, dimension: Dimension
) -> None:
    await store(mongo, workspace, *(a_lead(number, number, number) for number in range(100)))
    names, shares = ("Cold", "Warm", "Hot"), (0.5, 0.3, 0.2)

    found = await house.scores.thresholds(workspace.id, dimension, names, shares)
    none = await house.scores.thresholds(other.id, dimension, names, shares)

    assert (found.starts, found.total) == ((50, 80), 100)
    assert (none.starts, none.total) == ((), 0)


async def test_shares_that_are_no_whole_are_refused(house: House, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput):
        await house.scores.thresholds(workspace.id, ENGAGEMENT, ("Cold", "Hot"), (0.5, 0.2))


@BOTH
async def test_a_sample_is_of_the_lowest_scores_wanted_and_bounded(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace, dimension: Dimension
) -> None:
    leads = await populated(mongo, workspace, other, Random("sample"))
    ranges = [ScoreRange(None, -2), ScoreRange(7, None)]
    by_score = sorted(leads, key=lambda lead: (lead.standing(dimension).score, lead.id))
    expected = [lead for each in ranges for lead in by_score if lead.standing(dimension).score in each]

    for limit in (1, 5, len(leads)):
        assert await house.scores.sample(workspace.id, dimension, ranges, limit) == expected[:limit]
    assert await house.scores.sample(workspace.id, dimension, [], 5) == []
    assert await house.scores.sample(workspace.id, dimension, [ScoreRange(5_000, None)], 5) == []


@SEEDS
async def test_the_matrix_counts_every_pair_of_levels(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace, seed: int
) -> None:
    random = Random(f"{seed} pairs")
    leads = await populated(mongo, workspace, other, random)
    tables = some_table(random), some_table(random)

    pairs = await house.scores.matrix(workspace.id, *tables)

    assert pairs == Counter(
        (level_in(tables[0], lead.engagement.score), level_in(tables[1], lead.profile.score))
        for lead in leads
    )


def level_in(levels: tuple[Level, ...], score: int) -> Level | None:
    return next((level for level in levels if score in level.range), None)


@BOTH
async def test_a_workspace_without_leads_counts_none(
    house: House, mongo: Mongo, workspace: Workspace, other: Workspace, dimension: Dimension
) -> None:
    await store(mongo, other, *some_leads(Random("theirs")))
    cut = stretches((COLD, WARM, HOT))

    assert set((await house.scores.counts(workspace.id, dimension, cut)).values()) == {0}
    assert await house.scores.total(workspace.id, dimension) == 0
    assert await house.scores.extent(workspace.id, dimension, EVERYTHING) == EVERYTHING
    assert await house.scores.matrix(workspace.id, (COLD,), (HOT,)) == {}


def announced(lead: Lead, dimension: Dimension, level: str | None) -> Lead:
    name = dimension.value.lower()
    standing = lead.standing(dimension)
    told = replace(standing, announced=Position(standing.score, level, 1))
    return replace(lead, **{name: told})  # type: ignore[arg-type]


@BOTH
@pytest.mark.parametrize("limit", [1, 7, 500])
@pytest.mark.parametrize(("portion", "stride"), [(1, 1), (4, 10), (5_000, 100_000)])
async def test_those_announced_otherwise_are_found_once_and_no_others(
    house: House,
    mongo: Mongo,
    workspace: Workspace,
    other: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    dimension: Dimension,
    limit: int,
    portion: int,
    stride: int,
) -> None:
    """Many of them with the same score, so that a portion ends among leads that are alike."""
    monkeypatch.setattr(persistence.scores, "PORTION", portion)
    monkeypatch.setattr(persistence.scores, "STRIDE", stride)
    random = Random("announced")
    leads = [
        announced(a_lead(n, n % 4, n % 3), dimension, random.choice(["Warm", "Hot", None])) for n in range(90)
    ]
    await store(mongo, workspace, *leads)
    await store(mongo, other, *(announced(each, dimension, "Cold") for each in some_leads(random)))
    table = (Level("Warm", None, 0), Level("Hot", 2, None))
    found: list[tuple[Name, ...]] = []

    for stretch in stretches((), table):
        walk = house.scores.announced_otherwise(workspace.id, dimension, stretch, limit)
        pages = [page async for page in walk]
        assert all(0 < len(page) <= limit for page in pages)
        found += [names for page in pages for names in page]

    wrong = [
        lead for lead in leads if lead.standing(dimension).announced.level != told(lead, table, dimension)
    ]
    assert sorted(found, key=str) == sorted(
        (((RefKind.ID, lead.id), (RefKind.EXTERNAL_ID, lead.external_id or "")) for lead in wrong), key=str
    )
    assert 10 < len(wrong) < 90


@BOTH
async def test_those_announced_otherwise_are_told_with_those_who_lie_beside_them(
    house: House, mongo: Mongo, workspace: Workspace, dimension: Dimension
) -> None:
    leads = [announced(a_lead(n, n % 4, n % 3), dimension, "Warm") for n in range(90)]
    await store(mongo, workspace, *leads)
    (stretch,) = stretches((Level("Hot", None, None),))

    walk = house.scores.announced_otherwise(workspace.id, dimension, stretch, 30)

    assert [names[0][1] async for page in walk for names in page] == sorted(lead.id for lead in leads)


def told(lead: Lead, table: tuple[Level, ...], dimension: Dimension) -> str | None:
    level = level_in(table, lead.standing(dimension).score)
    return level.name if level else None
