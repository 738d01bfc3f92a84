"""Rules: what an activity or a lead's profile is worth, and the numbered sets that rules are published in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from domain import bounds
from domain.actors import Actor
from domain.conditions import Condition, Facts, Ready, ready
from domain.conditions import problems as condition_problems
from domain.contributions import DAY, Payment
from domain.copies import replace
from domain.errors import Fault, NotFound, Problem, refuse
from domain.history import ScorePart
from domain.levels import Announce, Dimension

RULES = 200  # rules in one set; the field calls 100 a large setup
TIMES = 10_000  # of a limit; more often a rule that pays is as good as without one
LEAST, WHOLE = 0.01, 100  # per cent
SPAN = bounds.FORESEEN // DAY  # days that time takes to act at the most
FLOOR = 0  # a lead that fell below would have to climb back unseen


class Period(Enum):
    """What a limit counts within, by the activities' own time: UTC days, ISO weeks, calendar months, or for ever."""

    EVER = "EVER"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many times in each period."""

    times: int
    per: Period


@dataclass(frozen=True, slots=True)
class Rule:
    """Pays `points` where `condition` holds, or always where there is none.

    A rule of engagement pays for every activity of the kind `activity`, at most as often as `limit` says, and never so
    much that more than `max_points` of its points, either way, are in the score. A rule of the profile has none of the
    three: its points are in the score for as long as the condition holds for the lead. What a rule of engagement pays is
    for good, expires after `expires_after` days, or halves every `half_life` days.

    `part` is all that it pays, as the history tells it; `is_timed` says whether time takes that back, `is_plain` whether
    it pays so for every activity of its kind, come what may.
    """

    id: str
    name: str
    activity: str | None
    points: int
    is_enabled: bool = True
    dimension: Dimension = Dimension.ENGAGEMENT
    condition: Condition | None = None
    limit: Limit | None = None
    max_points: int | None = None
    expires_after: int | None = None
    half_life: int | None = None
    # What follows from the others, and is asked for with every activity.
    part: ScorePart = field(init=False, repr=False, compare=False)
    is_timed: bool = field(init=False, repr=False, compare=False)
    is_plain: bool = field(init=False, repr=False, compare=False)
    _ready: Ready | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        is_timed = self.expires_after is not None or self.half_life is not None
        is_bound = is_timed or self.limit is not None or self.max_points is not None
        object.__setattr__(self, "part", ScorePart(self.id, self.name, self.points))
        object.__setattr__(self, "is_timed", is_timed)
        object.__setattr__(self, "is_plain", self.is_enabled and self.condition is None and not is_bound)
        object.__setattr__(self, "_ready", None)

    def holds(self, facts: Facts) -> bool:
        """Whether its condition holds, if it has one."""
        if self.condition is None:
            return True
        check = self._ready
        if check is None:  # not before: most sets that are read score nobody
            check = ready(self.condition)
            object.__setattr__(self, "_ready", check)
        return check(facts)

    def payment(self, points: int, at: datetime) -> Payment:
        """Points of this rule for something that happened then."""
        expires_at = None if self.expires_after is None else at + self.expires_after * DAY
        return Payment(points, at, expires_at, self.half_life)


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
    costs since `idle_since`, None for always: of the time before, nobody could have known.
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
    _by_kind: Mapping[str | None, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_kind: dict[str | None, tuple[Rule, ...]] = {}
        for rule in self.rules:
            by_kind[rule.activity] = (*by_kind.get(rule.activity, ()), rule)
        object.__setattr__(self, "_by_kind", by_kind)

    def triggered_by(self, kind: str) -> tuple[Rule, ...]:
        """The rules that an activity of this kind sets off, in the set's order."""
        return self._by_kind.get(kind, ())

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
        floor = -bounds.SCORE if self.floor is None else self.floor
        ceiling = bounds.SCORE if self.ceiling is None else self.ceiling
        return min(max(wanted, min(floor, before)), max(ceiling, before))


def with_rule(rules: tuple[Rule, ...], rule: Rule) -> tuple[Rule, ...]:
    """The rules with *rule* added at the end; raises InvalidInput."""
    refuse((*rule_problems(rule), *bounds.count(("rule",), len(rules) + 1, RULES)))
    return (*rules, _tidy(rule))


def with_changed_rule(rules: tuple[Rule, ...], rule: Rule) -> tuple[Rule, ...]:
    """The rules with *rule* in the place of the one with its id; raises NotFound, InvalidInput."""
    without_rule(rules, rule.id)
    refuse(rule_problems(rule))
    return tuple(_tidy(rule) if each.id == rule.id else each for each in rules)


def without_rule(rules: tuple[Rule, ...], rule_id: str) -> tuple[Rule, ...]:
    """The rules less the one with that id; raises NotFound."""
    kept = tuple(rule for rule in rules if rule.id != rule_id)
    if len(kept) == len(rules):
        raise NotFound("Rule", rule_id)
    return kept


def _tidy(rule: Rule) -> Rule:
    return replace(rule, name=rule.name.strip())


def rule_problems(rule: Rule) -> Iterator[Problem]:
    yield from bounds.text(("rule", "name"), rule.name, bounds.NAME)
    if rule.dimension is Dimension.PROFILE:
        yield from _profile_problems(rule)
    else:
        yield from _engagement_problems(rule)
    yield from bounds.points(("rule", "points"), rule.points)
    if rule.condition is not None:
        profile = rule.dimension is Dimension.PROFILE
        yield from condition_problems(("rule", "condition"), rule.condition, profile=profile)


def _profile_problems(rule: Rule) -> Iterator[Problem]:
    given = {
        "activity": rule.activity,
        "limit": rule.limit,
        "maxPoints": rule.max_points,
        "expiresAfterDays": rule.expires_after,
        "halfLifeDays": rule.half_life,
    }
    yield from (
        Problem(("rule", name), Fault.OF_ENGAGEMENT) for name, value in given.items() if value is not None
    )
    if rule.condition is None:
        yield Problem(("rule", "condition"), Fault.EMPTY)  # it would be the same for every lead


def _engagement_problems(rule: Rule) -> Iterator[Problem]:
    yield from bounds.kind(("rule", "activity"), rule.activity or "")
    if rule.limit is not None:
        yield from bounds.whole(("rule", "limit", "times"), rule.limit.times, 1, TIMES)
    least = min(abs(rule.points), bounds.POINTS)  # or it would never pay what it says
    yield from bounds.whole(("rule", "maxPoints"), rule.max_points, least, bounds.SCORE)
    yield from bounds.whole(("rule", "expiresAfterDays"), rule.expires_after, 1, SPAN)
    yield from bounds.whole(("rule", "halfLifeDays"), rule.half_life, 1, SPAN)
    if rule.expires_after is not None and rule.half_life is not None:
        yield Problem(("rule", "halfLifeDays"), Fault.NOT_BESIDE, "expiresAfterDays")
