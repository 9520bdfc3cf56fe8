"""Keys that end soon, among what is next in the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.core.registry import Due
from apps.organizations.models import Organization
from apps.trials.models import Trial

AHEAD = timedelta(days=30)
#: Keys for an hour or so end as they should.
SHORT = timedelta(days=2)
MOST = 3


def key_dues(trials: Sequence[Trial], organization: Organization) -> Iterator[Due]:
    """Keys of the organization that end within 30 days, each beside the first of its trials. Two queries."""
    now = clock.now()
    keys = ApiKey.objects.usable(now).filter(organization=organization, expires_at__lte=now + AHEAD)
    wanted = {trial.pk: trial for trial in trials}
    shown = 0
    for key in keys.order_by("expires_at").prefetch_related("trials"):
        limited = [trial.pk for trial in key.trials.all()]
        place = next((pk for pk in limited or wanted if pk in wanted), None)
        if place is None or key.expires_at - key.created_at <= SHORT or shown >= MOST:
            continue
        shown += 1
        yield Due(
            trial=place,
            title=_("The API key “%(name)s” ends") % {"name": key.name},
            detail=_("Make a new one in time: programs that use it stop on that day."),
            url=reverse("apikeys:key-list", args=[organization.pk]),
            day=clock.local_date(key.expires_at),
        )
