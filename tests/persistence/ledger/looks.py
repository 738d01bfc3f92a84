"""What a test looks at: a lead that there must be, and the one fault of a refusal."""

from __future__ import annotations

from api.context import House
from domain.actors import Workspace
from domain.errors import DomainError, Fault, InvalidInput
from domain.leads import Lead, LeadRef
from domain.scoring import Outcome


async def the_lead(house: House, workspace: Workspace, ref: LeadRef) -> Lead:
    lead = await house.leads.find(workspace.id, ref)
    assert lead is not None
    return lead


def fault_of(result: Outcome | DomainError) -> tuple[tuple[str, ...], Fault]:
    """Where the one problem stands, and what it is."""
    assert isinstance(result, InvalidInput), result
    (problem,) = result.problems
    return problem.path, problem.fault
