from __future__ import annotations

import ast
from pathlib import Path

import pytest

import domain
from domain import values
from domain.leads import Position
from domain.values import replace

SOURCES = sorted(Path(domain.__path__[0]).rglob("*.py"))
VALUES = [
    pytest.param(decorator, id=node.name)
    for source in SOURCES
    for node in ast.walk(ast.parse(source.read_text()))
    if isinstance(node, ast.ClassDef)
    for decorator in node.decorator_list
    if "dataclass" in ast.unparse(decorator)
]
A_POSITION = Position(40, "Warm", 1)


@pytest.mark.parametrize("decorator", VALUES)
def test_a_value_of_the_domain_is_frozen_and_slotted(decorator: ast.expr) -> None:
    # Then the type checker refuses every assignment, and one to a misspelt field fails as well.
    assert ast.unparse(decorator) == "dataclass(frozen=True, slots=True)"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_values_of_the_domain_are_made_in_one_way(source: Path) -> None:
    imported = {
        node.module
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.ImportFrom) and {"dataclass", "replace"} & {each.name for each in node.names}
    }

    assert imported <= ({"dataclasses"} if source == Path(values.__file__) else {"domain.values"})


def test_a_value_has_no_other_fields_than_its_own() -> None:
    with pytest.raises(AttributeError):
        A_POSITION.scores = 41  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="Position has no field 'scores'"):
        replace(A_POSITION, scores=41)  # type: ignore[call-arg]


def test_values_are_one_by_what_they_hold() -> None:
    assert {A_POSITION, Position(40, "Warm", 1), replace(A_POSITION, level="Hot")} == {
        A_POSITION,
        Position(40, "Hot", 1),
    }
