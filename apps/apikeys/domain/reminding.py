"""The mails 30 and 7 days before a key ends: one to each person, of all keys that are due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation

from apps.apikeys.enums import KeyKind
from apps.apikeys.models import ApiKey, ApiKeyQuerySet
from apps.core import clock
from apps.core.site import site_settings
from apps.organizations.enums import ENGINEERING_ROLES
from apps.organizations.models import Membership
from apps.outbox.domain import message_queue

if TYPE_CHECKING:
    from apps.accounts.models import User

TEMPLATE = "apikeys-ending"
#: So many days before the end, the later mail first.
REMIND_DAYS = (7, 30)
#: A key that lives hardly longer than that is not spoken of on its first day.
_SPARE = timedelta(days=1)


def keys_remind(*, now: datetime | None = None) -> int:
    """Queue the mails that are due and were not queued before; how many.

    Not for keys that another takes the place of, nor for those of the docs page. To the owners, managers
    and engineers of the organization, or to the person; where nobody is left, to nobody.
    """
    now = now or clock.now()
    owners = _due(now).values_list("organization_id", "person_id").distinct().order_by()
    return sum(_remind(organization, person, now) for organization, person in owners)


def _due(now: datetime) -> ApiKeyQuerySet:
    """Keys of which a mail is due that was not queued: ``reminded_days`` is the last mail's."""
    due = Q(pk=None)
    for days in REMIND_DAYS:
        before = timedelta(days=days)
        due |= Q(
            Q(reminded_days=None) | Q(reminded_days__gt=days),
            expires_at__lte=now + before,
            created_at__lt=F("expires_at") - (before + _SPARE),
        )
    return ApiKey.objects.usable(now).exclude(kind=KeyKind.DOCS).filter(due, replacement=None)


@transaction.atomic
def _remind(organization_id: Any, person_id: Any, now: datetime) -> int:
    due = _due(now).filter(organization_id=organization_id, person_id=person_id)
    locked = ApiKey.objects.filter(pk__in=due.values("pk")).select_for_update(skip_locked=True, of=("self",))
    ours = list(locked.values_list("pk", flat=True))
    # Asked anew: another round may have told of them and ended between our look and our lock.
    rows = _due(now).filter(pk__in=ours)
    keys = list(rows.select_related("organization", "person").order_by("expires_at"))
    if not keys:
        return 0
    for key in keys:
        left = key.expires_at - now
        key.reminded_days = next(days for days in REMIND_DAYS if left <= timedelta(days=days))
    ApiKey.objects.bulk_update(keys, ["reminded_days"])
    people = _people(keys[0])
    for person in people:
        _mail(person, keys)
    return len(people)


def _people(key: ApiKey) -> list[User]:
    if key.person is not None:
        return [key.person] if key.person.is_active else []
    rows = Membership.objects.filter(
        organization=key.organization_id, role__in=ENGINEERING_ROLES, user__is_active=True
    )
    return [row.user for row in rows.select_related("user").order_by("created_at")]


def _mail(person: User, keys: Sequence[ApiKey]) -> None:
    site, language, first = site_settings(), person.language, keys[0]
    with translation.override(language):
        page = reverse("apikeys:own-list")
        if first.organization_id is not None:
            page = reverse("apikeys:key-list", args=[first.organization_id])
    context = {
        "keys": keys,
        "organization": first.organization,
        "page_url": settings.BASE_URL + page,
        "city": site.localized("city_name", language),
        "department": site.localized("department", language),
        "contact_email": site.contact_email,
    }
    message_queue(to=person.email, language=language, template=TEMPLATE, context=context, user=person)
