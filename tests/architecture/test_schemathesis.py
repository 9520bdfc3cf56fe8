"""Schemathesis over the whole schema: data that fits and data that does not, never an error of ours and
never an answer that the schema does not tell of.

``MACHITRY_SCHEMATHESIS`` sets the number of examples for each operation and kind: 4, and 60 with
``make faults ONLY=tests/architecture/test_schemathesis.py``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from apps.core.api.codes import CODES
from apps.core.models import SiteSettings
from tests.architecture.access import own_models
from tests.architecture.access.world import World

EXAMPLES = int(os.environ.get("MACHITRY_SCHEMATHESIS", "60" if "MACHITRY_FAULTS" in os.environ else "4"))
#: Those that look at one answer. Who may call what, and what is gone, is swept in test_access.
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
_FREE = r"\s+- header: .*Authorization\)?(?:\n|$)"
_ALLOWED = re.compile(rf"Invalid component:\n(?:{_FREE})+(?!\s+- )")
#: Drawn three times as often as the others: only it comes past the door.
OWN = "key"


@pytest.fixture(scope="module")
def schema(world: World) -> Iterator[Any]:
    SiteSettings.objects.update_or_create(pk=1, defaults=dict.fromkeys(_limits(), 10**9))
    # Between requests Django would close the connection, and with it the world.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _limits() -> list[str]:
    fields = SiteSettings._meta.get_fields()
    return [field.name for field in fields if field.name.startswith("api_")]


def _checks() -> list[Any]:
    return CHECKS.get_by_names(list(WANTED))


def _ids(world: World) -> dict[str, Any]:
    """Things that exist, for the parameters of addresses."""
    return {"id": str(world.device.pk), "pk": str(world.device.pk), "code": world.trial.code}


def _make_real(case: Any, world: World) -> None:
    """Name things that exist where the data names some that could exist."""
    ids = _ids(world)
    if "/device-models/" in case.path:
        ids["id"] = str(own_models.codec(world).model_id)
        if "version" in case.path_parameters:
            case.path_parameters["version"] = own_models.codec(world).version
    for name, value in ids.items():
        told = str(case.path_parameters.get(name, ""))
        if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" if name != "code" else r"[\w-]+", told):
            case.path_parameters[name] = value
    if isinstance(case.body, dict) and isinstance(case.body.get("trial"), str):
        case.body["trial"] = world.trial.code


def _found(case: Any, answer: Any) -> list[BaseException]:
    """What the checks find. The header of the key is always sent here: its lack is nothing to be refused."""
    try:
        case.validate_response(answer, checks=_checks())
    except BaseExceptionGroup as group:
        faults: list[BaseException] = list(group.exceptions)
    except Exception as fault:
        faults = [fault]
    else:
        faults = []
    return [fault for fault in faults if not _ALLOWED.search(str(fault))]


def _called(case: Any, token: str | None) -> Any:
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with transaction.atomic():
        answer = case.call(headers=headers)
        transaction.set_rollback(True)
    return answer


def _faults(operation: Any, world: World, mode: GenerationMode) -> Iterator[str]:
    seen: dict[str, str] = {}
    names = st.sampled_from([OWN, OWN, OWN, *world.keys])

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), name=names, real=st.booleans())
    def ask(case: Any, name: str, real: bool) -> None:
        if real:
            _make_real(case, world)
        answer = _called(case, world.keys[name])
        for fault in _found(case, answer):
            seen.setdefault(type(fault).__name__, f"{fault}\n{case.as_curl_command()}")
        if answer.status_code >= 400:
            code = answer.json().get("code")
            if code not in CODES:
                seen.setdefault(f"code {code}", "not in apps/core/api/codes.py")

    try:
        ask()
    except Unsatisfiable:
        pass  # nothing can be wrong about it
    except Exception as fault:
        seen[type(fault).__name__] = str(fault)
    yield from (f"{operation.label} {mode.value}: {name}: {text}" for name, text in seen.items())


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda m: m.value)
def test_schemathesis_finds_nothing(schema: Any, world: World, mode: GenerationMode) -> None:
    found: list[str] = []
    count = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        count += 1
        found += _faults(operation, world, mode)
    assert count > 25
    assert not found, f"{len(found)} faults\n\n" + "\n\n".join(found)
