"""What goes away is logged when it goes and when it comes back, however often it is tried in between."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

_log = structlog.get_logger()


@dataclass(slots=True)
class Condition:
    """Whether something works, and the words for either change of it; it is taken to work at first."""

    away: str
    back: str
    _works: bool = True

    def fails(self, why: str) -> None:
        if self._works:
            _log.warning(self.away, why=why)
        self._works = False

    def works(self) -> None:
        if not self._works:
            _log.info(self.back)
        self._works = True
