"""Nothing of the machine or the registry that someone happened to work with is committed."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.architecture.rules.tree import committed, where

_TRACES = {
    r"(?<![\w.~-])/(?:root|home/\w+|Users/\w+)/": "an absolute path of one machine",
    r"\b(?:registry|repo|mirror|pypi|npm|nexus|artifactory|devpi)\.[a-z0-9.-]+\.[a-z]{2,}\b": "a registry",
    r"^--?(?:extra-)?index-url|--trusted-host": "a registry's address",
}
_TEXT = {
    ".py",
    ".txt",
    ".in",
    ".toml",
    ".json",
    ".md",
    ".html",
    ".ts",
    ".css",
    ".sh",
    ".mjs",
    ".yaml",
    ".yml",
    ".conf",
    "",
}
#: What only tells of registries, and this rule itself.
_ALLOWED = ("tests/architecture/rules/traces.py", "tests/architecture/test_planted_faults.py", "LICENSE")


def problems(root: Path) -> list[str]:
    found = []
    for path in committed(root):
        name = where(root, path)
        if path.suffix not in _TEXT or name in _ALLOWED or name.startswith("fixtures/"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern, what in _TRACES.items():
            for match in re.finditer(pattern, text, re.MULTILINE):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{name}:{line} names {what}: {match.group()}")
    lock = root / "package-lock.json"
    if lock.is_file():
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        found += [
            f"package-lock.json: {name} has an address."
            for name, row in packages.items()
            if "resolved" in row
        ]
    return found
