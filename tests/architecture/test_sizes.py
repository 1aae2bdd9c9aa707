"""Sizes as a ratchet: what is too large today may only shrink, and nothing new may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from appliance.adapters.config import CHECKOUT

# Lines of a file, of an operation's file, of a function; arguments by position (a test's are its
# fixtures and do not count); blocks in blocks.
FILE, OPERATION, FUNCTION, ARGUMENTS, NESTING = 300, 150, 40, 5, 3

# Name and size of all that is above. Lower a number when it shrinks, take it out when it fits.
KNOWN: dict[str, int] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def _files() -> list[Path]:
    found = [*(CHECKOUT / "appliance").rglob("*.py"), *(CHECKOUT / "tests").rglob("*.py")]
    vendor = CHECKOUT / "appliance" / "engines" / "vendor"
    return sorted(file for file in found if vendor not in file.parents)


def too_large(name: str, text: str) -> Iterator[tuple[str, int]]:
    """What is above a limit in a file, with its size."""
    lines = len(text.splitlines())
    most = OPERATION if name.startswith("appliance/operations/") else FILE
    if lines > most:
        yield f"lines {name}", lines
    for function, path in _functions(ast.parse(text), name):
        last = function.end_lineno or function.lineno
        sizes = (
            ("lines", last - function.lineno + 1, FUNCTION),
            ("arguments", 0 if name.startswith("tests/") else _arguments(function), ARGUMENTS),
            ("nesting", _nesting(function.body), NESTING),
        )
        yield from ((f"{what} {path}", size) for what, size, limit in sizes if size > limit)


def _functions(node: ast.AST, path: str) -> Iterator[tuple[Function, str]]:
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, (*Function.__args__, ast.ClassDef))
        inner = f"{path}:{child.name}" if named else path
        if isinstance(child, Function):
            yield child, inner
        yield from _functions(child, inner)


def _arguments(function: Function) -> int:
    named = [*function.args.posonlyargs, *function.args.args]
    return len([each for each in named if each.arg not in ("self", "cls")])


def _nesting(body: list[ast.stmt]) -> int:
    """How deep blocks lie in blocks; a function inside counts for itself."""
    return max((_depth(statement) for statement in body), default=0)


def _depth(statement: ast.stmt) -> int:
    if not isinstance(statement, _BLOCKS):
        return 0
    bodies = [getattr(statement, name, []) for name in ("body", "finalbody")]
    bodies += [handler.body for handler in getattr(statement, "handlers", [])]
    bodies += [case.body for case in getattr(statement, "cases", [])]
    inside = 1 + max(_nesting(body) for body in bodies)
    other = getattr(statement, "orelse", [])
    # `elif` stands beside its `if`, not in it.
    chained = isinstance(statement, ast.If) and len(other) == 1 and isinstance(other[0], ast.If)
    return max(inside, _nesting(other) + (0 if chained else 1) if other else 0)


def _present() -> dict[str, int]:
    found: dict[str, int] = {}
    for file in _files():
        found.update(too_large(str(file.relative_to(CHECKOUT)), file.read_text("utf-8")))
    return found


def test_nothing_is_larger_than_the_limits_or_than_it_was() -> None:
    grown = {name: size for name, size in _present().items() if size > KNOWN.get(name, 0)}

    assert not grown, "\n".join(f"{name}: {size}" for name, size in sorted(grown.items()))


def test_what_fits_by_now_is_taken_off_the_list() -> None:
    assert [name for name in KNOWN if name not in _present()] == []


def test_a_long_wide_and_deep_function_is_found() -> None:
    deep = "if a:\n  for b in c:\n   with d:\n    while e:\n     pass\n".replace("\n", "\n ")
    text = f"class A:\n def f(self, a, b, c, d, e, g):\n  {deep}" + "  pass\n" * 40

    assert dict(too_large("appliance/a.py", text)) == {
        "lines appliance/a.py:A:f": 46,
        "arguments appliance/a.py:A:f": 6,
        "nesting appliance/a.py:A:f": 4,
    }


def test_a_chain_of_elif_is_not_deep() -> None:
    chain = "def f(a):\n if a == 0:\n  pass\n" + " elif a == 1:\n  pass\n" * 9 + " else:\n  pass\n"

    assert dict(too_large("appliance/a.py", chain)) == {}


def test_an_operation_has_a_smaller_limit() -> None:
    text = "a = 1\n" * 151

    assert dict(too_large("appliance/operations/image/a.py", text)) == {
        "lines appliance/operations/image/a.py": 151
    }
