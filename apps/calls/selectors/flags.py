"""What staff should notice in an application: computed, never stored.

Most flags are conditions of the database, so that a list can be filtered by them; those that follow
from the sensors (``over_messages``, ``radio``) are computed from the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from apps.calls.enums import (
    ApplicationState,
    Conformity,
    ConsentState,
    FacilityUse,
    JointState,
    PersonalData,
)
from apps.calls.models import (
    Application,
    ApplicationRevision,
    FacilityConsent,
    JointApplicant,
    ReadMark,
)
from apps.calls.models.application import ApplicationQuerySet
from apps.calls.rules.radio import RadioAnswer, radio_answer
from apps.calls.selectors.radio import radio
from apps.core import clock
from apps.core.airtime import Radio

Condition = Callable[[Any, datetime], Any]
#: An application that is out of the way is nobody's double.
_GONE = (ApplicationState.DRAFT, ApplicationState.WITHDRAWN)
#: Reading matters until it is decided.
_WAITS = Q(state__in=(ApplicationState.SUBMITTED, ApplicationState.RETURNED))


@dataclass(frozen=True)
class Flag:
    """``condition`` (actor, now) for the database, or ``test`` of the network's answer for the row."""

    code: str
    label: str | Promise
    tone: str
    condition: Condition | None = None
    test: Callable[[RadioAnswer], bool] | None = None


def _marks(actor: Any) -> Any:
    return ReadMark.objects.filter(application=OuterRef("pk"), user=actor)


def _late(actor: Any, now: datetime) -> Any:
    """Handed in (or in again) between the closing and the end of the grace period."""
    call = "application__call__"
    minutes = F(f"{call}grace_minutes") * Value(timedelta(minutes=1))
    return Exists(
        ApplicationRevision.objects.filter(
            application=OuterRef("pk"),
            handed_in_at__gte=F(f"{call}closes_at"),
            handed_in_at__lt=F(f"{call}closes_at") + minutes,
        )
    )


def _double(actor: Any, now: datetime) -> Any:
    """Another application of the same call has the same corporate number or the same title."""
    others = Application.objects.exclude(state__in=_GONE).filter(call=OuterRef("call"))
    others = others.exclude(pk=OuterRef("pk")).order_by()
    number = others.filter(corporate_number=OuterRef("corporate_number"))
    title = others.filter(title=OuterRef("title"))
    return (~Q(corporate_number="") & Exists(number)) | (~Q(title="") & Exists(title))


def _partner(state: str) -> Condition:
    def condition(actor: Any, now: datetime) -> Any:
        return Exists(JointApplicant.objects.present().filter(application=OuterRef("pk"), state=state))

    return condition


def _consents(*states: str) -> Any:
    return Exists(FacilityConsent.objects.filter(application=OuterRef("pk"), state__in=states))


def _facility_open(actor: Any, now: datetime) -> Any:
    """A facility is used and its keeper was not asked, or one who was asked did not answer yet."""
    return Q(facilities=FacilityUse.YES) & (
        ~_consents(ConsentState.APPROVED, ConsentState.DECLINED, ConsentState.CHANGE)
        | _consents(ConsentState.ASKED)
    )


FLAGS: tuple[Flag, ...] = (
    Flag(
        "unread",
        pgettext_lazy("flag", "not read by you"),
        "info",
        lambda a, n: _WAITS & ~Exists(_marks(a)),
    ),
    Flag(
        "changed",
        pgettext_lazy("flag", "changed since you read it"),
        "info",
        lambda a, n: _WAITS & Exists(_marks(a).filter(revision__lt=OuterRef("revision"))),
    ),
    Flag(
        "overdue",
        pgettext_lazy("flag", "correction overdue"),
        "error",
        lambda a, n: Q(state=ApplicationState.RETURNED, return_until__lte=n),
    ),
    Flag("late", pgettext_lazy("flag", "in the grace period"), "attention", _late),
    Flag("double", pgettext_lazy("flag", "possibly a double"), "attention", _double),
    Flag(
        "joint",
        pgettext_lazy("flag", "joint applicant unconfirmed"),
        "attention",
        _partner(JointState.INVITED),
    ),
    Flag(
        "joint_declined",
        pgettext_lazy("flag", "joint applicant declined"),
        "attention",
        _partner(JointState.DECLINED),
    ),
    Flag(
        "personal",
        pgettext_lazy("flag", "personal data"),
        "attention",
        lambda a, n: Q(personal_data=PersonalData.YES),
    ),
    Flag("facility", pgettext_lazy("flag", "no consent of the facility"), "attention", _facility_open),
    Flag(
        "facility_no",
        pgettext_lazy("flag", "facility refused or wants a change"),
        "error",
        lambda a, n: _consents(ConsentState.DECLINED, ConsentState.CHANGE),
    ),
    Flag(
        "facility_undecided",
        pgettext_lazy("flag", "facility undecided"),
        "plain",
        lambda a, n: Q(facilities=FacilityUse.UNDECIDED),
    ),
    Flag(
        "devices",
        pgettext_lazy("flag", "devices undecided"),
        "plain",
        lambda a, n: Q(devices_undecided=True, sensors=[]),
    ),
    Flag(
        "place",
        pgettext_lazy("flag", "place undecided"),
        "plain",
        lambda a, n: Q(place_undecided=True, places=[]),
    ),
    Flag(
        "over_devices",
        pgettext_lazy("flag", "more devices than the guide"),
        "attention",
        lambda a, n: Q(device_count__gt=F("call__device_quota")),
    ),
    Flag(
        "over_messages",
        pgettext_lazy("flag", "more messages than the guide"),
        "attention",
        test=lambda answer: (answer.share or 0) > 100,
    ),
    Flag(
        "radio",
        pgettext_lazy("flag", "does not fit the network"),
        "error",
        test=lambda answer: answer.tone == "error",
    ),
    Flag(
        "conformity",
        pgettext_lazy("flag", "technical conformity unknown"),
        "plain",
        lambda a, n: Q(conformity=Conformity.UNKNOWN),
    ),
)
BY_CODE = {flag.code: flag for flag in FLAGS}


def network_answer(row: Application, settings: Radio) -> RadioAnswer:
    """What the network says to the sensors of ``row``; its call must be loaded."""
    return radio_answer(row.sensors, radio=settings, message_guide=row.call.message_quota)


def annotated(rows: ApplicationQuerySet, *, actor: Any, now: datetime | None = None) -> ApplicationQuerySet:
    """``rows`` with ``flag_<code>`` for each condition of the database."""
    now = now or clock.now()
    conditions = {
        f"flag_{flag.code}": ExpressionWrapper(flag.condition(actor, now), output_field=BooleanField())
        for flag in FLAGS
        if flag.condition is not None
    }
    return rows.annotate(**conditions)


def flags_of(row: Any, answer: RadioAnswer) -> list[Flag]:
    """The flags of an ``annotated`` row in the order of ``FLAGS``. No query."""
    return [
        flag
        for flag in FLAGS
        if (flag.test(answer) if flag.test is not None else getattr(row, f"flag_{flag.code}"))
    ]


def flags_by_row(
    rows: Iterable[Application], *, actor: Any, now: datetime | None = None
) -> dict[Any, list[Flag]]:
    """The flags of each of ``rows`` by pk: one query (and the settings), however many rows."""
    rows = list(rows)
    settings = radio()
    found = annotated(
        Application.objects.filter(pk__in=[row.pk for row in rows]).only("pk").order_by(),
        actor=actor,
        now=now,
    )
    marked = {row.pk: row for row in found}
    return {row.pk: flags_of(marked[row.pk], network_answer(row, settings)) for row in rows}


def with_flag(
    rows: ApplicationQuerySet, code: str, *, actor: Any, now: datetime | None = None
) -> ApplicationQuerySet:
    """Those of ``rows`` that carry the flag ``code``; all when there is no such flag."""
    flag = BY_CODE.get(code)
    if flag is None:
        return rows
    if flag.condition is not None:
        return rows.filter(flag.condition(actor, now or clock.now()))
    return rows.filter(pk__in=_passing(rows, flag))


def _passing(rows: ApplicationQuerySet, flag: Flag) -> list[Any]:
    settings, test = radio(), flag.test
    known: dict[Any, bool] = {}
    passing = []
    found = rows.exclude(sensors=[]).order_by().values_list("pk", "sensors", "call__message_quota")
    for pk, sensors, guide in found.iterator(chunk_size=1000):
        # Whatever they are called, sensors with the same numbers get the same answer.
        key = (guide, *((row["count"], row["interval_s"], row["payload_bytes"]) for row in sensors))
        if key not in known:
            answer = radio_answer(sensors, radio=settings, message_guide=guide)
            known[key] = test is not None and test(answer)
        if known[key]:
            passing.append(pk)
    return passing
