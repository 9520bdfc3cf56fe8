"""Mails to the owners of a webhook: switched off because the receiver is gone, or failing for days."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from apps.core.site import site_settings
from apps.organizations.enums import Role
from apps.outbox.domain import message_queue
from apps.telemetry.models import WebhookEndpoint


def off_mail(endpoint: WebhookEndpoint) -> int:
    """The portal switched it off. Returns how many mails."""
    return _mail(endpoint, "telemetry-webhook-off", endpoint.off_at)


def failing_mail(endpoint: WebhookEndpoint) -> int:
    """Nothing arrived there for days. Returns how many mails."""
    return _mail(endpoint, "telemetry-webhook-failing", endpoint.failing_since)


def _mail(endpoint: WebhookEndpoint, template: str, moment: datetime | None) -> int:
    since = int(moment.timestamp()) if moment else 0
    owners = endpoint.organization.memberships.filter(role=Role.OWNER, user__is_active=True)
    for membership in owners.select_related("user"):
        user = membership.user
        message_queue(
            to=user.email,
            language=user.language,
            template=template,
            context=_context(endpoint, user.language),
            user=user,
            dedupe_key=f"{template}:{endpoint.pk}:{user.pk}:{since}",
        )
    return len(owners)


def _context(endpoint: WebhookEndpoint, language: str) -> dict[str, object]:
    site = site_settings()
    with translation.override(language):
        page = reverse("telemetry:webhook-detail", args=[endpoint.organization_id, endpoint.pk])
    return {
        "endpoint": endpoint,
        "page_url": settings.BASE_URL + page,
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact_email": site.contact_email,
    }
