"""Each app says what it is; each variable and command is written down; decisions are numbered."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.rules.tree import files, where

_VARIABLE = re.compile(r"\bMACHITRY_[A-Z0-9]+(?:_[A-Z0-9]+)*\b(?!_)")
_PLACES = ("apps", "config", "deploy", "tests", "benchmarks", "assets")
_SUFFIXES = (".py", ".sh", ".ts", ".mjs", ".yaml", ".yml", ".toml", ".service", ".env", ".example", "")


def _variables(root: Path) -> dict[str, str]:
    """Each variable with the first place that uses it."""
    used: dict[str, str] = {}
    paths = [path for folder in _PLACES for path in files(root, folder, *_SUFFIXES)]
    for path in [*paths, root / "Makefile"]:
        if path.is_file() and path.name not in ("test_planted_faults.py", "test_env.py"):
            for name in _VARIABLE.findall(path.read_text(encoding="utf-8", errors="replace")):
                used.setdefault(name.removesuffix("_FILE"), where(root, path))
    return used


def problems(root: Path) -> list[str]:
    found = []
    for app in sorted(path.parent for path in (root / "apps").glob("*/apps.py")):
        readme = app / "README.md"
        if not readme.is_file() or len(readme.read_text(encoding="utf-8")) < 200:
            found.append(f"apps/{app.name} has no README.md that says what it is.")
    pages = [page for folder in ("docs/operate", "docs/develop") for page in files(root, folder, ".md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    for name, place in sorted(_variables(root).items()):
        if not re.search(rf"\b{name}\b", text):
            found.append(f"{name} ({place}) is described neither in docs/operate nor in docs/develop.")
    for command in sorted((root / "apps").glob("*/management/commands/[a-z]*.py")):
        if not re.search(rf"\b{command.stem}\b", text):
            found.append(
                f"The command {command.stem} is described neither in docs/operate nor in docs/develop."
            )
    return found + _decisions(root)


def _decisions(root: Path) -> list[str]:
    found: list[str] = []
    seen: dict[str, str] = {}
    for page in files(root, "docs/decisions", ".md"):
        number = page.name[:4]
        if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name):
            found.append(f"{where(root, page)}: its name is NNNN-what-was-decided.md.")
        elif number in seen:
            found.append(f"{where(root, page)} has the number of {seen[number]}.")
        seen.setdefault(number, page.name)
    return found
