"""Budgets of size, counted in lines that are not blank."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.rules.tree import files, functions, parsed, python, where

FUNCTION, MODULE, TEMPLATE = 40, 400, 150
#: What may be larger: ``file`` or ``file:function`` and why.
EXCEPTIONS: dict[str, str] = {}


def _lines(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


def _function_lines(source: list[str], node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code: a docstring is not counted, so that nobody saves on it."""
    assert node.end_lineno is not None
    lines = _lines("\n".join(source[node.lineno - 1 : node.end_lineno]))
    return lines - _lines(ast.get_docstring(node) or "")


def problems(root: Path) -> list[str]:
    found = []
    for path in python(root, "apps", "config", "deploy", "benchmarks"):
        text = path.read_text(encoding="utf-8")
        name = where(root, path)
        if _lines(text) > MODULE and name not in EXCEPTIONS:
            found.append(f"{name} has {_lines(text)} lines; a module has {MODULE} at most.")
        for function, node in functions(parsed(path)):
            size = _function_lines(text.splitlines(), node)
            if size > FUNCTION and f"{name}:{function}" not in EXCEPTIONS:
                found.append(f"{name}:{function} has {size} lines; a function has {FUNCTION} at most.")
    for folder, budget in (("templates", TEMPLATE), ("assets", MODULE)):
        for path in files(root, folder, ".html", ".txt", ".ts"):
            size, name = _lines(path.read_text(encoding="utf-8")), where(root, path)
            if size > budget and name not in EXCEPTIONS:
                found.append(f"{name} has {size} lines; {budget} at most.")
    return found
