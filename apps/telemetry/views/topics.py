"""Data over MQTT: where the broker is, which keys may listen, and a key's password."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from apps.organizations.selectors import access_organization
from apps.telemetry.domain.topics import topics_password_show
from apps.telemetry.selectors.topics import access_topic_key, topic_keys, topic_rows
from apps.trials.permissions import works_for

PAGE_SIZE = 30


def _broker() -> dict[str, Any]:
    address = urlsplit(settings.TOPICS_PUBLIC_URL)
    return {"address": address, "port": address.port or (8883 if address.scheme == "mqtts" else 1883)}


@login_required
@require_safe
def topics(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The address, the topics, and the keys that may listen."""
    owner = access_organization(actor=request.user, pk=organization)
    page = Paginator(topic_keys(owner), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "organization": owner,
        **_broker(),
        "page": page,
        "rows": topic_rows(page),
        "may_write": works_for(request.user, owner),
    }
    return render(request, "telemetry/topics.html", context)


@login_required
@never_cache
@require_http_methods(["POST"])
@sensitive_variables()
def topics_password(request: HttpRequest, organization: uuid.UUID, key: uuid.UUID) -> HttpResponse:
    """A key's name and password at the broker; who looked is written down."""
    found = access_topic_key(actor=request.user, organization=organization, pk=key)
    shown = topics_password_show(key=found, actor=request.user)
    context = {"organization": found.organization, **_broker(), **shown}
    return render(request, "telemetry/topics_password.html", context)


@login_required
@require_safe
def topics_link(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """A line of the workspace; empty where the city has no such broker."""
    owner = access_organization(actor=request.user, pk=organization)
    on = bool(settings.TOPICS_URL)
    return render(request, "telemetry/_topics_link.html", {"organization": owner, "on": on})
