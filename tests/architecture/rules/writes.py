"""Rows change in ``domain`` only, by functions that name each argument and know no request."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.rules.tree import functions, parsed, python, where

#: ``file:function`` that writes outside domain, and why that is right.
EXCEPTIONS = {
    "apps/accounts/models.py:UserManager.create_user": "Django's own door for new people",
    "apps/core/models.py:SiteSettings.save": "the row's number is always 1",
    "apps/core/cleaning/pdf.py:pdf_save": "pikepdf's save",
    "apps/core/cleaning/pictures.py:_written_again": "Pillow's save",
    "apps/core/cleaning/pictures.py:bare_picture": "Pillow's save",
    "apps/core/uploads.py:_encode": "Pillow's save",
    "apps/outbox/adapters.py:OutboxEmailBackend.send_messages": "a mail backend; allauth calls it",
}
_ON_ROWS = {"save", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "abulk_create"}
_ON_MANAGERS = {"create", "update", "delete", "add", "set", "remove", "clear"}
_FREE = ("migrations", "domain", "domain.py", "management")


def problems(root: Path) -> list[str]:
    found = []
    for path in python(root, "apps"):
        name = where(root, path)
        inside = (*path.relative_to(root).parts, "")[2]
        for function, node in functions(parsed(path)):
            wrote = _writes(node)
            if inside in ("domain", "domain.py"):
                found += [f"{name}:{function} {fault}" for fault in _signature(function, node, wrote)]
            elif inside not in _FREE and wrote and f"{name}:{function}" not in EXCEPTIONS:
                found.append(f"{name}:{function} writes rows ({wrote}); that belongs in domain.")
    return found


def _writes(node: ast.AST) -> str:
    """The first writing call in ``node`` itself, not in functions inside it; empty when none."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute):
            chain = ast.unparse(child.func)
            if child.func.attr in _ON_ROWS and "form" not in chain:
                return chain
            if child.func.attr in _ON_MANAGERS and ".objects" in chain:
                return chain
        if inner := _writes(child):
            return inner
    return ""


def _signature(function: str, node: ast.FunctionDef | ast.AsyncFunctionDef, wrote: str) -> list[str]:
    arguments = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    every = {*arguments, *(arg.arg for arg in node.args.kwonlyargs)}
    found = ["takes a request; HTTP ends at the door."] if "request" in every else []
    public = "." not in function and not function.startswith("_")
    if public and (wrote or _is_atomic(node)) and arguments:
        found.append(f"writes and takes {', '.join(arguments)} by position; put * before.")
    return found


def _is_atomic(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("atomic" in ast.unparse(decorator) for decorator in node.decorator_list)
