"""What works and what does not is logged when it changes, however often it is tried in between."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

_log = structlog.get_logger()


@dataclass(slots=True)
class Condition:
    """Whether something works, with the words for either; not known at first."""

    working: str
    failing: str
    _works: bool | None = None

    @property
    def is_working(self) -> bool:
        """Whether it is known to work."""
        return self._works is True

    def works(self) -> None:
        if self._works is not True:
            _log.info(self.working)
        self._works = True

    def fails(self, why: str) -> None:
        if self._works is not False:
            _log.warning(self.failing, why=why)
        self._works = False
