from __future__ import annotations

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from apps.portal.selectors import api_operations

pytestmark = pytest.mark.django_db


def test_every_operation_of_the_schema_is_on_the_page(client: Client) -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    text = client.get("/developers/").content.decode()
    for path in schema["paths"]:
        assert path in text


def test_reports_need_no_key_and_devices_do() -> None:
    groups = api_operations()
    assert {operation.public for operation in groups["reports"]} == {True}
    assert {operation.public for operation in groups["devices"]} == {False}


def test_no_operation_is_without_words() -> None:
    assert [o.path for group in api_operations().values() for o in group if not o.summary] == []
