"""Which files a tree has."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_SKIPPED = re.compile(r"/(\.local|\.venv|node_modules|dist|__pycache__|\.git|\.mypy_cache|\.ruff_cache)/")


def files(root: Path, folder: str, *suffixes: str) -> list[Path]:
    """The files below ``folder`` that end in one of ``suffixes``, in order."""
    found = (path for path in (root / folder).rglob("*") if path.suffix in suffixes and path.is_file())
    return sorted(path for path in found if not _SKIPPED.search(path.as_posix()))


def python(root: Path, *folders: str, migrations: bool = False) -> list[Path]:
    """Python files below ``folders``, those of migrations only when asked for."""
    found = [path for folder in folders for path in files(root, folder, ".py")]
    return [path for path in found if ("migrations" in path.parts) == migrations]


def committed(root: Path) -> list[Path]:
    """Every file that git has or would take."""
    run = ["git", "ls-files", "-co", "--exclude-standard"]
    names = subprocess.run(run, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    return [root / name for name in names if (root / name).is_file()]


def parsed(path: Path) -> ast.Module:
    """The file's syntax tree; parsed once for all rules, and again when it was written to."""
    stat = path.stat()
    return _parsed(path, (stat.st_mtime_ns, stat.st_size))


@functools.cache
def _parsed(path: Path, _written: tuple[int, int]) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with its dotted name inside the module."""
    yield from _functions(tree, "")


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child
            yield from _functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        else:
            yield from _functions(child, prefix)


def where(root: Path, path: Path, line: int | None = None) -> str:
    name = path.relative_to(root).as_posix()
    return name if line is None else f"{name}:{line}"
