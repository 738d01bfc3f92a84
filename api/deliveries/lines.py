"""Lines: who waits for which target, and how much of what is under way each target has. Time is an argument.

A target has only so many attempts at once, and those that take long have together only so many: however slow some are,
and however much is due to them, there is room for the others.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from api.deliveries.sending import PATIENCE
from persistence.deliveries import LEASE, Due

EACH = 8  # attempts at once to one target: enough for 500 a second where it answers in 16 ms, and a crowd for none
INWARD = 64  # to our own leads: the ledger commits together what comes together
BRISK = 256  # to all targets that answer soon, of one process
SLOW = 128  # to all that do not; these wait for each other
LOW, SLOW_LOW = 64, 4  # that wait for their turn at one target: with fewer it is time to take up more
LINE, SLOW_LINE = (
    384,
    32,
)  # at the most, room for all that is taken up at one go; what is over is left to others
# Seconds after which what was taken up is left to others rather than tried: its lease must outlast the attempt.
PATIENT = LEASE.total_seconds() - 2 * PATIENCE


class Lines:
    """The deliveries that one process has taken up, by target."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[tuple[float, Due]]] = {}
        self._busy: Counter[str] = Counter()  # attempts under way
        self._slow: set[str] = set()
        self._brisk_busy = 0
        self._slow_busy = 0

    @property
    def has_room(self) -> bool:
        """Whether more may begin at targets that answer soon."""
        return self._brisk_busy < BRISK

    def full(self) -> frozenset[str]:
        """The targets that nothing more is to be taken up for."""
        held_up = self._slow if self._slow_busy >= SLOW else set()
        crowded = (target for target, line in self._waiting.items() if len(line) >= self._low(target))
        return frozenset((*held_up, *crowded))

    def put(self, due: Due, now: float) -> None:
        """Have it wait for its turn."""
        self._waiting.setdefault(due.delivery.target, deque()).append((now, due))

    def too_many(self, now: float) -> list[Due]:
        """Those that would wait too long, or already have: they wait here no more."""
        gone: list[Due] = []
        for target, line in self._waiting.items():
            while len(line) > (SLOW_LINE if target in self._slow else LINE):
                gone.append(line.pop()[1])
            while line and now - line[0][0] > PATIENT:
                gone.append(line.popleft()[1])
        self._waiting = {target: line for target, line in self._waiting.items() if line}
        return gone

    def begin(self) -> Iterator[Due]:
        """Those that begin now, each target in its turn; they are under way from then on."""
        turns = deque(self._waiting)
        while turns:
            target = turns.popleft()
            if self._has_room(target):
                yield self._begun(target)
                if target in self._waiting:
                    turns.append(target)

    def slow(self, target: str) -> None:
        """An attempt there takes long."""
        if target not in self._slow:
            self._slow.add(target)
            self._brisk_busy -= self._busy[target]
            self._slow_busy += self._busy[target]

    def ended(self, target: str, *, soon: bool) -> None:
        """An attempt there is over, and did not take long, or did."""
        self._count(target, -1)
        if not self._busy[target]:
            del self._busy[target]
        # What has nothing here is forgotten, so that those who are dead for ever do not fill the memory.
        if target in self._slow and (soon or target not in self._busy.keys() | self._waiting.keys()):
            self._slow.remove(target)
            self._slow_busy -= self._busy[target]
            self._brisk_busy += self._busy[target]

    def clear(self) -> list[Due]:
        """All that wait; they do so no more."""
        waiting = [due for line in self._waiting.values() for _, due in line]
        self._waiting = {}
        return waiting

    def _begun(self, target: str) -> Due:
        line = self._waiting.pop(target)
        _, due = line.popleft()
        if line:
            self._waiting[target] = line  # behind the others, for the next time that somebody begins
        self._count(target, 1)
        return due

    def _count(self, target: str, by: int) -> None:
        self._busy[target] += by
        if target in self._slow:
            self._slow_busy += by
        else:
            self._brisk_busy += by

    def _has_room(self, target: str) -> bool:
        if self._busy[target] >= (EACH if target else INWARD):
            return False
        return self._slow_busy < SLOW if target in self._slow else self.has_room

    def _low(self, target: str) -> int:
        return SLOW_LOW if target in self._slow else LOW
