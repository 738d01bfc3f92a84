"""What all parts of the schema share: nodes, pages, enums."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from api import ids
from domain.actors import Actor as DomainActor
from domain.actors import ActorKind, Role
from domain.actors import Workspace as DomainWorkspace
from domain.bounds import whole
from domain.errors import refuse
from domain.history import CauseKind, Suppression
from domain.jobs import JobKind, JobState
from domain.levels import Announce, Dimension
from domain.rules import Period, Rescore, RuleSetState
from persistence import pages
from persistence.leads import LeadOrderField

After = Annotated[str | None, strawberry.argument(description="The cursor to go on after.")]
First = Annotated[int | None, strawberry.argument(description="How many entries, 1 to 200.")]

Item = TypeVar("Item")
DomainItem = TypeVar("DomainItem")
PAGE_SIZE = 20
BOARD_SIZE = 50
PAGE = (1, 200)  # entries of one page: a screen or two; more is an export


def describe(enum: type[Enum], description: str, **values: str) -> None:
    definition: Any = strawberry.enum(enum, description=description)
    for value in definition.__strawberry_definition__.values:
        value.description = values[value.name]


describe(
    Dimension,
    "What a score measures.",
    ENGAGEMENT="What a lead does: opens, clicks, bookings, replies.",
    PROFILE="Who a lead is: how well it fits.",
)
describe(
    Role,
    "What a key may do; each role may all that the ones before it may.",
    VIEWER="Reads and subscribes.",
    INTEGRATION="Also writes leads, activities and adjustments.",
    EDITOR="Also edits levels, rules and automations.",
    OWNER="Also manages keys.",
)
describe(
    ActorKind,
    "What kind of actor made a change.",
    USER="A person.",
    API_KEY="An API key, by its name.",
    SYSTEM="Tierwire itself.",
    AUTOMATION="An automation, by its name.",
)
describe(
    CauseKind,
    "Why a score moved.",
    ACTIVITY="The lead did something that a rule pays for.",
    PROFILE="A rule of the profile came to hold for the lead, or holds no longer.",
    ADJUSTMENT="Points were given or taken by hand or by an integration.",
    DECAY="Time took points: they halved, or the lead did nothing for too long.",
    EXPIRY="Points expired that were given or taken until then.",
    AUTOMATION="An automation gave or took points.",
    RULES_CHANGED="Rules were published that all old activity is scored by anew, or that hold back other points.",
    RETRACTION="An activity was retracted, and what it did undone.",
    MERGE="Another lead was merged into this one.",
    LEVELS_CHANGED="The levels were edited, and the score, which stayed, has another level now.",
)
describe(
    Suppression,
    "Why a rule gave less than it pays.",
    CAP_REACHED="The rule has paid as often, or as much, as its `limit` or `maxPoints` allows.",
    RULE_DISABLED="The rule is disabled.",
    CONDITION_FAILED="The rule's condition did not hold.",
    FLOOR="The score would have fallen under the rule set's floor.",
    CEILING="The score would have risen over the rule set's ceiling.",
    EXPIRED="The activity happened so long ago that its points have expired already.",
)
describe(
    Period,
    "What a limit counts within, by the activities' own time in UTC.",
    EVER="For ever.",
    DAY="A day, from midnight.",
    WEEK="An ISO week, from Monday.",
    MONTH="A calendar month.",
)
describe(
    RuleSetState,
    "Where a rule set stands in its life.",
    DRAFT="Being edited; scores nothing yet.",
    PUBLISHED="Scores now.",
    RETIRED="Scored once, and was replaced.",
)
describe(
    Rescore,
    "What becomes of old activity when rules are published.",
    NEW_ACTIVITY="The rules apply from now on; points that were given before stay as they are.",
    REPLAY="All that every lead did is scored anew, by a job.",
)
describe(
    Announce,
    "Which of the moves that an edit makes automations may hear of; boards are always told of all.",
    ALL="Every move.",
    UPWARD="Moves to a higher level only.",
    SILENT="None.",
)
describe(
    JobKind,
    "What a job does.",
    RECLASSIFY="Tells every lead, its history and its boards what an edit of the levels made of its level.",
    RESCORE="Scores all that every lead did anew, by rules that were published with REPLAY.",
)
describe(
    JobState,
    "Where a job stands.",
    RUNNING="It goes on.",
    DONE="Nothing is left to do.",
    FAILED="It was given up; `error` says why.",
    CANCELLED="Somebody cancelled it, or a later edit took its place.",
)
describe(
    LeadOrderField,
    "What leads can be ordered by; leads that are level are ordered by id.",
    ENGAGEMENT_SCORE="The engagement score.",
    PROFILE_SCORE="The profile score.",
    LAST_ACTIVITY_AT="When the lead last did something; leads that never did come before all others.",
    CREATED_AT="When the lead became known.",
)


@strawberry.enum(description="Which end comes first.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="The lowest or oldest first.")
    DESC = strawberry.enum_value("DESC", description="The highest or newest first.")


@strawberry.interface(description="Whatever has a life of its own and can be fetched again by `node`.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque, unique among all types, and the same for as long as the thing is."
    )


@strawberry.type(description="Who made a change.")
class Actor:
    kind: ActorKind = strawberry.field(description="What kind of actor.")
    name: str = strawberry.field(description="The key's, person's or automation's name.")

    @classmethod
    def of(cls, actor: DomainActor) -> Actor:
        return cls(kind=actor.kind, name=actor.name)


@strawberry.type(description="A separate set of leads, levels, rules and keys.")
class Workspace(Node):
    name: str = strawberry.field(description="Its name.")

    @classmethod
    def of(cls, workspace: DomainWorkspace) -> Workspace:
        return cls(id=strawberry.ID(ids.public("Workspace", workspace.id)), name=workspace.name)


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more entries follow.")
    has_previous_page: bool = strawberry.field(description="Whether the page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first entry; null when empty.")
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last entry, to pass as `after` for the next page; null when empty."
    )


@strawberry.type(description="An entry of a list, and its place.")
class Edge(Generic[Item]):
    cursor: str = strawberry.field(description="The entry's place, to pass as `after`. Opaque.")
    node: Item = strawberry.field(description="The entry.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = strawberry.field(description="The entries of the page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")


def page_parts(page: pages.Page[DomainItem], of: Callable[[DomainItem], Any]) -> dict[str, Any]:
    """A page's edges and page info, its entries made by *of*: the arguments of a connection."""
    cursors = [edge.cursor for edge in page.edges]
    info = PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
    return {
        "edges": [Edge(cursor=edge.cursor, node=of(edge.node)) for edge in page.edges],
        "page_info": info,
    }


def page_size(first: int | None, default: int = PAGE_SIZE) -> int:
    """How many entries are asked for, if they lie within a page's bounds; raises InvalidInput."""
    size = default if first is None else first
    refuse(whole(("first",), size, *PAGE))
    return size
