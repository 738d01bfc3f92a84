"""What holds whatever happens: under any activities and adjustments, any rules and any levels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import bounds
from domain.changes import Change
from domain.errors import LevelsOverlap
from domain.history import ScoreChange, Suppression
from domain.leads import Lead, LeadEdit
from domain.levels import Dimension, Level, table
from domain.rules import Rule
from domain.scoring import Scoring, fold
from tests.domain.builders import NOW, a_lead, a_level_set, a_rule, adjusted, recorded, scoring

KINDS = ("LINK_CLICKED", "EMAIL_OPENED", "FORM_SUBMITTED")
SCORE = 2_000_000_000
NEAR_ZERO = range(-11, 12)  # reaches past every bound of levels_near_zero
OPEN = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no failure

ANYWHERE = st.integers(-300, 300) | st.integers(-SCORE, SCORE)

Step = tuple[Change, Scoring]
Ends = st.SearchStrategy[int | None]


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
def level_tables(draw: st.DrawFn) -> tuple[Level, ...]:
    """Up to four levels, touching or with gaps, open at either end or not."""
    cuts: list[int | None] = [*sorted(draw(st.sets(st.integers(-100, 200), max_size=8)))]
    open_low, open_high = draw(st.tuples(st.booleans(), st.booleans()))
    names = draw(st.permutations(["Cold", "Warm", "Hot", "Very Hot"]))
    rows = [Level(*row) for row in zip(names, cuts[::2], cuts[1::2], strict=False)]
    if rows and open_low:
        rows[0] = replace(rows[0], min=None)
    if rows and open_high:
        rows[-1] = replace(rows[-1], max=None)
    return table(rows)


@st.composite
def scorings(draw: st.DrawFn, floors: Ends = FLOORS, ceilings: Ends = CEILINGS) -> Scoring:
    version = draw(st.integers(1, 9))
    return scoring(
        *draw(rule_lists()),
        floor=draw(floors),
        ceiling=draw(ceilings),
        engagement=a_level_set(draw(level_tables()), version),
        profile=a_level_set(draw(level_tables()), version, Dimension.PROFILE),
    )


def changes() -> st.SearchStrategy[Change]:
    return st.builds(recorded, st.sampled_from(KINDS)) | st.builds(
        adjusted, points(), st.sampled_from(Dimension)
    )


def steps(floors: Ends = FLOORS, ceilings: Ends = CEILINGS) -> st.SearchStrategy[list[Step]]:
    """Changes, each under rules and levels of its own."""
    return st.lists(st.tuples(changes(), scorings(floors, ceilings)), max_size=8)


def leads(scores: st.SearchStrategy[int] = ANYWHERE) -> st.SearchStrategy[Lead]:
    return st.builds(a_lead, scores, scores)


def levels_near_zero() -> st.SearchStrategy[Level]:
    levels = st.builds(Level, st.uuids().map(str), ends(-9, 9), ends(-9, 9))
    return levels.filter(lambda level: level.low <= level.high)


def overlap(levels: list[Level]) -> LevelsOverlap | None:
    try:
        table(levels)
    except LevelsOverlap as refusal:
        return refusal
    return None


def reason_of(rule: Rule) -> Suppression:
    """The one reason there can be for a rule to give less than it pays."""
    if not rule.is_enabled:
        return Suppression.RULE_DISABLED
    return Suppression.FLOOR if rule.points < 0 else Suppression.CEILING


def run(lead: Lead, steps: list[Step]) -> tuple[list[Lead], list[ScoreChange]]:
    """The lead as it was after each step, from the first on, and every entry made."""
    seen = [lead]
    entries: list[ScoreChange] = []
    for change, under in steps:
        outcome = fold(seen[-1], change, under, NOW)
        seen.append(outcome.lead)
        entries += outcome.changes
    return seen, entries


def of(dimension: Dimension, entries: list[ScoreChange]) -> list[ScoreChange]:
    return [entry for entry in entries if entry.dimension is dimension]


@OPEN
@given(leads(), steps())
def test_a_score_is_the_sum_of_its_history(lead: Lead, steps: list[Step]) -> None:
    seen, entries = run(lead, steps)

    for dimension in Dimension:
        gained = sum(entry.delta for entry in of(dimension, entries))
        assert seen[-1].standing(dimension).score == lead.standing(dimension).score + gained


@OPEN
@given(leads(), steps())
def test_contributions_sum_to_the_score_after_every_change(lead: Lead, steps: list[Step]) -> None:
    seen, _ = run(lead, steps)

    for each in seen:
        for standing in (each.engagement, each.profile):
            assert sum(given.points for given in standing.contributions.values()) == standing.score


@OPEN
@given(leads(), steps())
def test_the_parts_of_an_entry_sum_to_its_delta(lead: Lead, steps: list[Step]) -> None:
    _, entries = run(lead, steps)

    assert all(sum(part.points for part in entry.parts) == entry.delta for entry in entries)


@OPEN
@given(leads(), steps())
def test_entries_join_without_gaps(lead: Lead, steps: list[Step]) -> None:
    seen, entries = run(lead, steps)

    for dimension in Dimension:
        own = of(dimension, entries)
        path = [lead.standing(dimension).announced, *(entry.after for entry in own)]
        assert [entry.before for entry in own] == path[:-1]
        assert seen[-1].standing(dimension).announced == path[-1]


@OPEN
@given(leads(), changes(), scorings())
def test_an_entry_announces_the_level_that_the_score_lies_in(
    lead: Lead, change: Change, under: Scoring
) -> None:
    outcome = fold(lead, change, under, NOW)

    for entry in outcome.changes:
        level = under.levels[entry.dimension].level_of(outcome.lead.standing(entry.dimension).score)
        assert entry.after.level == (level.name if level else None)
        assert entry.after.level_set == under.levels[entry.dimension].version


@OPEN
@given(leads(), steps())
def test_since_moves_with_the_tier_and_with_nothing_else(lead: Lead, steps: list[Step]) -> None:
    seen, entries = run(lead, steps)

    for dimension in Dimension:
        changed = any(entry.tier_changed for entry in of(dimension, entries))
        assert seen[-1].standing(dimension).since == (NOW if changed else lead.standing(dimension).since)


@OPEN
@given(leads(), steps())
def test_versions_rise_by_one_and_every_entry_bears_its_lead_s(lead: Lead, steps: list[Step]) -> None:
    seen, entries = run(lead, steps)

    assert [each.version for each in seen] == list(range(1, len(steps) + 2))
    assert len({entry.id for entry in entries}) == len(entries)
    assert {entry.version for entry in entries} <= {each.version for each in seen[1:]}


@OPEN
@given(st.data(), ends(-500, 0), ends(0, 500))
def test_a_lead_that_began_between_floor_and_ceiling_stays_there(
    data: st.DataObject, floor: int | None, ceiling: int | None
) -> None:
    low, high = (-SCORE if floor is None else floor), (SCORE if ceiling is None else ceiling)
    lead = data.draw(leads(st.integers(low, high)))
    seen, _ = run(lead, data.draw(steps(st.just(floor), st.just(ceiling))))

    assert all(low <= each.standing(dimension).score <= high for each in seen for dimension in Dimension)


@OPEN
@given(leads(), changes(), scorings(ends(-100, 100), ends(100, 300)))
def test_no_change_moves_a_score_further_out(lead: Lead, change: Change, under: Scoring) -> None:
    _, entries = run(lead, [(change, under)])

    floor = -SCORE if under.rules.floor is None else under.rules.floor
    ceiling = SCORE if under.rules.ceiling is None else under.rules.ceiling
    for entry in entries:
        assert min(floor, entry.before.score) <= entry.after.score <= max(ceiling, entry.before.score)


@OPEN
@given(
    leads(st.sampled_from([-SCORE, -SCORE + 1, 0, SCORE - 1, SCORE])),
    steps(st.none(), st.none()),
)
def test_no_score_ever_passes_two_thousand_million(lead: Lead, steps: list[Step]) -> None:
    seen, _ = run(lead, steps)

    assert all(abs(each.standing(dimension).score) <= SCORE for each in seen for dimension in Dimension)


@OPEN
@given(leads(), st.sampled_from(KINDS), scorings())
def test_a_part_gives_what_its_rule_pays_or_says_why_it_gave_less(
    lead: Lead, kind: str, under: Scoring
) -> None:
    _, entries = run(lead, [(recorded(kind), under)])

    for part in (part for entry in entries for part in entry.parts):
        rule = under.rules.rule(part.rule_id or "")
        assert rule is not None
        assert min(rule.points, 0) <= part.points <= max(rule.points, 0)
        assert (part.points == rule.points) == (part.suppressed is None)
        assert part.suppressed in (None, reason_of(rule))


@OPEN
@given(leads(), st.sampled_from(KINDS), scorings())
def test_floor_and_ceiling_take_no_more_than_they_must(lead: Lead, kind: str, under: Scoring) -> None:
    _, entries = run(lead, [(recorded(kind), under)])

    for entry in entries:
        enabled = (rule for rule in under.rules.triggered_by(kind) if rule.is_enabled)
        wanted = entry.before.score + sum(rule.points for rule in enabled)
        assert entry.after.score == under.rules.allowed(entry.before.score, wanted)


@OPEN
@given(level_tables(), st.integers(-150, 250))
def test_every_score_lies_in_one_level_or_in_one_gap(levels: tuple[Level, ...], score: int) -> None:
    level_set = a_level_set(levels)
    holding = [level for level in levels if score in level.range]
    gaps = [gap for gap in level_set.gaps if score in gap]

    assert len(holding) + len(gaps) == 1
    assert level_set.level_of(score) == (holding[0] if holding else None)


@OPEN
@given(st.lists(levels_near_zero(), max_size=4))
def test_a_table_is_refused_exactly_when_two_levels_claim_a_score(levels: list[Level]) -> None:
    claims = [sum(score in level.range for level in levels) for score in NEAR_ZERO]

    assert (overlap(levels) is not None) == any(count > 1 for count in claims)


@OPEN
@given(levels_near_zero(), levels_near_zero())
def test_the_contested_scores_are_those_that_both_levels_claim(one: Level, two: Level) -> None:
    refusal = overlap([one, two])

    contested = [score for score in NEAR_ZERO if refusal and score in refusal.contested]
    assert contested == [score for score in NEAR_ZERO if score in one.range and score in two.range]


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Anything a JSON parser may give, and what none should: infinities, half surrogate pairs, any name."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats()
    texts = st.text(st.characters(exclude_categories=()), max_size=5)

    def inner(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(values, max_size=3) | st.dictionaries(texts, values, max_size=3)

    return st.dictionaries(texts, st.recursive(leaves | texts, inner, max_leaves=20), max_size=4)


@OPEN
@given(documents())
def test_an_accepted_document_comes_back_from_json_as_it_was(value: dict[str, Any]) -> None:
    refused = list(bounds.document(("here",), value))

    assert refused or json.loads(json.dumps(value, ensure_ascii=False).encode()) == value


@OPEN
@given(
    st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 3)),
    st.lists(st.sampled_from(["a", " a", "b", "c "])),
    st.lists(st.sampled_from(["a", "b ", "d"])),
)
def test_an_edit_made_twice_is_the_edit_made_once(
    attributes: dict[str, int | None], add: list[str], remove: list[str]
) -> None:
    edit = LeadEdit(attributes=attributes, add_tags=tuple(add), remove_tags=tuple(remove))
    once = edit.applied(a_lead())

    assert edit.applied(once) == once
