"""What mutations answer: a payload, or the refusal that kept them from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from api.context import Context
from api.errors import refusal
from domain.bounds import BULK, count
from domain.errors import DomainError, refuse
from domain.scoring import Outcome
from persistence.batch import Item

Payload = TypeVar("Payload")


class Asked(Protocol):
    """One item of a bulk mutation's input."""

    def item(self, context: Context) -> Item: ...


async def applied(
    context: Context, path: str, asked: Sequence[Asked], payload: Callable[[Outcome], Payload]
) -> list[Payload | Any]:
    """A payload or a refusal for each item, in order; one bad item harms no other.

    Raises InvalidInput for more than 1,000 items.
    """
    refuse(count((path,), len(asked), BULK))
    items = [_item(each, context) for each in asked]
    good = [item for item in items if not isinstance(item, DomainError)]
    outcomes = iter(await context.house.ledger.apply_all(context.workspace, good))
    results = (item if isinstance(item, DomainError) else next(outcomes) for item in items)
    return [refusal(each) if isinstance(each, DomainError) else payload(each) for each in results]


def _item(asked: Asked, context: Context) -> Item | DomainError:
    try:
        return asked.item(context)
    except DomainError as error:
        return error


async def applied_one(context: Context, asked: Asked) -> Outcome:
    """The outcome of one item; raises the refusal."""
    return await context.house.ledger.apply(context.workspace, *asked.item(context))
