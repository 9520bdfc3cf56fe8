"""The tables of the docs: codes, also every code that an API names, and what each scope opens."""

from __future__ import annotations

import ast
import re

import pytest
from django.test import Client

from apps.apikeys.enums import ORGANIZATION_SCOPES
from apps.core.api.codes import CODES
from tests.architecture.rules.tree import ROOT, parsed, python

#: Of the OGC service, whose refusals have their own form.
_OTHERS = ("apps/telemetry/api/sta/",)


def rows() -> list[str]:
    return [f"| {status} | `{code}` | {text} |" for code, (status, text) in CODES.items()]


def test_the_docs_have_this_table_of_codes() -> None:
    text = (ROOT / "docs/engineer/api.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| \d{3} \| `.*$", text, re.MULTILINE)
    assert found == rows(), "\n".join(["Put into docs/engineer/api.md:", *rows()])


@pytest.mark.django_db
def test_the_docs_name_each_operation_beside_its_scope(client: Client) -> None:
    text = (ROOT / "docs/engineer/api.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z:]+)` \| (.*) \|$", text, re.MULTILINE))
    assert set(rows) == set(ORGANIZATION_SCOPES)
    missing = [
        f"{scope}: {path}"
        for path, operations in client.get("/api/v1/schema").json()["paths"].items()
        for operation in operations.values()
        for scope in operation.get("x-required-scopes", ())
        if not re.search(rf"{re.escape(path.removeprefix('/api/v1'))}(?![/{{\w])", rows[scope])
    ]
    assert not missing


def test_codes_that_an_api_names_are_in_the_table() -> None:
    named = set()
    for path in python(ROOT, "apps"):
        inside = path.relative_to(ROOT).as_posix()
        if "/api/" not in inside or inside.startswith(_OTHERS):
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                named |= {
                    str(word.value.value)
                    for word in node.keywords
                    if word.arg == "code" and isinstance(word.value, ast.Constant)
                }
    assert named - set(CODES) == set()
