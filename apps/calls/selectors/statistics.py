"""The numbers of a call's applications, for staff. Counts only: nobody reads a draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import get_language, npgettext
from django.utils.translation import gettext as _

from apps.calls import rules
from apps.calls.enums import STAFF_WORDS, ApplicationState, JointState
from apps.calls.models import Application, ApplicationRevision, Call, JointApplicant, Theme
from apps.calls.rules.sensors import messages_a_day
from apps.core import clock
from apps.core.site import site_settings
from apps.organizations.enums import OrganizationKind

#: Bars of the chart at most; a longer call is counted by weeks.
MOST_BARS = 62


@dataclass(frozen=True)
class Table:
    """``rows``: (label, count, percent of ``of`` or None)."""

    slug: str
    title: str
    rows: list[tuple[str, int, int | None]]
    note: str = ""


@dataclass(frozen=True)
class Numbers:
    """``heads``: (label, number, unit) of the top of the page."""

    heads: list[tuple[str, int, str]]
    tables: list[Table]
    chart: dict[str, Any] | None
    caption: str


def call_statistics(call: Call) -> Numbers:
    """All numbers of ``call``. The same queries however many applications there are."""
    every = Application.objects.filter(call=call)
    received = every.exclude(state__in=(ApplicationState.DRAFT, ApplicationState.WITHDRAWN))
    totals = received.aggregate(count=Count("pk"), devices=Sum("device_count"), most=Max("device_count"))
    days = _by_day(call)
    count = totals["count"]
    tables = [
        _funnel(every),
        _days_table(days),
        _states(every),
        _kinds(received, count),
        _themes(received, count),
        _places(received, count),
        _partners(call, received, count),
        _devices(received),
    ]
    drafts = every.filter(state=ApplicationState.DRAFT).count()
    devices, messages = totals["devices"] or 0, _messages(received)
    heads = [
        (_("Applications"), count, npgettext("unit", "application", "applications", count)),
        (_("Begun, not handed in"), drafts, npgettext("unit", "application", "applications", drafts)),
        (_("Devices asked for"), devices, npgettext("unit", "device", "devices", devices)),
        (_("Messages a day asked for"), messages, npgettext("unit", "message", "messages", messages)),
    ]
    chart, caption = _chart(days)
    return Numbers(heads, tables, chart, caption)


def _share(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _funnel(every: Any) -> Table:
    found = every.aggregate(
        begun=Count("pk"),
        once=Count("pk", filter=Q(revision__gt=0)),
        stands=Count("pk", filter=~Q(state__in=(ApplicationState.DRAFT, ApplicationState.WITHDRAWN))),
    )
    begun = found["begun"]
    return Table(
        "funnel",
        _("From the first page to the application"),
        [
            (_("Begun"), begun, _share(begun, begun)),
            (_("Handed in at least once"), found["once"], _share(found["once"], begun)),
            (_("Standing now"), found["stands"], _share(found["stands"], begun)),
        ],
        _("Of drafts only the number is counted. Nobody of the city reads them."),
    )


def _by_day(call: Call) -> list[tuple[date, int]]:
    """Day of the first handing in → applications, days without any between them as 0."""
    rows = (
        ApplicationRevision.objects.filter(application__call=call, number=1)
        .annotate(day=TruncDate("handed_in_at", tzinfo=clock.TOKYO))
        .values("day")
        .annotate(count=Count("pk"))
        .order_by("day")
    )
    found = {row["day"]: row["count"] for row in rows}
    if not found:
        return []
    first, last = min(found), max(found)
    span = (last - first).days + 1
    if span <= MOST_BARS:
        return [(day, found.get(day, 0)) for day in (first + timedelta(days=n) for n in range(span))]
    weeks: dict[date, int] = {}
    for number in range(span):
        day = first + timedelta(days=number)
        start = first + timedelta(days=number - number % 7)
        weeks[start] = weeks.get(start, 0) + found.get(day, 0)
    return list(weeks.items())


def _weekly(days: list[tuple[date, int]]) -> bool:
    return len(days) > 1 and (days[1][0] - days[0][0]).days == 7


def _days_table(days: list[tuple[date, int]]) -> Table:
    total = sum(count for _day, count in days)
    title = _("By week, from this day") if _weekly(days) else _("By day")
    rows = [(rules.day(day), count, _share(count, total)) for day, count in days if count]
    return Table("days", title, rows, _("The day an application was first handed in."))


def _states(every: Any) -> Table:
    rows = every.exclude(state=ApplicationState.DRAFT).values("state").annotate(count=Count("pk")).order_by()
    found = {row["state"]: row["count"] for row in rows}
    total = sum(found.values())
    return Table(
        "states",
        _("By state"),
        [
            (str(word), found[state], _share(found[state], total))
            for state, word in STAFF_WORDS.items()
            if state in found
        ],
    )


def _kinds(received: Any, count: int) -> Table:
    rows = received.values("org_kind").annotate(count=Count("pk")).order_by()
    found = {row["org_kind"]: row["count"] for row in rows}
    names = [*OrganizationKind.choices, ("", _("Not answered"))]
    return Table(
        "kinds",
        _("By kind of organization"),
        [(str(name), found[kind], _share(found[kind], count)) for kind, name in names if kind in found],
    )


def _themes(received: Any, count: int) -> Table:
    language = get_language() or "ja"
    found: dict[str, int] = {}
    for codes in received.values_list("themes", flat=True).iterator(chunk_size=2000):
        for code in set(codes):
            found[code] = found.get(code, 0) + 1
    names = {row.code: row.localized("name", language) for row in Theme.objects.order_by("order", "code")}
    rows = [(name, found.pop(code), code) for code, name in names.items() if code in found]
    rows += [(code, number, code) for code, number in found.items()]
    return Table(
        "themes",
        _("By theme"),
        [(name, number, _share(number, count)) for name, number, _code in rows],
        _("An application may name several themes, so the shares add up to more than 100 percent."),
    )


def _places(received: Any, count: int) -> Table:
    city = site_settings().city_name
    found = received.aggregate(
        inside=Count("pk", filter=Q(address__contains=city)), empty=Count("pk", filter=Q(address=""))
    )
    outside = count - found["inside"] - found["empty"]
    rows = [
        (_("In the city"), found["inside"]),
        (_("Elsewhere"), outside),
        (_("Not answered"), found["empty"]),
    ]
    return Table(
        "places",
        _("Where the applicants are"),
        [(label, number, _share(number, count)) for label, number in rows if number],
        _("Counted by the address as it was written: in the city when it names %(city)s.") % {"city": city},
    )


def _partners(call: Call, received: Any, count: int) -> Table:
    joint = Exists(JointApplicant.objects.present().filter(application=OuterRef("pk")))
    confirmed = Exists(
        JointApplicant.objects.present().filter(application=OuterRef("pk"), state=JointState.CONFIRMED)
    )
    earlier = Application.objects.filter(state=ApplicationState.ACCEPTED, call__opens_at__lt=call.opens_at)
    before = Exists(earlier.filter(organization=OuterRef("organization"), organization__isnull=False))
    found = received.aggregate(
        joint=Count("pk", filter=joint),
        confirmed=Count("pk", filter=confirmed),
        before=Count("pk", filter=before),
    )
    rows = [
        (_("With joint applicants"), found["joint"]),
        (_("of these, confirmed by one at least"), found["confirmed"]),
        (_("Carried out a trial before"), found["before"]),
    ]
    return Table(
        "partners",
        _("Joint applications and earlier participants"),
        [(label, number, _share(number, count)) for label, number in rows],
        _("Earlier participants: the same registered organization accepted a trial of an earlier call."),
    )


def _devices(received: Any) -> Table:
    steps = ((1, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, None))
    counts = {
        f"from_{low}": Count(
            "pk", filter=Q(device_count__gte=low) & (Q(device_count__lte=high) if high else Q())
        )
        for low, high in steps
    }
    found = received.aggregate(unknown=Count("pk", filter=Q(device_count=None)), **counts)
    total = sum(found.values())
    rows = [
        (f"{low}–{high}" if high else _("%(low)d and more") % {"low": low}, found[f"from_{low}"])
        for low, high in steps
    ]
    rows.append((_("Not known yet"), found["unknown"]))
    return Table(
        "devices",
        _("Devices asked for by one application"),
        [(label, number, _share(number, total)) for label, number in rows if number],
    )


def _messages(received: Any) -> int:
    rows = received.exclude(sensors=[]).values_list("sensors", flat=True)
    return sum(messages_a_day(sensors) or 0 for sensors in rows.iterator(chunk_size=2000))


def _chart(days: list[tuple[date, int]]) -> tuple[dict[str, Any] | None, str]:
    if len(days) < 2:
        return None, ""
    best_day, best = max(days, key=lambda item: item[1])
    data = {
        "kind": "bars",
        "unit": _("Applications"),
        "labels": [f"{day.month}/{day.day}" for day, _count in days],
        # With few applications the axis would count in fractions.
        "max": max(best, 4),
        "series": [{"label": _("Applications"), "values": [count for _day, count in days]}],
    }
    text = _("Most came on %(day)s: %(count)d.")
    if _weekly(days):
        text = _("Most came in the week from %(day)s: %(count)d.")
    return data, text % {"day": rules.day(best_day), "count": best}


def statistics_rows(numbers: Numbers) -> Iterator[tuple[Any, ...]]:
    """The rows of the CSV: table, row, count, percent."""
    yield (_("Table"), _("Row"), _("Count"), _("Percent"))
    for label, number, _unit in numbers.heads:
        yield (_("In all"), label, number, None)
    for table in numbers.tables:
        for label, number, share in table.rows:
            yield (table.title, label, number, share)
