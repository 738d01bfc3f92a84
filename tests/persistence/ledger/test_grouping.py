"""Scoring comes to the same however changes are grouped into commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.changes import AdjustScore, Change
from domain.leads import Lead, LeadRef, RefKind
from domain.scoring import Outcome, Scoring, scheduled
from persistence.batch import Batch
from tests.domain.builders import CREATED, a_lead
from tests.domain.strategies import OPEN
from tests.domain.test_time_properties import HOUR, WEEKS, clockworks, happenings

NOW = CREATED + WEEKS * HOUR
LEADS = 3


def committed(
    leads: Sequence[Lead], changes: Sequence[tuple[int, Change]], under: Scoring
) -> tuple[list[Lead], list[dict[str, Any]]]:
    """The leads after one batch, and the entries that it would write."""
    batch = Batch("workspace", under, leads, {}, NOW)
    after = {lead.id: lead for lead in leads}
    for number, change in changes:
        outcome = batch.apply((LeadRef(RefKind.ID, leads[number].id), change))
        assert isinstance(outcome, Outcome)
        after[outcome.lead.id] = outcome.lead
    return list(after.values()), batch.score_changes


def for_good(change: Change) -> Change:
    """What was given until a moment that is over now would be refused, in whatever group."""
    return replace(change, expires_at=None) if isinstance(change, AdjustScore) else change


@OPEN
@given(st.data(), happenings(), clockworks())
def test_one_batch_comes_to_what_several_come_to(
    data: st.DataObject, happenings: list[tuple[Any, Change]], under: Scoring
) -> None:
    began = scheduled(a_lead(0, 0, under), under, CREATED)
    leads = [replace(began, id=f"lead {number}") for number in range(LEADS)]
    whose = data.draw(st.lists(st.integers(0, LEADS - 1), min_size=len(happenings), max_size=len(happenings)))
    changes = list(zip(whose, [for_good(each) for _, each in happenings], strict=True))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(changes)))) | {0, len(changes)})

    together, entries = committed(leads, changes, under)
    apart, told = leads, []
    for begin, end in pairwise(cuts):
        apart, more = committed(apart, changes[begin:end], under)
        told += more

    assert (apart, told) == (together, entries)
