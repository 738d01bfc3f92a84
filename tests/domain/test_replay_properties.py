"""Replay and scoring as it happens come to the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.changes import AdjustScore, RecordActivity
from domain.history import Cause, CauseKind
from domain.leads import Lead
from domain.levels import Dimension
from domain.scoring import Adjusted, Past, Scoring, replayed, rescored, scheduled
from tests.domain.builders import ADA, CREATED, a_lead
from tests.domain.strategies import OPEN
from tests.domain.test_time_properties import HOUR, WEEKS, Happening, clockworks, happenings, lived

UNTIL = CREATED + 2 * WEEKS * HOUR
RETRACTION = Cause(CauseKind.RETRACTION, ADA, UNTIL)


def past_of(happenings: Iterable[Happening]) -> Past:
    activities = [
        replace(change.activity, id=f"activity {number}")
        for number, (_, change) in enumerate(happenings)
        if isinstance(change, RecordActivity)
    ]
    adjustments = [
        Adjusted(at, change.dimension, change.asked)
        for at, change in happenings
        if isinstance(change, AdjustScore)
    ]
    return Past(activities, adjustments)


def apart(happenings: list[Happening]) -> list[Happening]:
    """One thing at a time."""
    return list({at: (at, change) for at, change in happenings}.values())


def begun(under: Scoring) -> Lead:
    return scheduled(a_lead(0, 0, under), under, CREATED)


@OPEN
@given(happenings().map(apart), clockworks())
def test_replay_comes_to_what_scoring_came_to_as_it_happened(
    happenings: list[Happening], under: Scoring
) -> None:
    lead, _ = lived(begun(under), happenings, under, UNTIL)

    anew = replayed(lead, past_of(happenings), under, [under.rules], UNTIL)

    for dimension in Dimension:
        one, other = lead.standing(dimension), anew.standing(dimension)
        assert (one.contributions, one.score) == (other.contributions, other.score)
    assert lead.last_activity_at == anew.last_activity_at
    outcome = rescored(lead, past_of(happenings), Dimension, under, [under.rules], RETRACTION)
    assert outcome.changes == outcome.told == ()


@OPEN
@given(happenings().map(apart), clockworks(), st.data())
def test_what_is_retracted_is_as_if_it_had_never_been(
    happenings: list[Happening], under: Scoring, data: st.DataObject
) -> None:
    gone = data.draw(st.sets(st.sampled_from(range(len(happenings))))) if happenings else set()
    left = [each for number, each in enumerate(happenings) if number not in gone]
    lead, _ = lived(begun(under), happenings, under, UNTIL)
    wanted, _ = lived(begun(under), left, under, UNTIL)

    outcome = rescored(lead, past_of(left), Dimension, under, [under.rules], RETRACTION)

    for dimension in Dimension:
        one, other = outcome.lead.standing(dimension), wanted.standing(dimension)
        assert (one.contributions, one.score) == (other.contributions, other.score)
        (*more, entry) = [None, *(each for each in outcome.changes if each.dimension is dimension)]
        assert len(more) <= 1
        if entry:
            assert entry.delta == other.score - lead.standing(dimension).score
            assert sum(part.points for part in entry.parts) == entry.delta
    assert outcome.lead.due_at == wanted.due_at
