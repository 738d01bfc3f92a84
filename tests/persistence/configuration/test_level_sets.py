"""Level sets: numbered, never overwritten, reverted by repeating, and walked from the newest on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.context import House
from domain.actors import Workspace
from domain.errors import DomainError, Fault, InvalidInput, LevelsOverlap, NotFound, VersionConflict
from domain.levels import Dimension, Level, added, removed, updated
from persistence import pages
from persistence.mongo import Mongo
from tests.persistence.configuration.edits import current, named, names
from tests.persistence.conftest import MakeHouse
from tests.persistence.given import ADA, COLD, ENGAGEMENT, HOT, PROFILE, WARM, editor, set_levels, written


@pytest.mark.parametrize("dimension", Dimension)
async def test_a_new_workspace_has_an_empty_level_set_of_version_0(
    house: House, workspace: Workspace, dimension: Dimension
) -> None:
    level_set = await house.configuration.level_set(workspace.id, dimension, 0)

    assert (level_set.version, level_set.levels, level_set.dimension) == (0, (), dimension)
    assert await current(house, workspace, dimension) == level_set


async def test_versions_count_up_in_each_dimension_by_itself(house: House, workspace: Workspace) -> None:
    made = [
        await set_levels(house, workspace.id, HOT, dimension=dimension)
        for dimension in (ENGAGEMENT, ENGAGEMENT, PROFILE, ENGAGEMENT, PROFILE)
    ]

    assert [level_set.version for level_set in made] == [1, 2, 1, 3, 2]
    assert (await current(house, workspace)).version == 3
    assert (await current(house, workspace, PROFILE)).version == 2


async def test_a_level_set_tells_who_made_it_when_and_why(
    house: House, make_house: MakeHouse, workspace: Workspace
) -> None:
    by = editor("after the fair")

    made, _ = await house.level_sets.change(workspace.id, ENGAGEMENT, lambda rows: added(rows, HOT), by)

    assert (made.created_by, made.created_at, made.comment) == (ADA, by.at, "after the fair")
    assert made.reverted_from is None
    assert await make_house().configuration.level_set(workspace.id, ENGAGEMENT, 1) == made


async def test_each_edit_is_made_upon_the_last(house: House, workspace: Workspace) -> None:
    edits: list[Callable[[tuple[Level, ...]], tuple[Level, ...]]] = [
        lambda rows: added(rows, HOT),
        lambda rows: added(rows, COLD),
        lambda rows: updated(rows, "cold", Level("Frozen", None, 24)),
        lambda rows: removed(rows, "HOT"),
    ]

    made = [(await house.level_sets.change(workspace.id, ENGAGEMENT, edit, editor()))[0] for edit in edits]

    assert [names(level_set) for level_set in made] == [
        ["Hot"],
        ["Cold", "Hot"],
        ["Frozen", "Hot"],
        ["Frozen"],
    ]


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        (lambda rows: added(rows, HOT), InvalidInput),
        (lambda rows: added(rows, Level("Late", 20, 30)), LevelsOverlap),
        (lambda rows: removed(rows, "Nobody"), NotFound),
    ],
)
async def test_a_refused_edit_of_the_levels_writes_nothing(
    house: House, mongo: Mongo, workspace: Workspace, edit: Any, refusal: type[DomainError]
) -> None:
    await set_levels(house, workspace.id, COLD, HOT)
    before = await written(mongo, workspace.id)

    with pytest.raises(refusal):
        await house.level_sets.change(workspace.id, ENGAGEMENT, edit, editor())

    assert await written(mongo, workspace.id) == before


async def test_a_comment_out_of_bounds_writes_nothing(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    before = await written(mongo, workspace.id)

    with pytest.raises(InvalidInput):
        await house.level_sets.change(workspace.id, ENGAGEMENT, lambda _: (HOT,), editor("x" * 1_001))

    assert await written(mongo, workspace.id) == before


async def test_an_edit_of_levels_that_are_as_expected_is_made(house: House, workspace: Workspace) -> None:
    await set_levels(house, workspace.id, COLD, expected=0)
    made = await set_levels(house, workspace.id, HOT, expected=1)

    assert made.version == 2


@pytest.mark.parametrize("expected", [0, 2, -1])
async def test_an_edit_of_levels_that_are_not_as_expected_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, expected: int
) -> None:
    await set_levels(house, workspace.id, COLD)
    before = await written(mongo, workspace.id)

    with pytest.raises(VersionConflict) as refusal:
        await set_levels(house, workspace.id, HOT, expected=expected)

    assert (refusal.value.expected, refusal.value.current) == (expected, 1)
    assert await written(mongo, workspace.id) == before


async def test_a_revert_repeats_the_old_table_and_names_its_version(
    house: House, workspace: Workspace
) -> None:
    first = await set_levels(house, workspace.id, COLD, HOT)
    await set_levels(house, workspace.id, WARM)

    made, _ = await house.level_sets.revert(workspace.id, ENGAGEMENT, 1, editor("back"))

    assert (made.version, made.reverted_from, made.comment) == (3, 1, "back")
    assert made.levels == first.levels
    assert await current(house, workspace) == made


async def test_a_revert_to_the_beginning_empties_the_table(house: House, workspace: Workspace) -> None:
    await set_levels(house, workspace.id, COLD, HOT)

    made, _ = await house.level_sets.revert(workspace.id, ENGAGEMENT, 0, editor())

    assert (made.version, made.levels, made.reverted_from) == (2, (), 0)


@pytest.mark.parametrize("version", [2, 99, -1])
async def test_a_revert_to_an_unknown_version_is_refused(
    house: House, mongo: Mongo, workspace: Workspace, version: int
) -> None:
    await set_levels(house, workspace.id, COLD)
    before = await written(mongo, workspace.id)

    with pytest.raises(NotFound):
        await house.level_sets.revert(workspace.id, ENGAGEMENT, version, editor())

    assert await written(mongo, workspace.id) == before


async def test_a_revert_of_levels_that_are_not_as_expected_is_refused(
    house: House, mongo: Mongo, workspace: Workspace
) -> None:
    await set_levels(house, workspace.id, COLD)
    await set_levels(house, workspace.id, HOT)
    before = await written(mongo, workspace.id)

    with pytest.raises(VersionConflict):
        await house.level_sets.revert(workspace.id, ENGAGEMENT, 1, editor(expected=1))

    assert await written(mongo, workspace.id) == before


@pytest.mark.parametrize("version", [2, -1, 2**63, -(2**70)])
async def test_an_unknown_level_set_is_not_found(house: House, workspace: Workspace, version: int) -> None:
    await set_levels(house, workspace.id, COLD)

    with pytest.raises(NotFound):
        await house.configuration.level_set(workspace.id, ENGAGEMENT, version)


async def test_the_history_of_levels_is_walked_from_the_newest_on(house: House, workspace: Workspace) -> None:
    for number in range(5):
        await set_levels(house, workspace.id, named(number))
    await set_levels(house, workspace.id, HOT, dimension=PROFILE)
    versions, after = [], None

    while True:
        page = await house.level_sets.page(workspace.id, ENGAGEMENT, 4, after)
        versions.append([edge.node.version for edge in page.edges])
        assert page.has_previous is (after is not None)
        if not page.has_next:
            break
        after = page.edges[-1].cursor
        await set_levels(house, workspace.id, HOT)  # a newer one does not move the walk

    assert versions == [[5, 4, 3, 2], [1, 0]]


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        pages.encode("ENGAGEMENT_SCORE -1", 1, "x", 1, 1),
        pages.encode("3"),
        pages.encode(3, 4),
        pages.encode(2**63),
    ],
)
async def test_a_cursor_of_another_list_is_refused(house: House, workspace: Workspace, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await house.level_sets.page(workspace.id, ENGAGEMENT, 4, cursor)

    assert [problem.fault for problem in refusal.value.problems] == [Fault.MALFORMED_CURSOR]
