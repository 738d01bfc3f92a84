from __future__ import annotations

import dataclasses
import pkgutil
from importlib import import_module

import pytest

import domain

MODULES = [import_module(module.name) for module in pkgutil.walk_packages(domain.__path__, "domain.")]
VALUES = [
    each
    for module in MODULES
    for each in vars(module).values()
    if isinstance(each, type) and dataclasses.is_dataclass(each) and each.__module__ == module.__name__
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_a_value_of_the_domain_is_frozen_and_slotted(value: type) -> None:
    # `replace` is the only way to change one: a stray assignment, even of a misspelt field, fails.
    parameters = vars(value)["__dataclass_params__"]

    assert parameters.frozen
    assert "__slots__" in vars(value)
