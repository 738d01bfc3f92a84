"""Values: dataclasses that nobody changes, made and copied in a quarter of the time.

Scoring makes a dozen values for every change, and a hundred to replay a lead. That none is changed, the type checker
sees to; to guard it again while running would make each four times as dear, for then every field is set by a call.
And to look the fields of a class up again for every copy would be a third of the work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import field, fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """A class of values, which compare and hash by their fields."""
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)

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


__all__ = ["dataclass", "field", "replace"]
