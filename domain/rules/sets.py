"""Rule sets: the numbered sets that rules are published in, and what they say of all scores."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import Enum

from domain import bounds
from domain.actors import Actor
from domain.contributions import DAY
from domain.errors import Fault, Problem, refuse
from domain.levels import Announce
from domain.rules.rule import SPAN, Rule
from domain.values import dataclass, field, replace

LEAST, WHOLE = 0.01, 100  # per cent
FLOOR = 0  # a lead that fell below would have to climb back unseen


@dataclass(frozen=True, slots=True)
class Inactivity:
    """What a lead loses that does nothing for `after_days`, and again every `every_days` from then on.

    Of its engagement score, `points` or `percent`, of which one is None; but never what lies under the floor or 0.
    """

    after_days: int
    every_days: int
    points: int | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())

    def _problems(self) -> Iterator[Problem]:
        yield from bounds.whole(("inactivity", "afterDays"), self.after_days, 1, SPAN)
        yield from bounds.whole(("inactivity", "everyDays"), self.every_days, 1, SPAN)
        yield from bounds.whole(("inactivity", "points"), self.points, 1, bounds.POINTS)
        if self.percent is not None and not LEAST <= self.percent <= WHOLE:
            yield Problem(("inactivity", "percent"), Fault.OUT_OF_RANGE, (LEAST, WHOLE), self.percent)
        if (self.points is None) == (self.percent is None):
            yield Problem(("inactivity",), Fault.NOT_ONE_OF, ("points", "percent"))

    def next(self, active: datetime, after: datetime) -> datetime:
        """The first moment after *after* at which a lead loses points that was last active at *active*."""
        first, every = active + self.after_days * DAY, self.every_days * DAY
        return first if after < first else first + ((after - first) // every + 1) * every

    def loss(self, score: int, floor: int | None) -> int:
        """What a lead with that score loses: at least one point of those that it may lose."""
        wanted = self.points if self.percent is None else max(round(score * self.percent / WHOLE), 1)
        return min(wanted or 0, max(score - max(floor or 0, 0), 0))


class Rescore(Enum):
    """What is published applies to new activity, or all activity there was is scored anew."""

    NEW_ACTIVITY = "NEW_ACTIVITY"
    REPLAY = "REPLAY"


class RuleSetState(Enum):
    """DRAFT is edited, PUBLISHED scores, RETIRED did."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A numbered set of rules. A draft takes a new number with every edit; a published set never changes.

    Version 0 is what a workspace without rules scores under: no rules, floor 0, no ceiling. `rescore` says what became
    of old activity when the set was published, and `announce` which moves of that automations may hear of. Inactivity
    costs since `idle_since`, None for always: of the time before, nobody could have known. `is_timed` says whether time
    takes back what any of the rules pays.
    """

    version: int
    state: RuleSetState
    rules: tuple[Rule, ...]
    created_at: datetime
    created_by: Actor
    based_on: int | None = None
    floor: int | None = FLOOR
    ceiling: int | None = None
    inactivity: Inactivity | None = None
    comment: str | None = None
    published_at: datetime | None = None
    published_by: Actor | None = None
    rescore: Rescore = Rescore.NEW_ACTIVITY
    announce: Announce = Announce.ALL
    idle_since: datetime | None = None
    # What follows from the others, and is asked for with every activity.
    is_timed: bool = field(init=False, repr=False, compare=False)
    _by_kind: Mapping[str | None, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)
    _asking: Collection[str | None] = field(init=False, repr=False, compare=False)
    _worth: Mapping[str | None, int] = field(init=False, repr=False, compare=False)
    _ends: tuple[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_kind: dict[str | None, tuple[Rule, ...]] = {}
        for rule in self.rules:
            by_kind[rule.activity] = (*by_kind.get(rule.activity, ()), rule)
        asking = {rule.activity for rule in self.rules if rule.condition is not None}
        worth = {
            kind: sum(rule.points for rule in rules)
            for kind, rules in by_kind.items()
            if all(rule.is_plain for rule in rules)
        }
        low = -bounds.SCORE if self.floor is None else self.floor
        high = bounds.SCORE if self.ceiling is None else self.ceiling
        object.__setattr__(self, "is_timed", any(rule.is_timed for rule in self.rules))
        object.__setattr__(self, "_by_kind", by_kind)
        object.__setattr__(self, "_asking", asking)
        object.__setattr__(self, "_worth", worth)
        object.__setattr__(self, "_ends", (low, high))

    def triggered_by(self, kind: str) -> tuple[Rule, ...]:
        """The rules that an activity of this kind sets off, in the set's order."""
        return self._by_kind.get(kind, ())

    def asks(self, kind: str) -> bool:
        """Whether any of the rules that an activity of this kind sets off has a condition."""
        return kind in self._asking

    def worth(self, kind: str) -> int | None:
        """The points that its rules give for every activity of this kind; None where they give not always the same."""
        return self._worth.get(kind)

    @property
    def of_profile(self) -> tuple[Rule, ...]:
        """The rules that look at who a lead is."""
        return self._by_kind.get(None, ())

    @property
    def is_blank(self) -> bool:
        """Whether nobody has said anything in it yet."""
        return (self.rules, *self.policy) == ((), FLOOR, None, None)

    @property
    def policy(self) -> tuple[int | None, int | None, Inactivity | None]:
        """What it says of all scores, whatever moves them."""
        return self.floor, self.ceiling, self.inactivity

    def rule(self, rule_id: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def drafted(self, version: int, rules: tuple[Rule, ...], actor: Actor, at: datetime) -> RuleSet:
        """This set with other rules: a new draft based on a published set, or the draft edited."""
        if self.state is RuleSetState.DRAFT:
            return replace(self, version=version, rules=rules)
        based_on = self.version or None
        return RuleSet(version, RuleSetState.DRAFT, rules, at, actor, based_on, *self.policy)

    def within(self, floor: int | None, ceiling: int | None) -> RuleSet:
        """This set with other ends for the score, None for no end; raises InvalidInput."""
        refuse(
            (
                *bounds.whole(("floor",), floor, -bounds.SCORE, 0),  # where every lead begins
                *bounds.whole(("ceiling",), ceiling, 1, bounds.SCORE),
            )
        )
        return replace(self, floor=floor, ceiling=ceiling)

    def repeated(self, version: int, actor: Actor, at: datetime) -> RuleSet:
        """A new draft with the content of this one."""
        return replace(
            self,
            version=version,
            state=RuleSetState.DRAFT,
            based_on=self.version,
            created_at=at,
            created_by=actor,
        )

    def published(
        self,
        actor: Actor,
        at: datetime,
        comment: str | None,
        rescore: Rescore = Rescore.NEW_ACTIVITY,
        announce: Announce = Announce.ALL,
    ) -> RuleSet:
        """This set as it will score; raises InvalidInput when the comment is out of bounds."""
        refuse(bounds.text(("comment",), comment, bounds.REASON))
        return replace(
            self,
            state=RuleSetState.PUBLISHED,
            comment=comment,
            published_at=at,
            published_by=actor,
            rescore=rescore,
            announce=announce,
        )

    def following(self, before: RuleSet) -> RuleSet:
        """This set, published after *before*: what inactivity costs is in force for longer if it is the same."""
        same = before.inactivity == self.inactivity
        return replace(self, idle_since=before.idle_since if same else self.published_at)

    def allowed(self, before: int, wanted: int) -> int:
        """*wanted* brought between floor and ceiling; a score already outside is not moved further by this."""
        low, high = self._ends
        if low <= wanted <= high:
            return wanted
        return min(max(wanted, min(low, before)), max(high, before))
