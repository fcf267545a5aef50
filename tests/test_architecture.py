"""The house's own rules: what may import what, what stays pure, and that tests mirror the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "podgraph"
CONSOLE = SOURCE.parent / "console"
TESTS = Path(__file__).parent

SLICES = ["accounts", "events", "lines", "capacity", "managed", "ods", "reports", "platform", "access"]
STEPS = ["kernel", "errors", "lifecycle", "rules", "database", "models", "repository", "service"]
STEPS += ["api", "types", "loaders", "queries", "mutations", "subscriptions", "root"]
WITHOUT_A_MODULE = {"statements", "figures", "models", "differential", "hostile", "concurrency", "pooler"}
WITHOUT_A_MODULE |= {"postgresql", "sqlite"}
"""Tests of something that no one module does."""
KINDS = {"execution": "api", "edge": "api", "demo": "root", "documents": "queries", "present": "queries"}
PURE = {"lifecycle", "rules", "errors"}
IMPURE = {"sqlalchemy", "sqlmodel", "strawberry", "graphql", "asyncio", "starlette", "time"}

Imports = list[tuple[str, str]]


def modules() -> list[str]:
    """Every module as a dotted name below the package: managed.types."""
    files = sorted(SOURCE.rglob("*.py"))
    names = [".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names if "migrations" not in name]


def path_of(module: str) -> Path:
    file = SOURCE.joinpath(*module.split(".")).with_suffix(".py")
    return file if file.exists() else file.with_suffix("") / "__init__.py"


def imports(module: str) -> Iterator[str]:
    """What a module imports when it runs: lazy types under TYPE_CHECKING are names, not imports."""
    tree = ast.parse(path_of(module).read_text())
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


def step(module: str) -> int:
    """How high on the staircase a module stands."""
    parts = module.split(".")
    if parts[0] in SLICES:
        kind = parts[1] if len(parts) > 1 else "kernel"
        return STEPS.index(KINDS.get(kind, kind))
    return STEPS.index(KINDS.get(parts[0], parts[0] if parts[0] in STEPS else "root"))


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_its_own_step_or_a_lower_one(module: str) -> None:
    above = [other for other in ours(module) if step(other) > step(module)]
    assert not above, f"{module} imports {above}, which stand above it: move what it needs down, or it up"


@pytest.mark.parametrize("module", [name for name in modules() if name.split(".")[0] in SLICES])
def test_a_slice_imports_only_slices_to_its_left(module: str) -> None:
    here = SLICES.index(module.split(".")[0])
    right = [
        other
        for other in ours(module)
        if other.split(".")[0] in SLICES and SLICES.index(other.split(".")[0]) > here
    ]
    assert not right, (
        f"{module} imports {right}: name the type with strawberry.lazy, the relation by its table"
    )


@pytest.mark.parametrize("module", [name for name in modules() if name.split(".")[-1] in PURE])
def test_rules_are_pure(module: str) -> None:
    impure = [name for name in imports(module) if name.split(".")[0] in IMPURE]
    asynchronous = [
        n for n in ast.walk(ast.parse(path_of(module).read_text())) if isinstance(n, ast.AsyncFunctionDef)
    ]
    assert not impure, f"{module} imports {impure}: hand it values instead"
    assert not asynchronous, f"{module} is to calculate, not to wait"


@pytest.mark.parametrize("module", modules())
def test_every_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(ast.parse(path_of(module).read_text())), f"{module} has no docstring"


def test_nothing_is_called_after_no_room_in_particular() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
    assert not [module for module in modules() if vague & set(module.split("."))]


def test_tests_mirror_the_source() -> None:
    known = (
        set(modules()) | {f"console.{part.stem}" for part in (CONSOLE / "src").iterdir()} | {"console.build"}
    )
    stray = [
        file.relative_to(TESTS).as_posix()
        for file in TESTS.rglob("test_*.py")
        if file.parent != TESTS
        and "node_modules" not in file.parts
        and ".".join([*file.relative_to(TESTS).parts[:-1], file.stem.removeprefix("test_")]) not in known
        and file.stem.removeprefix("test_") not in WITHOUT_A_MODULE
    ]
    assert not stray, f"{stray} test no module of that name: put them where their subject is"
