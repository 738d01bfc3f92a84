"""What a soak has tried, counted, and what went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

FAULTS = 50  # told one by one; what follows is mostly more of the same


@dataclass(slots=True)
class Record:
    """Kept by everybody who takes part."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def did(self, what: str, times: int = 1) -> None:
        self.counts[what] += times

    def wrong(self, fault: str) -> None:
        self.faults.append(fault)

    def summary(self) -> str:
        tried = [f"{times:>9,}  {what}" for what, times in sorted(self.counts.items())]
        return "\n".join([*tried, *self.told_faults()])

    def told_faults(self) -> list[str]:
        more = len(self.faults) - FAULTS
        return [f"  WRONG: {each}" for each in self.faults[:FAULTS]] + (
            [f"  and {more:,} more"] if more > 0 else []
        )
