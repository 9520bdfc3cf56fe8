"""The same request for the command line, for Python and for JavaScript.

Each snippet is a list of parts, so that a page can put another address or the reader's key in the
place of one part: ``text`` stays, ``url`` is the address, ``key`` is where the key comes from.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

VARIABLE = "MACHITRY_KEY"


@dataclass(frozen=True)
class Call:
    """A request: absolute ``url``, whether it needs a key, a JSON ``body`` (None: none) and headers."""

    method: str
    url: str
    needs_key: bool
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    #: Whether the answer is JSON.
    answers_json: bool = True


@dataclass(frozen=True)
class Part:
    kind: str
    text: str


@dataclass(frozen=True)
class Snippet:
    """``id`` is ``curl``, ``python`` or ``javascript``."""

    id: str
    label: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def _shell(text: str) -> str:
    """``text`` in single quotes of a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _python(value: Any, indent: int) -> str:
    """A JSON value as Python writes it, broken into lines like JSON with indents of 4."""
    inner, outer = " " * (indent + 4), " " * indent
    if isinstance(value, dict) and value:
        rows = [
            f"{inner}{json.dumps(str(k), ensure_ascii=False)}: {_python(v, indent + 4)}"
            for k, v in value.items()
        ]
        return "{\n" + ",\n".join(rows) + f",\n{outer}}}"
    if isinstance(value, list) and value:
        rows = [f"{inner}{_python(item, indent + 4)}" for item in value]
        return "[\n" + ",\n".join(rows) + f",\n{outer}]"
    if value is None or isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def curl(call: Call) -> Snippet:
    parts = [Part("text", "curl")]
    if call.method != "GET":
        parts.append(Part("text", f" -X {call.method}"))
    if call.needs_key:
        parts += [
            Part("text", ' -H "Authorization: Bearer '),
            Part("key", f"${VARIABLE}"),
            Part("text", '" \\\n '),
        ]
    headers = {**call.headers, **({"Content-Type": "application/json"} if call.body is not None else {})}
    for name, value in headers.items():
        parts.append(Part("text", f" -H {_shell(f'{name}: {value}')} \\\n "))
    parts += [Part("text", " '"), Part("url", call.url), Part("text", "'")]
    if call.body is not None:
        body = json.dumps(call.body, ensure_ascii=False, indent=2)
        parts.append(Part("text", f" \\\n  -d {_shell(body)}"))
    return Snippet("curl", "curl", tuple(parts))


def python(call: Call) -> Snippet:
    headers = "".join(f",\n        {json.dumps(k)}: {json.dumps(v)}" for k, v in call.headers.items())
    parts = [Part("text", "import os\n\nimport requests\n\n" if call.needs_key else "import requests\n\n")]
    if call.needs_key:
        parts += [Part("text", "key = "), Part("key", f'os.environ["{VARIABLE}"]'), Part("text", "\n")]
    parts += [
        Part("text", f'response = requests.{call.method.lower()}(\n    "'),
        Part("url", call.url),
        Part("text", '",\n'),
    ]
    if call.needs_key:
        parts.append(Part("text", f'    headers={{"Authorization": f"Bearer {{key}}"{headers}}},\n'))
    if call.body is not None:
        parts.append(Part("text", f"    json={_python(call.body, 4)},\n"))
    shown = "response.json()" if call.answers_json else "response.text"
    parts.append(Part("text", f"    timeout=30,\n)\nresponse.raise_for_status()\nprint({shown})"))
    return Snippet("python", "Python", tuple(parts))


def javascript(call: Call) -> Snippet:
    rows = [] if call.method == "GET" else [f'  method: "{call.method}",\n']
    headers = ["Authorization: `Bearer ${key}`"] if call.needs_key else []
    headers += [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in call.headers.items()]
    if call.body is not None:
        headers.append('"Content-Type": "application/json"')
    if headers:
        rows.append(f"  headers: {{ {', '.join(headers)} }},\n")
    if call.body is not None:
        body = json.dumps(call.body, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        rows.append(f"  body: JSON.stringify({body}),\n")
    parts = []
    if call.needs_key:
        parts += [Part("text", "const key = "), Part("key", f"process.env.{VARIABLE}"), Part("text", ";\n")]
    parts += [Part("text", 'const response = await fetch("'), Part("url", call.url)]
    parts.append(Part("text", '", {\n' + "".join(rows) + "});\n" if rows else '");\n'))
    shown = "response.json()" if call.answers_json else "response.text()"
    parts.append(
        Part("text", "if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);\n")
    )
    parts.append(Part("text", f"console.log(await {shown});"))
    return Snippet("javascript", "JavaScript", tuple(parts))


def snippets(call: Call) -> list[Snippet]:
    """``call`` in each language."""
    return [curl(call), python(call), javascript(call)]
