"""What we depend on may be used: no AGPL anywhere, no GPL in what runs in production."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)


def _names(path: Path) -> list[str]:
    return _PINNED.findall(path.read_text(encoding="utf-8"))


def _license(name: str) -> str | None:
    """What a distribution says of its license; None when it is not installed."""
    try:
        data = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classifiers = [row for row in data.get_all("Classifier", []) if row.startswith("License ::")]
    named = [text[:200] for key in ("License-Expression", "License") for text in data.get_all(key, [])]
    return " ".join([*named, *classifiers])


def is_refused(text: str, *, runtime: bool) -> bool:
    """AGPL always; GPL (not LGPL, not as one choice of several) in what runs."""
    if re.search(r"AGPL|Affero", text):
        return True
    choice = re.search(r"\bOR\b|MIT|BSD|Apache|LGPL|Lesser", text)
    return runtime and bool(re.search(r"\bGPL|GNU General Public", text)) and not choice


def problems(root: Path) -> list[str]:
    found = []
    for file, runtime in (("requirements.txt", True), ("requirements-test.txt", False)):
        for name in _names(root / file):
            text = _license(name)
            if text is not None and is_refused(text, runtime=runtime):
                found.append(f"{name} ({file}): {text.strip()}")
    for path in sorted((root / "node_modules").glob("**/package.json")):
        package = json.loads(path.read_text(encoding="utf-8"))
        if (
            "name" in package
            and "version" in package
            and is_refused(str(package.get("license", "")), runtime=True)
        ):
            found.append(f"{package['name']} (npm): {package['license']}")
    return found
