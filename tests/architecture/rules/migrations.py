"""Migrations have names that say what they do, no code of apps, and a way back."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.rules.tree import parsed, python, where


def problems(root: Path) -> list[str]:
    found = []
    for path in python(root, "apps", migrations=True):
        if path.name == "__init__.py":
            continue
        name = where(root, path)
        if "_auto_" in path.name or not re.fullmatch(r"\d{4}_[a-z][a-z0-9_]+\.py", path.name):
            found.append(f"{name}: say what it does (makemigrations -n what_it_does).")
        tree = parsed(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and _module(node).startswith("apps."):
                found.append(f"{name}:{node.lineno} imports code of an app; use apps.get_model.")
            if isinstance(node, ast.Call) and not _has_way_back(node):
                found.append(f"{name}:{node.lineno} has no way back (reverse_code, reverse_sql or noop).")
    return found


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name


def _has_way_back(call: ast.Call) -> bool:
    kind = getattr(call.func, "attr", getattr(call.func, "id", ""))
    keyword = {"RunPython": "reverse_code", "RunSQL": "reverse_sql"}.get(kind)
    return keyword is None or len(call.args) >= 2 or any(word.arg == keyword for word in call.keywords)
