"""What hypothesis draws: leads, rules, levels and changes of any kind that the domain admits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from domain.changes import Change
from domain.leads import Lead
from domain.levels import Announce, Dimension, Level, LevelSet, table
from domain.rules import Rule
from domain.scoring import Scoring
from tests.domain.builders import (
    ADA,
    CREATED,
    GRACE,
    NOW,
    Event,
    Reclassify,
    a_lead,
    a_rule,
    adjusted,
    recorded,
    scoring,
)

KINDS = ("LINK_CLICKED", "EMAIL_OPENED", "FORM_SUBMITTED")
SCORE = 2_000_000_000
OPEN = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no failure

ANYWHERE = st.integers(-300, 300) | st.integers(-SCORE, SCORE)
MINUTES = (NOW - CREATED) // timedelta(minutes=1)

Step = tuple[Event, Scoring]
Ends = st.SearchStrategy[int | None]
Table = tuple[Level, ...]


def points() -> st.SearchStrategy[int]:
    return (st.integers(-60, 60) | st.integers(-1_000_000, 1_000_000)).filter(bool)


def rule_lists() -> st.SearchStrategy[list[Rule]]:
    ids = st.sampled_from([f"rule {number}" for number in range(8)])
    rule = st.builds(a_rule, points(), ids, st.sampled_from(KINDS), enabled=st.booleans())
    return st.lists(rule, max_size=6, unique_by=lambda rule: rule.id)


def ends(low: int, high: int) -> Ends:
    return st.none() | st.integers(low, high)


FLOORS, CEILINGS = ends(-100, 0), ends(0, 200)


@st.composite
def level_tables(draw: st.DrawFn) -> Table:
    """Up to four levels, touching or with gaps, open at either end or not, their names in any case."""
    cuts: list[int | None] = [*sorted(draw(st.sets(st.integers(-100, 200), max_size=8)))]
    open_low, open_high, touching = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    names = draw(st.permutations(["Cold", "Warm", "Hot", "Very Hot"]))
    case = draw(st.sampled_from([str.title, str.upper]))
    rows = [Level(*row) for row in zip(map(case, names), cuts[::2], cuts[1::2], strict=False)]
    if touching:
        rows = rows[:1] + [replace(upper, min=(lower.max or 0) + 1) for lower, upper in pairwise(rows)]
    if rows and open_low:
        rows[0] = replace(rows[0], min=None)
    if rows and open_high:
        rows[-1] = replace(rows[-1], max=None)
    return table(rows)


def level_sets(dimension: Dimension, version: int) -> st.SearchStrategy[LevelSet]:
    """Levels made at any time since leads began, by anybody, whoever is to hear of it."""
    return st.builds(
        LevelSet,
        st.just(dimension),
        st.just(version),
        level_tables(),
        st.integers(0, MINUTES - 1).map(lambda minutes: CREATED + timedelta(minutes=minutes)),
        st.sampled_from([ADA, GRACE]),
        st.sampled_from([None, "Quarterly review"]),
        announce=st.sampled_from(Announce),
    )


@st.composite
def scorings(draw: st.DrawFn, floors: Ends = FLOORS, ceilings: Ends = CEILINGS) -> Scoring:
    version = draw(st.integers(1, 9))
    return scoring(
        *draw(rule_lists()),
        floor=draw(floors),
        ceiling=draw(ceilings),
        engagement=draw(level_sets(Dimension.ENGAGEMENT, version)),
        profile=draw(level_sets(Dimension.PROFILE, version)),
    )


def moving() -> st.SearchStrategy[Change]:
    """Changes that may move a score."""
    return st.builds(recorded, st.sampled_from(KINDS)) | st.builds(
        adjusted, points(), st.sampled_from(Dimension)
    )


def changes() -> st.SearchStrategy[Event]:
    return moving() | st.builds(Reclassify, st.sampled_from(Dimension))


def steps(floors: Ends = FLOORS, ceilings: Ends = CEILINGS) -> st.SearchStrategy[list[Step]]:
    """Changes, each under rules and levels of its own."""
    return st.lists(st.tuples(changes(), scorings(floors, ceilings)), max_size=8)


def leads(scores: st.SearchStrategy[int] = ANYWHERE) -> st.SearchStrategy[Lead]:
    return st.builds(a_lead, scores, scores)
