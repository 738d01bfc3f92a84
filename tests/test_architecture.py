"""The arrows between the packages, read from the imports themselves, and the rules of the house."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "persistence", "api")
DRIVERS = {"motor", "pymongo", "bson", "structlog", "redis"}
MAY_IMPORT = {
    "domain": sys.stdlib_module_names | {"domain"},
    "persistence": sys.stdlib_module_names | DRIVERS | {"domain", "persistence"},
}
LINES = 330  # about as much as is read in one go; what is longer becomes a package
PERSISTENT = {
    "BoardPages",
    "Configuration",
    "Corrections",
    "Gate",
    "Health",
    "History",
    "Jobs",
    "Keys",
    "Leads",
    "Lease",
    "Ledger",
    "LevelSets",
    "Mongo",
    "Moves",
    "QuickStart",
    "Reclassification",
    "Rehearsals",
    "Rescoring",
    "RuleSets",
    "Scores",
    "Steps",
    "Worker",
    "Workspaces",
    "open_mongo",
}
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}


def files_of(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def imports_of(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every module imported anywhere in the tree, lazily or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module


def roots_imported(path: Path) -> Iterator[tuple[str, str]]:
    """Each place that imports, and the top-level package it imports from."""
    for node, module in imports_of(tree_of(path)):
        yield place(path, node), module.partition(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_each_package_imports_only_what_lies_further_in(package: str) -> None:
    strays = [
        f"{at} imports {root}"
        for path in files_of(package)
        for at, root in roots_imported(path)
        if root not in MAY_IMPORT[package]
    ]

    assert strays == []


def test_no_package_imports_its_tests() -> None:
    strays = [at for path in files_of(*PACKAGES) for at, root in roots_imported(path) if root == "tests"]

    assert strays == []


def test_nothing_outside_persistence_knows_the_name_of_the_driver() -> None:
    others = [path for path in files_of(*PACKAGES, "tests") if "persistence" not in path.parts]

    strays = [at for path in others for at, root in roots_imported(path) if root == "motor"]

    assert strays == []


def test_no_import_is_relative() -> None:
    strays = [
        place(path, node)
        for path in files_of(*PACKAGES, "tests")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert strays == []


def test_no_import_hides_inside_a_function() -> None:
    strays = [
        place(path, node)
        for path in files_of(*PACKAGES, "tests")
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node, _ in imports_of(function)
    ]

    assert strays == []


def test_no_file_is_longer_than_one_sitting() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in files_of(*PACKAGES)}

    assert {str(path.relative_to(ROOT)): size for path, size in lengths.items() if size > LINES} == {}


def test_no_file_is_named_for_holding_anything() -> None:
    strays = [path for path in files_of(*PACKAGES, "tests") if path.stem in {"utils", "helpers", "misc"}]

    assert strays == []


def test_the_domain_neither_waits_nor_asks_the_time_nor_draws_ids() -> None:
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    draws = {"asyncio", "random", "secrets", "time", "uuid"}
    strays = [
        place(path, node)
        for path in files_of("domain")
        for node in ast.walk(tree_of(path))
        if isinstance(node, waits) or (isinstance(node, ast.Attribute) and node.attr in CLOCKS)
    ]
    strays += [at for path in files_of("domain") for at, root in roots_imported(path) if root in draws]

    assert strays == []


def test_within_the_edge_only_the_application_and_the_commands_build_persistence() -> None:
    builders = {ROOT / "api" / "app.py", *files_of("api/command")}
    strays = [
        f"{place(path, node)} builds {name}"
        for path in files_of("api")
        if path not in builders
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and (name := getattr(node.func, "attr", getattr(node.func, "id", ""))) in PERSISTENT
    ]

    assert strays == []


def test_the_names_that_may_not_be_built_elsewhere_are_names_that_there_are() -> None:
    defined = {
        node.name
        for path in files_of("persistence")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert defined >= PERSISTENT


def test_the_server_whose_protocols_are_subclassed_is_bound_to_the_minor_version_that_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (wanted,) = [each for each in project["dependencies"] if each.startswith("uvicorn")]
    major, minor, *_ = version("uvicorn").split(".")

    assert wanted == f"uvicorn[standard]>={major}.{minor},<{major}.{int(minor) + 1}"
