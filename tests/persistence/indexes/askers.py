"""The methods of persistence that ask the database, found by their code, and noticed when they are called."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import persistence
from persistence.declared import COLLECTIONS
from persistence.mongo import Mongo

ASKING = {*COLLECTIONS, "command"}


def modules() -> Iterator[Any]:
    for module in pkgutil.walk_packages(persistence.__path__, "persistence."):
        yield importlib.import_module(module.name)


def asks(code: CodeType) -> bool:
    """Whether the code, or a function within it, names a collection or sends a command."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return not ASKING.isdisjoint(code.co_names) or any(map(asks, inner))


def askers() -> dict[CodeType, str]:
    """Every public coroutine of the classes that ask the database, and every function that does, by its code."""
    found: dict[CodeType, str] = {}
    for module in modules():
        own = [
            each
            for _, each in inspect.getmembers(module)
            if getattr(each, "__module__", "") == module.__name__
        ]
        for member in own:
            if inspect.iscoroutinefunction(member) and asks(member.__code__):
                found |= {member.__code__: member.__name__} if member.__name__[0] != "_" else {}
            elif inspect.isclass(member) and member is not Mongo:
                found |= askers_of(member)
    return found


def askers_of(kind: type) -> dict[CodeType, str]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    if not any(asks(method.__code__) for _, method in methods):
        return {}
    return {
        method.__code__: f"{kind.__name__}.{name}"
        for name, method in methods
        if not name.startswith("_") and inspect.iscoroutinefunction(method)
    }


@contextmanager
def noticing(called: set[str]) -> Iterator[None]:
    """Every asker that is called meanwhile, by name."""
    codes = askers()

    def notice(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in codes:
            called.add(codes[frame.f_code])

    sys.setprofile(notice)
    try:
        yield
    finally:
        sys.setprofile(None)
