"""How a letter of the city counts, dates and addresses. No models, no HTTP."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from apps.core import clock
from apps.organizations.enums import OrganizationKind

#: The longest addressee that is stored, in characters.
MOST_ADDRESSEE = 400
#: The end of the day on which the company may still answer.
LAST = time(23, 59, 59)
_HONORIFICS = (" 御中", " 様")


def letter_number(prefix: str, fiscal_year: int, serial: int) -> str:
    """``見本2026第15号``: what the city set, the fiscal year, the serial number in it."""
    return f"{prefix}{fiscal_year}第{serial}号"


def era_year(day: date) -> str:
    """The year of the era: ``8``, and ``元`` for the first."""
    year = clock.reiwa(day.year)
    return "元" if year == 1 else str(year)


def era_day(day: date) -> str:
    """``令和8年11月21日（2026年11月21日）``. Days before 1 May 2019 have no era name here."""
    common = f"{day.year}年{day.month}月{day.day}日"
    if day < date(2019, 5, 1):
        return common
    return f"令和{era_year(day)}年{day.month}月{day.day}日（{common}）"


def addressee(name: str, kind: str = "", person: str = "") -> str:
    """To whom it is written, each line with what is due: ``様`` to a person, ``御中`` to an organization.

    A person's own business (``OrganizationKind.SOLE``) without another name is addressed as a person.
    """
    name, person = " ".join(name.split()), " ".join(person.split())
    if person and person != name and len(name) + len(person) + 3 <= MOST_ADDRESSEE:
        return f"{name}\n{person} 様"
    honorific = " 様" if kind == OrganizationKind.SOLE else " 御中"
    return f"{name[: MOST_ADDRESSEE - len(honorific)]}{honorific}"


def without_honorific(lines: str) -> str:
    """The addressee for a text in English."""
    for honorific in _HONORIFICS:
        lines = lines.removesuffix(honorific)
    return lines


def answer_due(days: int, moment: datetime) -> datetime:
    """Until when an adopted company answers: the end of the day in Japan, ``days`` days after ``moment``."""
    day = clock.local_date(moment) + timedelta(days=days)
    return datetime.combine(day, LAST, tzinfo=clock.TOKYO)


def too_near(due: datetime, days: int, now: datetime) -> bool:
    """Less than half of the ``days`` to answer would be left of the promised ``due``."""
    return due - now < timedelta(days=days) / 2
