from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.test import Client


def test_the_schema_is_valid_and_complete(tmp_path) -> None:
    path = tmp_path / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(path))
    assert path.stat().st_size > 1000


@pytest.mark.django_db
def test_every_operation_of_ours_has_words_and_an_example(client: Client) -> None:
    schema = json.loads(client.get("/api/v1/schema").content)
    ours = {path: part for path, part in schema["paths"].items() if "/devices" in path or "/trials" in path}
    assert set(ours) >= {
        "/api/v1/devices",
        "/api/v1/devices/{id}",
        "/api/v1/devices/{id}/latest",
        "/api/v1/devices/{id}/uplinks",
        "/api/v1/trials",
        "/api/v1/trials/statistics",
        "/api/v1/trials/{code}",
    }
    for operation in (one for part in ours.values() for one in part.values()):
        assert operation["summary"]
        assert operation["description"]
        done = next(code for code in operation["responses"] if code.startswith("2"))
        assert operation["responses"][done]["content"]["application/json"]["examples"]
        assert "429" in operation["responses"]
    assert schema["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
