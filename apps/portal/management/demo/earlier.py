"""The calls of fiscal years 2019 to 2021 and their 61 adopted trials.

Only the sum of 61 and a few projects are known from public papers. How many fell to each year, which
they were, when and where, is made up here, and each text says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import count
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import F

from apps.accounts.models import User
from apps.calls.domain.derived import derive
from apps.calls.enums import ApplicationState, CallState
from apps.calls.models import Application, ApplicationNumber, Call, Theme
from apps.core import clock
from apps.organizations.models import Organization
from apps.portal.management.demo.fixture import Fixture
from apps.trials.domain.indexing import trials_index
from apps.trials.enums import ParticipantRole
from apps.trials.models import Participant, Site, Trial

LENT = "市のLoRaWAN網\nデータの保存と表示"
LENT_EN = "The city’s LoRaWAN network\nStorage and display of your data"
ABOUT_CALL = (
    "見本のページです。公開資料からわかるのは、令和元年度からの採択が、のべ61件ということだけです。"
    "年度ごとの件数と、「見本」と書いた実証は、このデモのために作りました。"
)
ABOUT_CALL_EN = (
    "A sample page. Public papers tell only that 61 projects were adopted in all since fiscal year 2019. "
    "The number for each year, and the trials called “sample”, were made up for this demo."
)
ABOUT_SAMPLE = "見本の実証です。題名、会社、場所、期間は、このデモのために作りました。"
ABOUT_SAMPLE_EN = "A sample trial: title, company, place and period were made up for this demo."
ABOUT_KNOWN = (
    "題名と代表者は、富山市の公開資料にあるものです。年度、場所、期間は資料からわからないため、見本です。"
)
ABOUT_KNOWN_EN = (
    "Title and lead are those of the city’s public papers. Fiscal year, place and period are not known "
    "from them and are samples."
)


@dataclass(frozen=True)
class Adopted:
    """One adopted trial of these years."""

    title: str
    title_en: str
    organization: str
    place: str
    theme: str
    known: bool = False


def load_earlier(fixture: Fixture) -> int:
    """All of it at once; nothing when it was loaded before."""
    if Call.objects.filter(code="2019").exists():
        return 0
    data = fixture.read("earlier")
    organizations = _organizations(data)
    archive = User.objects.create_user(
        email="archive@demo.example", name="過去の記録（見本）", is_active=False
    )
    themes = list(Theme.objects.all())
    turn = count()
    made = 0
    for year, rows in data["years"].items():
        call = _call(int(year), themes)
        adopted = [_sample(row, data["organizations"], next(turn)) for row in rows]
        if year == max(data["years"]):
            adopted += [Adopted(**row, known=True) for row in data["known"]]
        _trials(call, adopted, organizations, archive, data["places"])
        made += len(adopted)
    return made


def _organizations(data: dict[str, Any]) -> dict[str, Organization]:
    names = [*data["organizations"], *(row["organization"] for row in data["known"])]
    rows = [Organization(name=name, kind="corporation") for name in names]
    return {row.name: row for row in Organization.objects.bulk_create(rows)}


def _sample(row: list[str], organizations: list[str], turn: int) -> Adopted:
    title, title_en, place, theme = row
    company = organizations[turn % len(organizations)]
    return Adopted(f"見本：{title}", f"Sample: {title_en}", company, place, theme)


def _call(year: int, themes: list[Theme]) -> Call:
    call = Call(
        code=str(year),
        fiscal_year=year,
        title=f"{year}年度 実証実験の公募（見本）",
        title_en=f"Call for trials, fiscal year {year} (sample)",
        summary=ABOUT_CALL,
        summary_en=ABOUT_CALL_EN,
        lent=LENT,
        lent_en=LENT_EN,
        opens_at=_at(year, 7, 16),
        closes_at=_at(year, 8, 16, 17),
        decision_on=date(year, 8, 27),
        trial_from=date(year, 9, 1),
        trial_until=date(year + 1, 2, 28),
        state=CallState.PUBLISHED,
        published_at=_at(year, 7, 16),
        results_published_at=_at(year, 8, 27),
    )
    call.full_clean()
    call.save()
    call.themes.set(themes)
    return call


def _at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime.combine(date(year, month, day), time(hour), tzinfo=clock.TOKYO)


def _trials(
    call: Call,
    adopted: list[Adopted],
    organizations: dict[str, Organization],
    archive: User,
    places: dict[str, list[Any]],
) -> None:
    """Applications, trials, participants and sites of one year, each kind in one insert."""
    rows = [
        _application(call, number, item, organizations[item.organization], archive, places.get(item.place))
        for number, item in enumerate(adopted, start=1)
    ]
    Application.objects.bulk_create(rows)
    Application.objects.filter(call=call).update(created_at=F("submitted_at"))
    trials = [_trial(row, item) for row, item in zip(rows, adopted, strict=True)]
    Trial.objects.bulk_create(trials)
    Participant.objects.bulk_create(
        Participant(trial=trial, organization=trial.organization, role=ParticipantRole.LEAD)
        for trial in trials
    )
    Site.objects.bulk_create(
        Site(trial=trial, name=row.place_name, point=row.place)
        for trial, row in zip(trials, rows, strict=True)
        if row.place
    )
    trials_index(trials=trials)
    ApplicationNumber.objects.update_or_create(fiscal_year=call.fiscal_year, defaults={"last": len(rows)})


def _application(
    call: Call,
    number: int,
    item: Adopted,
    organization: Organization,
    archive: User,
    place: list[Any] | None,
) -> Application:
    year = call.fiscal_year
    row = Application(
        code=f"{year}-{number:03d}",
        call=call,
        state=ApplicationState.ACCEPTED,
        created_by=archive,
        organization=organization,
        org_kind=organization.kind,
        org_name=organization.name,
        title=item.title,
        themes=[item.theme],
        plan=ABOUT_KNOWN if item.known else ABOUT_SAMPLE,
        period_from=call.trial_from,
        period_until=call.trial_until,
        submitted_at=_at(year, 8, 1 + number % 16),
        decided_at=_at(year, 8, 27),
        decided_by=archive,
        decision_published_at=_at(year, 8, 27),
        answered_at=_at(year, 8, 30),
    )
    if place:
        name, latitude, longitude = place
        row.places = [{"name": name, "geometry": {"type": "Point", "coordinates": [longitude, latitude]}}]
        row.place = Point(longitude, latitude, srid=4326)
    derive(row)
    return row


def _trial(row: Application, item: Adopted) -> Trial:
    return Trial(
        code=row.code,
        application=row,
        organization=row.organization,
        fiscal_year=row.call.fiscal_year,
        title=item.title,
        title_en=item.title_en,
        themes=list(row.themes),
        summary=row.plan,
        summary_en=ABOUT_KNOWN_EN if item.known else ABOUT_SAMPLE_EN,
        starts_on=row.call.trial_from,
        ends_on=row.call.trial_until,
    )
