"""Reading fixtures/demo: fiscal years and day offsets become real ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point

from apps.accounts.models import User
from apps.core import clock
from apps.organizations.models import Organization
from apps.trials.models import Trial

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "demo"


class Fixture:
    """The files of fixtures/demo, counted from the day of loading."""

    def __init__(self) -> None:
        self.now = clock.now()
        self.today = clock.local_date(self.now)
        self.fiscal_year = clock.fiscal_year(self.today)

    def read(self, name: str) -> Any:
        """``<name>.json`` with ``{{Y0}}`` (this fiscal year), ``{{Y1}}`` (the last), ``{{Y2}}`` filled in."""
        text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
        for back in range(3):
            text = text.replace(f"{{{{Y{back}}}}}", str(self.fiscal_year - back))
        return json.loads(text)

    def day(self, offset: int) -> date:
        """The day ``offset`` days from loading."""
        return self.today + timedelta(days=offset)

    def moment(self, value: list[Any] | int) -> datetime:
        """``[offset, "17:15"]`` or an offset alone (noon), Japanese time."""
        offset, clock_time = value if isinstance(value, list) else (value, "12:00")
        return datetime.combine(self.day(offset), time.fromisoformat(clock_time), tzinfo=clock.TOKYO)

    @staticmethod
    def point(value: list[float] | None) -> Point | None:
        """``[latitude, longitude]`` as PostGIS wants it."""
        return Point(value[1], value[0], srid=4326) if value else None

    def for_new_trials(self, name: str, known: Iterable[str]) -> Iterator[tuple[Trial, dict[str, Any]]]:
        """The rows of ``<name>.json`` with their trials: not those that are ``known`` by number, nor any
        whose trial is not there."""
        done = set(known)
        rows = [row for row in self.read(name) if row["trial"] not in done]
        trials = {one.code: one for one in Trial.objects.filter(code__in={row["trial"] for row in rows})}
        return ((trials[row["trial"]], row) for row in rows if row["trial"] in trials)

    @cached_property
    def people(self) -> dict[str, User]:
        emails = [row["email"] for row in self.read("people")]
        return {user.email: user for user in User.objects.filter(email__in=emails)}

    @cached_property
    def organizations(self) -> dict[str, Organization]:
        names = {row["name"]: row["key"] for row in self.read("organizations")}
        found = Organization.objects.filter(name__in=names).order_by("-created_at")
        return {names[row.name]: row for row in found}

    @property
    def staff(self) -> User:
        return self.people["staff@demo.example"]

    @property
    def chief(self) -> User:
        """Who signs what ``staff`` decides."""
        return self.people["chief@demo.example"]
