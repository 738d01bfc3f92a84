"""Changes that their sender may send again: with a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.changes import Change
from tests.persistence.given import adjusted, clicked

Make = Callable[[], Change]


def click_with_key() -> Change:
    """A sender that sends again makes the activity anew: only its key is the same."""
    return clicked("k")


def adjustment_with_key() -> Change:
    return adjusted(5, "k")


KEYED = pytest.mark.parametrize("keyed", [click_with_key, adjustment_with_key])
