"""What the caller of a bulk is told when the database went away in the middle of it."""

from __future__ import annotations

import pytest

from api.context import House
from domain.actors import Workspace
from domain.changes import AdjustScore
from domain.errors import Fault, InvalidInput, LeadNotFound
from domain.leads import LeadRef, RefKind
from domain.levels import Dimension
from domain.scoring import Outcome
from persistence.ledger import _told
from persistence.mongo import OutcomeUnknown, Unreachable
from tests.conftest import ACTOR
from tests.domain.builders import a_lead, scoring

DONE = Outcome(a_lead(), scoring())
REFUSED = LeadNotFound(LeadRef(RefKind.ID, "nobody"))


def test_a_bulk_of_which_nothing_was_written_may_be_sent_again() -> None:
    with pytest.raises(Unreachable):
        list(_told([Unreachable("away"), REFUSED, Unreachable("away")]))


def test_a_bulk_of_which_a_part_was_written_is_not_said_to_be_unwritten() -> None:
    with pytest.raises(OutcomeUnknown):
        list(_told([DONE, Unreachable("away")]))


def test_a_bulk_without_trouble_is_told_item_by_item() -> None:
    assert list(_told([DONE, REFUSED])) == [DONE, REFUSED]


@pytest.mark.parametrize(("dimension", "delta"), [(Dimension.PROFILE, 5), (Dimension.ENGAGEMENT, 7)])
async def test_the_key_of_an_adjustment_stands_for_no_other(
    house: House, workspace: Workspace, dimension: Dimension, delta: int
) -> None:
    ref = LeadRef(RefKind.EXTERNAL_ID, "crm-1")
    first = AdjustScore(ACTOR, Dimension.ENGAGEMENT, 5, key="k")
    await house.ledger.apply(workspace.id, ref, first)

    with pytest.raises(InvalidInput) as refusal:
        await house.ledger.apply(workspace.id, ref, AdjustScore(ACTOR, dimension, delta, key="k"))

    assert [problem.fault for problem in refusal.value.problems] == [Fault.KEY_REUSED]
    assert (await house.ledger.apply(workspace.id, ref, first)).lead.version == 1
