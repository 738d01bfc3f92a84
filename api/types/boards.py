"""What boards of leads are told."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api import ids
from api.live import boards as live
from api.types.leads import Lead
from domain.boards import Placed


@strawberry.type(description="A lead on a board.")
class BoardEntry:
    lead: Lead = strawberry.field(description="The lead as it was when the board was read.")
    position: int = strawberry.field(
        description="Its place on the board, the first being 0; after a delta, in the board that the delta leads to."
    )

    @classmethod
    def of(cls, placed: Placed) -> BoardEntry:
        entry = placed.entry
        return cls(lead=Lead.of(entry.lead, entry.scoring), position=placed.position)


@strawberry.type(
    description=(
        "A board whole: forget what you have of it. It comes first, and again after the feed was interrupted for so "
        "long that changes may have been missed."
    )
)
class BoardSnapshot:
    entries: list[BoardEntry] = strawberry.field(description="All that is on the board, in its order.")
    cursor: str = strawberry.field(
        description="The position in the feed up to which the board is true; `leadTierChanged` takes it as `after`."
    )

    @classmethod
    def of(cls, snapshot: live.Snapshot) -> BoardSnapshot:
        entries = [BoardEntry.of(Placed(*each)) for each in enumerate(snapshot.page)]
        return cls(entries=entries, cursor=snapshot.cursor)


@strawberry.type(
    description=(
        "What changed on a board. Take away what `left`, `entered` or was `updated`, by id; then put in what `entered` or "
        "was `updated`, each at its `position`, the lowest position first. The board is then what the query shows. A lead "
        "that only moved up or down because others came, went or passed is not told: it comes to its place by itself."
    )
)
class BoardDelta:
    entered: list[BoardEntry] = strawberry.field(description="Leads that were not on the board, by position.")
    updated: list[BoardEntry] = strawberry.field(
        description=(
            "Leads that were on the board and read otherwise now, or passed others, by position. After an edit of "
            "levels or rules that is every lead."
        )
    )
    left: list[strawberry.ID] = strawberry.field(
        description="The ids of leads that are not on the board any more: deleted, merged, outside of the filter or of the page."
    )
    cursor: str = strawberry.field(
        description="The position in the feed up to which the board is true; `leadTierChanged` takes it as `after`."
    )

    @classmethod
    def of(cls, delta: live.Delta) -> BoardDelta:
        change = delta.difference
        return cls(
            entered=[BoardEntry.of(each) for each in change.entered],
            updated=[BoardEntry.of(each) for each in change.updated],
            left=[strawberry.ID(ids.public("Lead", each)) for each in change.left],
            cursor=delta.cursor,
        )


BoardUpdate = Annotated[
    BoardSnapshot | BoardDelta,
    strawberry.union(
        "BoardUpdate", description="What a board of leads is told: all of it, then what changes."
    ),
]
