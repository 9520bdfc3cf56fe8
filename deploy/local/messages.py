"""Bring locale/ja up to date: extract, fill from locale/incoming/*.json, compile, say what is missing.

`locale/incoming/<name>.json` maps an English msgid to its Japanese ({"Save": "保存する"}); a context
stands before the msgid with U+0004. With --check nothing is written: it fails when a text is
missing, fuzzy or no longer extracted. The texts of the API's schema are extracted too (`api_texts.py`).
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from deploy.local.api_texts import api_texts  # noqa: E402 -- run as a script, found by the line above

PO = ROOT / "locale" / "ja" / "LC_MESSAGES" / "django.po"
PYTHON = sys.executable


def extract() -> polib.POFile:
    """The texts of the tree as a fresh catalogue in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "django.pot"
        sources = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "apps", "config", "templates"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        return _xgettext(sources, template, Path(folder))


def _xgettext(sources: list[str], template: Path, folder: Path) -> polib.POFile:
    python = sorted(name for name in sources if name.endswith(".py") and "/migrations/" not in name)
    pages = sorted(name for name in sources if name.endswith((".html", ".txt")))
    staged = []
    for name in pages:
        target = folder / (name.replace("/", "__") + ".py")
        target.write_text(_template_as_python(ROOT / name), encoding="utf-8")
        staged.append(str(target))
    staged.append(str(_api_texts_as_python(folder)))
    keywords = [
        "gettext_noop",
        "gettext_lazy",
        "ngettext_lazy:1,2",
        "ngettext:1,2",
        "pgettext:1c,2",
        "npgettext:1c,2,3",
        "pgettext_lazy:1c,2",
        "npgettext_lazy:1c,2,3",
        "_text",
        "_lazy",
    ]
    existing = [name for name in python if (ROOT / name).is_file()]
    subprocess.run(
        ["xgettext", "-L", "Python", "--from-code=UTF-8", "--no-location", "-o", str(template)]
        + [f"--keyword={keyword}" for keyword in keywords]
        + [str(ROOT / name) for name in existing]
        + staged,
        check=True,
        cwd=ROOT,
    )
    return polib.pofile(str(template))


def _api_texts_as_python(folder: Path) -> Path:
    """What the API's schema says stands in docstrings and plain arguments: mark it here."""
    target = folder / "api_texts.py"
    target.write_text("".join(f"gettext_noop({text!r})\n" for text in api_texts(ROOT)), encoding="utf-8")
    return target


def _template_as_python(path: Path) -> str:
    return templatize(path.read_text(encoding="utf-8"), origin=str(path))


def incoming() -> dict[str, str]:
    """All texts of locale/incoming, later names winning."""
    texts: dict[str, str] = {}
    for path in sorted((ROOT / "locale" / "incoming").glob("*.json")):
        texts.update(json.loads(path.read_text(encoding="utf-8")))
    return texts


def key(entry: polib.POEntry) -> str:
    return f"{entry.msgctxt}\u0004{entry.msgid}" if entry.msgctxt else entry.msgid


def fill(found: polib.POFile) -> polib.POFile:
    """The catalogue of ``found`` with what was translated before, and what came in."""
    known: dict[str, str] = {}
    if PO.exists():
        for entry in polib.pofile(str(PO)):
            if not entry.obsolete and not entry.fuzzy:
                known[key(entry)] = entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr
    known.update(incoming())
    result = polib.POFile(wrapwidth=100)
    result.metadata = {
        "Language": "ja",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for entry in sorted(found, key=key):
        text = known.get(key(entry), "")
        new = polib.POEntry(
            msgid=entry.msgid, msgctxt=entry.msgctxt, flags=[flag for flag in entry.flags if flag != "fuzzy"]
        )
        if entry.msgid_plural:
            new.msgid_plural = entry.msgid_plural
            new.msgstr_plural = {0: text}
        else:
            new.msgstr = text
        result.append(new)
    return result


def missing(catalogue: polib.POFile) -> list[str]:
    return [e.msgid for e in catalogue if not (e.msgstr_plural.get(0) if e.msgid_plural else e.msgstr)]


def main() -> int:
    check = "--check" in sys.argv
    settings.configure()
    (ROOT / ".local").mkdir(exist_ok=True)
    with (ROOT / ".local" / "messages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        catalogue = fill(extract())
        without = missing(catalogue)
        stale = check and str(catalogue) != str(polib.pofile(str(PO), wrapwidth=100))
        if not check:
            PO.parent.mkdir(parents=True, exist_ok=True)
            catalogue.save(str(PO))
        temporary = PO.with_suffix(f".{os.getpid()}.mo")
        catalogue.save_as_mofile(str(temporary))
        temporary.replace(PO.with_suffix(".mo"))
    for text in without:
        sys.stderr.write(f"no Japanese for: {text!r}\n")
    if stale:
        sys.stderr.write("locale/ja is not up to date: run `make messages`\n")
    return 1 if check and (without or stale) else 0


if __name__ == "__main__":
    sys.exit(main())
