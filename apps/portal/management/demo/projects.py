"""The city's own projects, and changes that companies asked for during their trials."""

from __future__ import annotations

from typing import Any

from apps.organizations.domain import organization_save
from apps.organizations.models import Organization
from apps.portal.management.demo.fixture import Fixture
from apps.portal.management.demo.past import mails_left
from apps.trials.domain import Project, change_ask, change_decide, project_open
from apps.trials.enums import Precision, TrialKind
from apps.trials.models import Trial, TrialChange
from apps.trials.rules import PlaceFacts

_TEXTS = ("title", "title_en", "need", "measure", "learning", "devices", "messages", "themes")


def load_projects(fixture: Fixture) -> int:
    """Projects of the city and with citizens; all at once, if there is none."""
    if Trial.objects.exclude(kind=TrialKind.APPLICATION).exists():
        return 0
    data = fixture.read("projects")
    city = Organization(name=data["city"], kind="city")
    organization_save(organization=city, actor=fixture.staff, changed=[])
    for row in data["projects"]:
        about = "about" if row.get("known") else "sample"
        project = Project(
            kind=TrialKind(row["kind"]),
            organization=city,
            summary=data[about],
            summary_en=data[f"{about}_en"],
            starts_on=fixture.day(row["starts_on"]),
            ends_on=fixture.day(row["ends_on"]),
            partners=[fixture.organizations[key] for key in row.get("partners", ())],
            places=[
                PlaceFacts("", name, latitude, longitude, Precision.DISTRICT)
                for name, latitude, longitude in row["places"]
            ],
            **{name: row[name] for name in _TEXTS},
        )
        project_open(project=project, actor=fixture.staff, now=fixture.moment(data["opened"]))
    return len(data["projects"])


def load_changes(fixture: Fixture) -> int:
    """Changes asked for, and decided where they were; nothing when there is one already."""
    if TrialChange.objects.exists():
        return 0
    rows = fixture.read("projects")["changes"]
    for row in rows:
        _change(fixture, row)
    return len(rows)


def _change(fixture: Fixture, row: dict[str, Any]) -> None:
    trial = Trial.objects.get(code=row["trial"])
    proposed = _wishes(fixture, trial, row["proposed"])
    change = change_ask(
        trial=trial,
        organization=trial.organization,
        actor=fixture.people[row["by"]],
        proposed=proposed,
        reason=row["reason"],
        now=fixture.moment(row["asked"]),
    )
    TrialChange.objects.filter(pk=change.pk).update(created_at=fixture.moment(row["asked"]))
    if "decided" not in row:
        return
    now = fixture.moment(row["decided"])
    with mails_left(now):
        change_decide(
            change=change,
            actor=fixture.staff,
            version=change.version,
            granted=row.get("granted", proposed),
            answer=row["answer"],
            now=now,
        )


def _wishes(fixture: Fixture, trial: Trial, wishes: dict[str, Any]) -> dict[str, Any]:
    """Days of a period counted from today; its first day stays."""
    if "period" not in wishes:
        return wishes
    ends = fixture.day(wishes["period"]["ends_on"])
    return {**wishes, "period": {"starts_on": trial.starts_on.isoformat(), "ends_on": ends.isoformat()}}
