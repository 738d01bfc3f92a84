"""What sources have given to a score, and what time makes of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from math import fsum

from domain.values import dataclass, field, replace

DAYS = 62  # days of payments that are remembered: this month and the one before, whole
PAYMENTS = 200  # payments of one source that expire one by one; of more, the two that lie closest become one
ADJUSTMENTS = "adjustments"  # the source of points that no rule gave
INACTIVITY = "inactivity"  # the source of points that a lead lost by doing nothing
NO_RULES = {ADJUSTMENTS, INACTIVITY}
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Payment:
    """Points given or taken at a moment: for good, until `expires_at`, or halving every so many days."""

    points: int
    at: datetime
    expires_at: datetime | None = None
    half_life: int | None = None


@dataclass(frozen=True, slots=True)
class Expiring:
    """Points that are gone from that moment on."""

    at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class Halving:
    """Points that halve every so many days; `value` is what there was of them at `at`."""

    half_life: int
    value: float
    at: datetime

    def worth(self, at: datetime) -> float:
        """Value · 2^(-t/half-life); before its own time it is the value."""
        return self.value if at <= self.at else self.value * 2.0 ** (-((at - self.at) / DAY) / self.half_life)

    def with_more(self, payment: Payment) -> Halving:
        """Both as one, which is exact: the sum of what halves alike halves alike."""
        at = max(self.at, payment.at)
        paid = Halving(self.half_life, payment.points, payment.at)
        return Halving(self.half_life, self.worth(at) + paid.worth(at), at)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one source has given a lead, and how often it paid.

    `points` are those for good; `expiring` ones come beside them, the soonest to go first, and `halving` ones, of which
    there are as many as the source has had half-lives. `days` are the UTC days that a rule with a limit has paid on,
    and how often: the newest DAYS of them.
    """

    name: str
    points: int = 0
    uses: int = 0
    days: Mapping[date, int] = field(default_factory=dict)
    expiring: tuple[Expiring, ...] = ()
    halving: tuple[Halving, ...] = ()

    @property
    def is_timed(self) -> bool:
        """Whether time alone changes it."""
        return bool(self.expiring or self.halving)

    @property
    def may_rise(self) -> bool:
        """Whether time alone may give points, by taking back what was taken."""
        return any(each.points < 0 for each in self.expiring) or any(each.value < 0 for each in self.halving)

    def worth(self, at: datetime) -> float:
        """How many of its points are in the score at a moment: a whole number unless some of them halve."""
        points = self.points
        if self.expiring:
            points += sum([each.points for each in self.expiring if each.at > at])
        return fsum([points, *[each.worth(at) for each in self.halving]]) if self.halving else points

    def paid(self, name: str, payment: Payment, day: date | None = None) -> Contribution:
        """With one payment more, on *day* where days are counted."""
        if not payment.points:
            return replace(self, name=name)
        if payment.expires_at is not None:
            expiring = _few(self.expiring, Expiring(payment.expires_at, payment.points))
            return replace(self.plus(name, 0, day), expiring=expiring)
        if payment.half_life is not None:
            halving = tuple(_halved(self.halving, payment, payment.half_life))
            return replace(self.plus(name, 0, day), halving=halving)
        return self.plus(name, payment.points, day)

    def plus(self, name: str, points: int, day: date | None = None, times: int = 1) -> Contribution:
        """With so many points more for good, paid at *times* times; what is counted by *day* is paid at one."""
        days = self.days if day is None else self._counting(day)
        return Contribution(name, self.points + points, self.uses + times, days, self.expiring, self.halving)

    def _counting(self, day: date) -> Mapping[date, int]:
        counted = {**self.days, day: self.days.get(day, 0) + 1}
        if len(counted) > DAYS:
            del counted[min(counted)]
        return counted

    def forgot(self, day: date) -> bool:
        """Whether it may have been paid on that day, so long before the others that it is no longer counted."""
        return len(self.days) == DAYS and day < min(self.days)

    def without_expired(self, at: datetime) -> tuple[Contribution, int]:
        """What is left at a moment, and how many points have expired by then."""
        if not self.expiring or self.expiring[0].at > at:
            return self, 0
        first = bisect_right(self.expiring, at, key=_moment)
        gone = sum([each.points for each in self.expiring[:first]])
        left = self.expiring[first:]
        return Contribution(self.name, self.points, self.uses, self.days, left, self.halving), gone


Contributions = Mapping[str, Contribution]


def total(contributions: Contributions, at: datetime) -> float:
    """All points at a moment, before floor and ceiling; the same in whatever order they came."""
    idle = contributions.get(INACTIVITY)
    points = _of_others(contributions, idle, at)
    return points if idle is None else points + idle_loss(idle.points, points)


def lost(contributions: Contributions, at: datetime) -> float:
    """What inactivity takes of all points at a moment, 0 or less.

    It takes what there is and leaves no debt: as the other points go, what it took of them is forgotten.
    """
    idle = contributions.get(INACTIVITY)
    return 0 if idle is None else idle_loss(idle.points, _of_others(contributions, idle, at))


def _of_others(contributions: Contributions, idle: Contribution | None, at: datetime) -> float:
    return fsum(
        [
            each.worth(at) if each.is_timed else each.points
            for each in contributions.values()
            if each is not idle
        ]
    )


def worth_of(source: str, contributions: Contributions, at: datetime) -> float:
    """How many points a source has in the score at a moment; 0 for one that never gave any."""
    if source == INACTIVITY:
        return lost(contributions, at)
    return contributions[source].worth(at) if source in contributions else 0


def idle_loss(loss: float, points: float) -> float:
    """As much of a loss, which is negative, as there are *points* for it."""
    return max(loss, -max(points, 0.0))


def forgiven(contributions: Contributions, at: datetime) -> Contributions:
    """Without what inactivity took of points that are no longer there: it shall take nothing of those to come."""
    idle = contributions.get(INACTIVITY)
    if idle is None or (left := round(lost(contributions, at))) == idle.points:
        return contributions
    return {**contributions, INACTIVITY: replace(idle, points=left)}


def _halved(had: Iterable[Halving], payment: Payment, half_life: int) -> Iterable[Halving]:
    """With the payment among those of its half-life."""
    others = []
    mine = Halving(half_life, payment.points, payment.at)
    for each in had:
        if each.half_life == half_life:
            mine = each.with_more(payment)
        else:
            others.append(each)
    return (*others, mine)


def _few(expiring: tuple[Expiring, ...], more: Expiring) -> tuple[Expiring, ...]:
    """With one more, in order, those of one moment together; of more than PAYMENTS the two that lie closest are one.

    Rather kept a little too long than lost.
    """
    place = bisect_left(expiring, more.at, key=_moment)
    before, after = expiring[:place], expiring[place:]
    if after and after[0].at == more.at:
        more, after = Expiring(more.at, after[0].points + more.points), after[1:]
    some = (*before, more, *after) if more.points else (*before, *after)
    if len(some) <= PAYMENTS:
        return some
    at = min(range(PAYMENTS), key=lambda each: some[each + 1].at - some[each].at)
    points = some[at].points + some[at + 1].points
    one = (Expiring(some[at + 1].at, points),) if points else ()
    return (*some[:at], *one, *some[at + 2 :])


def _moment(expiring: Expiring) -> datetime:
    return expiring.at
