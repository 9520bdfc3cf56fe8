"""What fault runs found: printed, and kept in ``.local/faults/<name>.json``."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.services import ROOT

OUT = ROOT / ".local" / "faults"


def report(name: str, what: str, **figures: Any) -> None:
    """Keep ``figures`` of ``what`` in the file of the run ``name``; a later run of the same replaces them."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.json"
    known: list[dict[str, Any]] = json.loads(path.read_text())["results"] if path.is_file() else []
    results = [row for row in known if row["what"] != what] + [{"what": what, **figures}]
    path.write_text(json.dumps({"name": name, "results": results}, ensure_ascii=False, indent=1))
    sys.stdout.write(f"\n{what}: " + ", ".join(f"{key} {value}" for key, value in figures.items()) + "\n")
