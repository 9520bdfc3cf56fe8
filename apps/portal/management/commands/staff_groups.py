"""``manage.py staff_groups``: three groups of staff with what each may do in the administration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Q

from apps.audit.domain import record

#: What the city's work is kept in; keys, sign-in and settings are for administrators.
_READ = ("calls", "events", "organizations", "trials", "reports", "devices", "telemetry", "outbox", "audit")
_INTAKE = ("calls", "events", "organizations")
_DECISION = (*_INTAKE, "trials", "reports", "devices", "outbox")
#: Name → apps whose rows its people may add and change; all of them read ``_READ``.
#: Who may not change mails prepares decisions, but does not release them.
GROUPS: dict[str, tuple[str, ...]] = {"受付担当": _INTAKE, "決裁": _DECISION, "閲覧": ()}


def _permissions(write: Iterable[str]) -> list[Permission]:
    reading = Q(content_type__app_label__in=_READ, codename__startswith="view_")
    writing = Q(content_type__app_label__in=list(write)) & (
        Q(codename__startswith="add_") | Q(codename__startswith="change_")
    )
    return list(Permission.objects.filter(reading | writing))


@transaction.atomic
def groups_make() -> dict[str, int]:
    """Make the groups or bring them back to their permissions; name → how many. People stay in them."""
    counts = {}
    for name, write in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        permissions = _permissions(write)
        group.permissions.set(permissions)
        counts[name] = len(permissions)
    record(action="staff.groups", data=counts)
    return counts


class Command(BaseCommand):
    help = "Make the groups 受付担当, 決裁 and 閲覧, or bring them back to their permissions."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, count in groups_make().items():
            self.stdout.write(f"{name}: {count}")
