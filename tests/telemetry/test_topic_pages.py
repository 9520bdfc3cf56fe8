"""The page of who may listen over MQTT, with many keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.apikeys.domain import api_key_create
from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def make(cast: Cast, count: int) -> None:
    """Keys that may listen, until there are ``count``."""
    for number in range(ApiKey.objects.count(), count):
        api_key_create(
            organization=cast.organization, actor=None, name=f"受信 {number:02d}", scopes=[Scope.MQTT]
        )


def test_keys_that_may_listen_page_by_page(
    cast: Cast, client: Client, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.TOPICS_PUBLIC_URL = "mqtt://127.0.0.1:1884"
    client.force_login(cast.colleague)
    url = reverse("telemetry:topics", args=[cast.organization.pk])
    client.get(url)
    for count in (1, 3):
        make(cast, count)
        with django_assert_num_queries(7):
            page = client.get(url)
        assert len(page.context["rows"]) == count
    make(cast, 31)
    assert len(client.get(url).context["rows"]) == 30
    assert len(client.get(url, {"page": "2"}).context["rows"]) == 1
