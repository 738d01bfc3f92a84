"""What holds whatever happens: under any activities and adjustments, any rules and any edits of the levels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.changes import Change
from domain.history import CauseKind, ScoreChange, Suppression
from domain.leads import Lead
from domain.levels import Dimension
from domain.rules import Rule
from domain.scoring import Outcome, Scoring
from tests.domain.builders import NOW, Reclassify, fold, recorded
from tests.domain.strategies import KINDS, OPEN, SCORE, Step, changes, ends, leads, moving, scorings, steps


def reason_of(rule: Rule) -> Suppression:
    """The one reason there can be for a rule to give less than it pays."""
    if not rule.is_enabled:
        return Suppression.RULE_DISABLED
    return Suppression.FLOOR if rule.points < 0 else Suppression.CEILING


def outcomes(lead: Lead, steps: list[Step]) -> list[Outcome]:
    """What each step made of the lead that the one before had left."""
    found: list[Outcome] = []
    for change, under in steps:
        found.append(fold(found[-1].lead if found else lead, change, under, NOW))
    return found


def entries_of(outcome: Outcome) -> list[ScoreChange]:
    """Every entry of one step, in order."""
    return [*outcome.told, *outcome.changes]


def run(lead: Lead, steps: list[Step]) -> tuple[list[Lead], list[ScoreChange]]:
    """The lead as it was after each step, from the first on, and every entry made."""
    found = outcomes(lead, steps)
    return [lead, *(each.lead for each in found)], [entry for each in found for entry in entries_of(each)]


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

    for entry in entries_of(outcome):
        level = under.levels[entry.dimension].level_of(entry.after.score)
        assert entry.after.level == (level.name if level else None)
        assert entry.after.level_set == under.levels[entry.dimension].version


@OPEN
@given(leads(), steps())
def test_since_moves_with_the_tier_and_with_nothing_else(lead: Lead, steps: list[Step]) -> None:
    since = {dimension: lead.standing(dimension).since for dimension in Dimension}
    for outcome in outcomes(lead, steps):
        for entry in (entry for entry in entries_of(outcome) if entry.tier_changed):
            edited = outcome.scoring.levels[entry.dimension].created_at
            since[entry.dimension] = edited if entry in outcome.told else NOW

        assert {dimension: outcome.lead.standing(dimension).since for dimension in Dimension} == since


@OPEN
@given(leads(), steps())
def test_versions_rise_by_one_and_every_entry_bears_its_lead_s(lead: Lead, steps: list[Step]) -> None:
    seen, entries = run(lead, steps)

    for before, (change, _), outcome in zip(seen, steps, outcomes(lead, steps), strict=False):
        rose = list(range(before.version + 1, outcome.lead.version + 1))
        if entries_of(outcome):
            assert [entry.version for entry in entries_of(outcome)] == rose
        else:
            assert len(rose) == (not isinstance(change, Reclassify))
    assert len({entry.id for entry in entries}) == len(entries)
    assert {entry.version for entry in entries} <= set(range(2, seen[-1].version + 1))


@OPEN
@given(leads(), steps())
def test_what_an_edit_of_the_levels_did_is_told_once_and_under_no_other_cause(
    lead: Lead, steps: list[Step]
) -> None:
    for outcome in outcomes(lead, steps):
        for entry in outcome.told:
            assert (entry.cause.kind, entry.delta, entry.parts) == (CauseKind.LEVELS_CHANGED, 0, ())
            assert entry.tier_changed
        for entry in outcome.changes:
            in_force = outcome.scoring.position(entry.dimension, entry.before.score)
            assert entry.cause.kind is not CauseKind.LEVELS_CHANGED
            assert entry.before.in_level_of(in_force)


@OPEN
@given(leads(), changes(), scorings(), st.sampled_from(Dimension))
def test_a_lead_told_its_level_is_not_told_it_again(
    lead: Lead, change: Change, under: Scoring, dimension: Dimension
) -> None:
    told = fold(fold(lead, change, under, NOW).lead, Reclassify(dimension), under, NOW).lead
    again = fold(told, Reclassify(dimension), under, NOW)

    assert told.standing(dimension).announced.in_level_of(
        under.position(dimension, told.standing(dimension).score)
    )
    assert again == Outcome(told, under)


@OPEN
@given(leads(), moving(), scorings())
def test_a_change_moves_points_alike_whether_the_levels_were_told_before_it_or_not(
    lead: Lead, change: Change, under: Scoring
) -> None:
    at_once = fold(lead, change, under, NOW)

    for entry in at_once.changes:
        told = fold(lead, Reclassify(entry.dimension), under, NOW)
        after = fold(told.lead, change, under, NOW)
        assert (at_once.told, at_once.changes) == (told.told, after.changes)
        assert (at_once.lead, after.told) == (after.lead, ())


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
    for entry in fold(lead, recorded(kind), under, NOW).changes:
        enabled = (rule for rule in under.rules.triggered_by(kind) if rule.is_enabled)
        wanted = entry.before.score + sum(rule.points for rule in enabled)
        assert entry.after.score == under.rules.allowed(entry.before.score, wanted)
