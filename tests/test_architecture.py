"""Architecture rules: import order of packages and modules, pure rules, and tests that mirror the source."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from conftest import SLOW

SOURCE = Path(__file__).parents[1] / "src" / "podgraph"
CONSOLE = SOURCE.parent / "console"
TESTS = Path(__file__).parent

LAYERS = (
    {"kernel", "observability"},
    {"database"},
    {"auth", "graphql"},
    {"limits", "writes"},
    {"execution"},
    {"accounts"},
    {"events"},
    {"access", "service_lines"},
    {"capacity"},
    {"pods", "outcomes"},
    {"reports"},
    {"scheduler"},
    {"schema"},
    {"doctor", "demo"},
    {"server"},
    {"cli"},
)
"""Packages, each of which imports only those in the rows above."""
ROOTS = {"settings", "tables", "migrate", "records"}
"""Modules that combine packages; `podgraph` itself is empty."""
SLICES = [
    "accounts",
    "events",
    "access",
    "service_lines",
    "capacity",
    "pods",
    "outcomes",
    "reports",
    "scheduler",
]
STEPS = ["lifecycle", "rules", "models", "repository", "service", "jobs", "types", "queries", "mutations"]
"""Modules of a package, each of which imports only those before it in the package."""
WITHOUT_A_MODULE = {"statements", "figures", "models", "differential", "hostile", "concurrency", "pooler"}
WITHOUT_A_MODULE |= {"postgresql", "sqlite", "deadlines"}
"""Tests of the interaction of several modules."""
PURE = {"lifecycle", "rules", "errors"}
IMPURE = {"sqlalchemy", "sqlmodel", "strawberry", "graphql", "asyncio", "starlette", "time"}

Imports = list[tuple[str, str]]


@cache
def modules() -> list[str]:
    """Every module as a dotted name below the package: managed.types."""
    files = sorted(SOURCE.rglob("*.py"))
    names = [".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names if "migrations" not in name]


def path_of(module: str) -> Path:
    file = SOURCE.joinpath(*module.split(".")).with_suffix(".py")
    return file if file.exists() else file.with_suffix("") / "__init__.py"


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(path_of(module).read_text())


def imports(module: str) -> Iterator[str]:
    """The imports of a module at run time, without those under TYPE_CHECKING."""
    tree = tree_of(module)
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from (f"{base}.{name.name}" for name in node.names)


def ours(module: str) -> Iterator[str]:
    known = set(modules())
    for name in imports(module):
        if name.startswith("podgraph."):
            parts = name.split(".")[1:]
            inner = ".".join(parts) if ".".join(parts) in known else ".".join(parts[:-1])
            if inner:
                yield inner


def layer(module: str) -> int | None:
    """The row of a module's package; None for the modules that put packages together."""
    package = module.split(".")[0]
    if package in ROOTS or module == "__init__":
        return None
    return next(row for row, packages in enumerate(LAYERS) if package in packages)


@pytest.mark.parametrize("module", [name for name in modules() if layer(name) is not None])
def test_package_imports_only_packages_of_lower_layers(module: str) -> None:
    package, here = module.split(".")[0], layer(module)
    assert here is not None
    below = [
        other
        for other in ours(module)
        if other.split(".")[0] != package and (there := layer(other)) is not None and there >= here
    ]
    assert not below, f"{module} imports {below}: name a type with strawberry.lazy, or move what it needs up"


@pytest.mark.parametrize("module", [name for name in modules() if name.split(".")[0] in SLICES])
def test_package_imports_only_earlier_modules_of_itself(module: str) -> None:
    package, *inner = module.split(".")
    if not inner or inner[0] not in STEPS:
        return
    here = STEPS.index(inner[0])
    later = [
        other
        for other in ours(module)
        if other.split(".")[0] == package
        and len(other.split(".")) > 1
        and other.split(".")[1] in STEPS
        and STEPS.index(other.split(".")[1]) > here
    ]
    assert not later, f"{module} imports {later}, which are later steps of {package}"


@pytest.mark.parametrize("module", [name for name in modules() if PURE & set(name.split("."))])
def test_rules_are_pure(module: str) -> None:
    impure = [name for name in imports(module) if name.split(".")[0] in IMPURE]
    asynchronous = [n for n in ast.walk(tree_of(module)) if isinstance(n, ast.AsyncFunctionDef)]
    assert not impure, f"{module} imports {impure}: hand it values instead"
    assert not asynchronous, f"{module} is to calculate, not to wait"


@pytest.mark.parametrize("module", modules())
def test_every_module_has_a_docstring(module: str) -> None:
    assert ast.get_docstring(tree_of(module)), f"{module} has no docstring"


def test_no_module_has_a_catch_all_name() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
    assert not [module for module in modules() if vague & set(module.split("."))]


def test_tests_mirror_the_source() -> None:
    known = set(modules()) | {f"console.{part.stem}" for part in (CONSOLE / "src").iterdir()} | {"console.build"}
    stray = [
        file.relative_to(TESTS).as_posix()
        for file in TESTS.rglob("test_*.py")
        if file.parent != TESTS
        and "node_modules" not in file.parts
        and ".".join([*file.relative_to(TESTS).parts[:-1], file.stem.removeprefix("test_")]) not in known
        and file.stem.removeprefix("test_") not in WITHOUT_A_MODULE
    ]
    assert not stray, f"{stray} test no module of that name: put them where their subject is"


SHARED_NAMES = {
    "Actor": "the caller, and its GraphQL type",
    "Entity": "the parent of tables, and the GraphQL union of all records",
    "Evidence": "the value, and its GraphQL type",
    "Mutation": "a declared mutation, and the root type of GraphQL",
    "PaymentMilestone": "the value, and its GraphQL type",
    "SlaMetricResult": "the value, its table and its GraphQL type",
    "SlaMetricTerm": "the value, and its GraphQL type",
    "SpendByServiceLine": "the value, and its GraphQL type",
    "SpendSummary": "the value, and its GraphQL type",
    "Subscription": "a subscription in reports, and the root type of GraphQL",
    "Viewer": "the caller, and its GraphQL type",
}
"""Class names with more than one class on purpose. A table and its GraphQL type share a name anyway."""
GENERATED = {"records.py"}


def test_class_name_has_one_meaning() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for module in modules():
        for node in tree_of(module).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module)
    shared = {name: found for name, found in places.items() if len(found) > 1 and name not in SHARED_NAMES}
    assert not {name: found for name, found in shared.items() if not _is_table_and_type(found)}
    assert not [name for name in SHARED_NAMES if len(places[name]) < 2]


def _is_table_and_type(found: list[str]) -> bool:
    return (
        len(found) == 2
        and sum("types" in one.split(".") for one in found) == sum("models" in one for one in found) == 1
    )


def test_files_are_short() -> None:
    for module in modules():
        name = path_of(module).relative_to(SOURCE).as_posix()
        limit = 300 if "service" in module.split(".") else 400
        if name not in GENERATED:
            assert len(path_of(module).read_text().splitlines()) <= limit, f"{name} has more than {limit} lines"


def test_modules_have_no_import_cycles() -> None:
    TopologicalSorter({module: set(ours(module)) - {module} for module in modules()}).prepare()


def test_slow_tests_exist() -> None:
    for name in SLOW:
        file, _, test = name.partition("::")
        assert (TESTS / file).exists(), f"{name} is in SLOW of conftest.py, but its file does not exist"
        assert not test or f"def {test.partition('[')[0]}(" in (TESTS / file).read_text(), f"{name} does not exist"
