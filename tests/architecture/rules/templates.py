"""Templates compile, name what exists, and hold no inline script or style (our CSP refuses both)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.backends.django import DjangoTemplates

from tests.architecture.rules.tree import files, python, where

_FORBIDDEN = {
    r"<script(?![^>]*\bsrc=)": "a script without src",
    r"<style\b": "a style element",
    r"<[^>]*\sstyle\s*=": "a style attribute",
    r"<[^>]*\son[a-z]+\s*=": "an inline event handler",
    r"\bhx-on[:-]|hx-vals\s*=\s*[\"']js:": "an htmx expression that needs eval",
    r"javascript:": "a javascript: address",
    r"\b(?:src|srcset)\s*=\s*[\"']https?:": "something loaded from elsewhere",
    r"\|\s*safe\b|\bautoescape\s+off\b": "text that is not escaped",
}
_MULTI_LINE_TEXT = re.compile(r"{%\s*block(?:trans|translate)\b(?![^%]*\btrimmed\b)[^%]*%}[^{]*\n")
_NAMED = re.compile(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']")
_IN_PYTHON = re.compile(r"<\w[^>\n]*\s(?:style|on[a-z]+)=\\?[\"']|<script>|<style>")


def _engine(root: Path) -> DjangoTemplates:
    config: dict[str, Any] = settings.TEMPLATES[0]
    dirs: list[Any] = [root / "templates"]
    options = dict(config["OPTIONS"])
    return DjangoTemplates({"NAME": "checked", "DIRS": dirs, "APP_DIRS": True, "OPTIONS": options})


def problems(root: Path) -> list[str]:
    found = []
    engine = _engine(root)
    for path in files(root, "templates", ".html", ".txt"):
        name = where(root, path)
        text = path.read_text(encoding="utf-8")
        found += [
            f"{name}: {fault}" for fault in _compile(engine, path.relative_to(root / "templates"), text)
        ]
        if path.suffix == ".html":
            found += [
                f"{name} has {what}." for pattern, what in _FORBIDDEN.items() if re.search(pattern, text)
            ]
        if _MULTI_LINE_TEXT.search(text) and path.suffix == ".html":
            found.append(f"{name} has a blocktranslate over several lines that is not trimmed.")
    for path in python(root, "apps"):
        if _IN_PYTHON.search(path.read_text(encoding="utf-8")):
            found.append(f"{where(root, path)} builds HTML with an inline style or handler.")
    return found


def _compile(engine: DjangoTemplates, name: Path, text: str) -> list[str]:
    found = []
    try:
        engine.get_template(name.as_posix())
    except TemplateSyntaxError as error:
        found.append(str(error))
    for other in _NAMED.findall(text):
        try:
            engine.get_template(other)
        except TemplateDoesNotExist:
            found.append(f"there is no template {other}")
        except TemplateSyntaxError:
            continue
    return found
