"""Templates of messages: text with named places, `{lead.name}`, which are filled in with what is known of a lead.

`{{` and `}}` stand for braces. What is not known is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter

from domain import bounds
from domain.bounds import Path
from domain.errors import Fault, Problem

TEMPLATE = 10_000  # characters: what is longer is no message
PLACES = (
    "lead.id",
    "lead.externalId",
    "lead.email",
    "lead.name",
    "lead.company",
    "score",
    "scoreBefore",
    "level",
    "levelBefore",
    "reasons",
    "automation",
)


def problems(path: Path, template: str | None, limit: int = TEMPLATE) -> Iterator[Problem]:
    """What is wrong with a template; None is none and passes."""
    if template is None:
        return
    yield from bounds.text(path, template, limit)
    try:
        unknown = [name for name in _places(template) if name not in PLACES]
    except ValueError:
        yield Problem(path, Fault.UNBALANCED)
    else:
        yield from (Problem(path, Fault.UNKNOWN_PLACE, PLACES, name) for name in dict.fromkeys(unknown))


def _places(template: str) -> Iterator[str]:
    """The names in braces, whole: with any conversion or format, which then is unknown."""
    for _, name, form, conversion in Formatter().parse(template):
        if name is not None:
            yield name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")


def rendered(template: str, known: Mapping[str, object]) -> str:
    """A template that has no problems, filled in."""
    return "".join(
        text + ("" if name is None else _said(known.get(name)))
        for text, name, _, _ in Formatter().parse(template)
    )


def _said(value: object) -> str:
    return "" if value is None else str(value)
