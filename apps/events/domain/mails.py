"""The mails to registered people, each in its recipient's language and with a link of its own."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from apps.core.site import site_settings
from apps.core.tokens import new_token
from apps.events.models import Event, Registration, RegistrationLink
from apps.events.selectors import place_in_line
from apps.outbox.domain import message_queue
from apps.outbox.models import Message


def link_new(*, registration: Registration) -> str:
    """A new whole address of the registration's own page, in its language."""
    token, hashed = new_token()
    RegistrationLink.objects.create(registration=registration, token_hash=hashed)
    with translation.override(registration.language):
        return settings.BASE_URL + reverse("events:registration", args=[token])


def _context(registration: Registration, own_url: str) -> dict[str, Any]:
    site, language = site_settings(), registration.language
    with translation.override(language):
        page = registration.event.get_absolute_url()
    return {
        "event": registration.event,
        "registration": registration,
        "position": place_in_line(registration),
        "own_url": own_url,
        "page_url": settings.BASE_URL + page,
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact": registration.event.contact or site.contact_email,
    }


def mail(registration: Registration, template: str, key: str) -> bool:
    """Queue ``events-<template>`` unless ``key`` was queued before or there is no address."""
    dedupe_key = mail_key(registration, template, key)
    if not registration.email or Message.objects.filter(dedupe_key=dedupe_key).exists():
        return False
    message_queue(
        to=registration.email,
        language=registration.language,
        template=f"events-{template}",
        context=_context(registration, link_new(registration=registration)),
        dedupe_key=dedupe_key,
    )
    return True


def mail_key(registration: Registration, template: str, key: str) -> str:
    return f"events-{template}:{registration.pk}:{key}"


def details_key(event: Event) -> str:
    """Changes when the date, the place or the online meeting of ``event`` does."""
    details = (event.starts_at, event.ends_at, event.place_name, event.address, event.online_url)
    return hashlib.sha256(repr(details).encode()).hexdigest()[:16]
