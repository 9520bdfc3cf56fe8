"""Whether anything that the deliberation of a call reads has changed: one query, whoever wrote it.

PostgreSQL stamps each version of a row with its transaction (``xmin``) and its place (``ctid``). Of the
rows that matter, the count and the sum of the stamps' hashes change with every insert, update and
delete, by the portal, a command or plain SQL. What follows from the clock alone (a sealed phase, the
day) is added.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import BigIntegerField, Count, Func, Model, QuerySet, Sum, Value

from apps.accounts.models import User
from apps.calls.models import (
    Application,
    Call,
    CallCriterion,
    Decision,
    FacilityConsent,
    JointApplicant,
    Review,
    ReviewAssignment,
    ReviewConflict,
    Reviewer,
    ReviewerTie,
    ReviewScore,
)
from apps.calls.selectors.phases import sealed_until
from apps.core import clock
from apps.core.models import SiteSettings
from apps.organizations.models import Membership, Organization, OrganizationDomain


def _read(call: Call) -> list[QuerySet[Any]]:
    """The rows on which the page depends; of organizations and people all that conflicts may come from."""
    return [
        Call.objects.filter(pk=call.pk),
        Application.objects.filter(call=call),
        Decision.objects.filter(application__call=call),
        CallCriterion.objects.filter(call=call),
        Reviewer.objects.filter(call=call),
        ReviewerTie.objects.filter(reviewer__call=call),
        ReviewAssignment.objects.filter(application__call=call),
        ReviewConflict.objects.filter(application__call=call),
        Review.objects.filter(assignment__application__call=call),
        ReviewScore.objects.filter(review__assignment__application__call=call),
        JointApplicant.objects.filter(application__call=call),
        FacilityConsent.objects.filter(application__call=call),
        SiteSettings.objects.all(),
        Organization.objects.all(),
        OrganizationDomain.objects.all(),
        Membership.objects.all(),
        # Further addresses of people, by name: this layer knows no sign-in library.
        apps.get_model("account", "EmailAddress")._default_manager.all(),
        User.objects.all(),
    ]


def _stamps(model: type[Model]) -> Sum:
    table = model._meta.db_table
    # A person's row changes with each sign-in; names and addresses are all that is read of it.
    parts = ("id", "name", "email") if model is User else ("xmin", "ctid")
    text = " || ' ' || ".join(f'"{table}".{part}::text' for part in parts)
    return Sum(Func(template=f"hashtextextended({text}, 0)", output_field=BigIntegerField()))


def deliberation_print(call: Call, now: datetime | None = None) -> str:
    """Another text whenever the deliberation of ``call`` could read otherwise. Two queries."""
    now = now or clock.now()
    parts = [
        rows.order_by()
        .annotate(part=Value(number))
        .values("part")
        .annotate(count=Count("*"), stamps=_stamps(rows.model))
        .values_list("part", "count", "stamps")
        for number, rows in enumerate(_read(call))
    ]
    found = sorted(parts[0].union(*parts[1:], all=True))
    stamps = ";".join(f"{part}:{count}:{stamps}" for part, count, stamps in found)
    return f"{clock.local_date(now)};{sealed_until(call, now)};{stamps}"
