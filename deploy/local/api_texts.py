"""The texts that the API's schema shows, read from the code: what `messages.py` gives to the translators.

They stand where drf-spectacular finds them: `summary`, `description` and `help_text` of calls and
literals, names of examples, the table `CODES`, docstrings of views, of their methods and of serializers.
`apps.core.api.texts` looks them up again by the same normal form (`one_line`).
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

_NAMES = {"summary", "description", "help_text", "label"}
_EXAMPLES = {"OpenApiExample": 0, "example": 1}
#: How the classes are named whose docstrings the schema shows.
_SHOWN = ("View", "Serializer", "Input", "Changes")
_METHODS = {"get", "post", "put", "patch", "delete"}
#: A text without an English word outside of its code is a sample, not for translators.
_CODE = re.compile(r"(`+).*?\1")
_WORDS = re.compile(r"[A-Za-z]{2}")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def one_line(text: str) -> str:
    """``text`` with every paragraph on one line, as a msgid."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names that are given a value, wherever it is done."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


class _Texts(ast.NodeVisitor):
    """``shared`` holds the constants of all modules: one may be imported from another."""

    def __init__(self, tree: ast.Module, shared: dict[str, str]) -> None:
        self.found: set[str] = set()
        self.constants = dict(shared)
        #: Functions of the module that take such a text, and its place among their arguments.
        self.helpers: dict[str, list[int]] = {}
        for name, value in _constants(tree):
            if text := self.text(value):
                self.constants[name] = text
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                names = [argument.arg for argument in node.args.args]
                self.helpers[node.name] = [at for at, name in enumerate(names) if name in _NAMES]
        self.visit(tree)

    def text(self, node: ast.AST | None) -> str:
        """A text put together from literals and constants of the module; empty when it is not one."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            return self.constants.get(node.id, "")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.text(node.left), self.text(node.right)
            return left + right if left and right else ""
        if isinstance(node, ast.FormattedValue):
            return self.text(node.value)
        if isinstance(node, ast.JoinedStr):
            parts = [self.text(part) for part in node.values]
            return "".join(parts) if all(parts) else ""
        return ""

    def add(self, node: ast.AST | None) -> None:
        if text := one_line(self.text(node)):
            self.found.add(text)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for keyword in node.keywords:
            if keyword.arg in _NAMES:
                self.add(keyword.value)
        for index in self.helpers.get(name, ()):
            self.add(node.args[index] if len(node.args) > index else None)
        place = _EXAMPLES.get(name)
        if place is not None and len(node.args) > place:
            self.add(node.args[place])
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in ("summary", "description"):
                self.add(value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if getattr(node.target, "id", "") == "CODES" and isinstance(node.value, ast.Dict):
            for row in node.value.values:
                self.add(row.elts[-1] if isinstance(row, ast.Tuple) else None)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if node.name.endswith(_SHOWN) and not node.name.startswith("_"):
            self.found.add(one_line(ast.get_docstring(node) or ""))
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and part.name in _METHODS:
                    self.found.add(one_line(ast.get_docstring(part) or ""))
        self.generic_visit(node)


def api_files(root: Path) -> Iterator[Path]:
    """The modules in which apps describe their API."""
    for app in sorted((root / "apps").iterdir()):
        for name in ("api", "adapters"):
            yield from sorted((app / name).rglob("*.py"))
            yield from app.glob(f"{name}.py")


def api_texts(root: Path) -> list[str]:
    """Every text of the API's schema that stands in the code below ``root``."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in api_files(root)]
    shared: dict[str, str] = {}
    for tree in trees:
        for name, value in _constants(tree):
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and name.isupper():
                shared[name] = value.value
    found: set[str] = set()
    for tree in trees:
        found |= _Texts(tree, shared).found
    words = (text for text in found if not _JAPANESE.search(text))
    return sorted(text for text in words if _WORDS.search(_CODE.sub("", text)))
