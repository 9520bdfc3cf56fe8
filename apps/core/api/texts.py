"""The words of the OpenAPI schema in the language of who asks for it.

Views and serializers describe themselves in English, in docstrings and plain arguments;
`deploy/local/api_texts.py` gives these texts to the translators under the same normal form.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from django.utils.translation import gettext, gettext_noop

#: Where drf-spectacular's list of values begins: its labels are translated where they are made.
_CHOICES = re.compile(r"(?m)^\* `")
#: Texts that drf-spectacular writes in English.
OTHERS = (gettext_noop("No response body"),)
_TEXTS = ("description", "summary")
#: What holds bodies as they travel, not words about them.
_BODIES = ("value", "example", "default", "enum", "x-spec-enum-id")


def one_line(text: str) -> str:
    """``text`` with every paragraph on one line, as a msgid."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())


def translated(text: str) -> str:
    """``text`` in the active language, with its list of values as it is."""
    begins = _CHOICES.search(text)
    words, rest = (text[: begins.start()], text[begins.start() :]) if begins else (text, "")
    msgid = one_line(words)
    if not msgid:
        return text
    return f"{gettext(msgid)}\n\n{rest}" if rest else gettext(msgid)


def texts_in_language(result: Any, **kwargs: Any) -> Any:
    """A postprocessing hook of drf-spectacular."""
    if isinstance(result, dict):
        return {name: _value(name, part) for name, part in result.items()}
    if isinstance(result, list):
        return [texts_in_language(part) for part in result]
    return result


def _value(name: str, part: Any) -> Any:
    if name in _BODIES:
        return part
    if name in _TEXTS and isinstance(part, str):
        return translated(part)
    return texts_in_language(part)
