"""The import contracts leave nothing out."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.architecture.rules.tree import where

PRIVATE = ("views", "forms", "api", "admin", "urls")
#: core's bases of every API are for all apps.
_SHARED = {"apps.core.api", "apps.core.forms"}


def problems(root: Path) -> list[str]:
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    guarded = {name for row in contracts if row["type"] == "protected" for name in row["protected_modules"]}
    inside = {name for row in contracts if row["id"].startswith("inside-") for name in row["containers"]}
    found = []
    for app in sorted(path.parent for path in (root / "apps").glob("*/apps.py")):
        label = ".".join(app.relative_to(root).parts)
        if label not in inside:
            found.append(f"{where(root, app)} is in no contract of inner layers (pyproject.toml).")
        for name in PRIVATE:
            there = (app / f"{name}.py").is_file() or (app / name / "__init__.py").is_file()
            module = f"{label}.{name}"
            if there and module not in guarded | _SHARED:
                found.append(f"{module} is missing from the contract private-{app.name} (pyproject.toml).")
    lab_apart = any(row["id"] == "lab-apart" for row in contracts)
    if (root / "apps" / "sketchlab").is_dir() and not lab_apart:
        found.append("apps.sketchlab exists: add the contract lab-apart (devices, telemetry → sketchlab).")
    return found
