"""The pace of deliveries: as fast as they can be while the process has nothing else to do, and else no faster than told.

Whoever waits for an answer of this process, and jobs and steps of it, go before targets, which wait for nothing. That
others are at work shows in the loop: what is to run at once runs late. Time is an argument.
"""

from __future__ import annotations

import math

FLOOR = 500  # attempts a second that begin however busy the process is: they take about a third of one
LATE = 0.01  # seconds: what deliveries by themselves hardly make the loop late by
CALM = 1.0  # seconds in which nothing ran late, after which there is no bound
CAUGHT_UP = 0.1  # seconds of the pace that are made up for, where it was held up itself
TICK = 0.02  # seconds after which those who were held back are looked at again


class Pace:
    """When the next attempt may begin."""

    def __init__(self) -> None:
        self._busy_until = -math.inf
        self._next = -math.inf

    def ran(self, asked: float, now: float) -> None:
        """What was asked at that time to run at once has run now."""
        if now - asked > LATE:
            self._busy_until = now + CALM

    def allows(self, now: float) -> bool:
        """Whether one more may begin."""
        return self._is_calm(now) or now >= self._next

    def begun(self, now: float) -> None:
        """One has."""
        since = now if self._is_calm(now) else max(self._next, now - CAUGHT_UP)
        self._next = since + 1 / FLOOR

    def _is_calm(self, now: float) -> bool:
        return now >= self._busy_until
