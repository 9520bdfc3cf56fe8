"""The city's own projects and those with citizens: numbers without gaps, the same rules afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from apps.core.errors import InvalidInput, NotAllowed
from apps.organizations.enums import OrganizationKind
from apps.organizations.models import Organization
from apps.trials.domain import Project, project_open
from apps.trials.enums import TrialKind
from apps.trials.models import Participant, Trial, TrialVersion
from apps.trials.rules import PlaceFacts
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.organizations import OrganizationFactory
from tests.trials.test_pages import signed_in


@pytest.fixture
def city(db: None) -> Organization:
    return OrganizationFactory.create(name="見本市", kind=OrganizationKind.CITY)


def project(organization: Organization, **values: Any) -> Project:
    filled: dict[str, Any] = {
        "kind": TrialKind.CITY,
        "title": "雪の深さを測る",
        "organization": organization,
        "starts_on": date(2026, 12, 1),
        "ends_on": date(2027, 3, 31),
        "devices": 20,
        "messages": 2000,
    }
    return Project(**{**filled, **values})


def test_a_project_is_a_trial_with_the_citys_number(cast: Cast, city: Organization) -> None:
    place = PlaceFacts(id="", name="中央公園", latitude=36.7, longitude=137.2, precision="district")
    trial = project_open(
        project=project(city, kind=TrialKind.JOINT, partners=[cast.organization], places=[place]),
        actor=cast.staff,
    )
    assert (trial.code, trial.kind, trial.application, trial.fiscal_year) == ("2026-C01", "joint", None, 2026)
    assert trial.report_due_on == date(2027, 4, 30)
    assert trial.version == 1
    assert dict(trial.quotas.values_list("kind", "granted")) == {"devices": 20, "messages": 2000}
    parts = Participant.objects.filter(trial=trial).values_list("organization__name", "role", "access")
    assert list(parts) == [("見本市", "lead", "manage"), (cast.organization.name, "partner", "manage")]
    assert TrialVersion.objects.get().snapshot["places"][0]["name"] == "中央公園"


def test_each_fiscal_year_counts_for_itself(cast: Cast, city: Organization) -> None:
    later = {"starts_on": date(2027, 4, 1), "ends_on": date(2027, 9, 30)}
    codes = [
        project_open(project=project(city, **values), actor=cast.staff).code for values in ({}, later, {})
    ]
    assert codes == ["2026-C01", "2027-C01", "2026-C02"]


def test_what_is_refused_takes_no_number(cast: Cast, city: Organization) -> None:
    with pytest.raises(InvalidInput) as refusal:
        project_open(project=project(city, ends_on=date(2026, 1, 1)), actor=cast.staff)
    assert refusal.value.fields
    with pytest.raises(InvalidInput) as refusal:
        project_open(project=project(cast.organization), actor=cast.staff)
    assert set(refusal.value.fields) == {"organization"}
    with pytest.raises(InvalidInput):
        project_open(project=project(city, partners=[city]), actor=cast.staff)
    with pytest.raises(NotAllowed):
        project_open(project=project(city), actor=cast.owner)
    assert not Trial.objects.exists()
    assert project_open(project=project(city), actor=cast.staff).code == "2026-C01"


@pytest.mark.django_db(transaction=True)
def test_projects_opened_at_once_have_numbers_without_gap(cast: Cast, city: Organization) -> None:
    acts = [lambda: project_open(project=project(city), actor=cast.staff)] * 4
    assert sorted(row.code for row in at_once(acts)) == ["2026-C01", "2026-C02", "2026-C03", "2026-C04"]


def form_of(city: Organization, **changes: Any) -> dict[str, Any]:
    data = {
        "kind": "city", "title": "雪の深さ", "organization": city.pk, "starts_on": "2026-12-01",
        "ends_on": "2027-03-31", "devices": 5, "messages": 500, "is_public": "on",
        "place_0_name": "橋", "place_0_latitude": "36.7", "place_0_longitude": "137.2",
        "place_0_precision": "hidden", "place_1_name": "",
    }  # fmt: skip
    return {**data, **changes}


def test_staff_open_a_project_in_the_admin(cast: Cast, city: Organization) -> None:
    client = signed_in(cast.staff)
    url = reverse("admin:trials_trial_add")
    assert client.get(url).status_code == 200
    refused = client.post(url, form_of(city, title="", place_0_longitude=""))
    assert refused.status_code == 422
    assert not Trial.objects.exists()
    answer = client.post(url, form_of(city, place_0_longitude=""))
    assert answer.status_code == 302
    trial = Trial.objects.get()
    assert answer["Location"] == reverse("admin:trials_trial_change", args=[trial.pk])
    site = trial.sites.get()
    assert (site.name, site.point, site.precision) == ("橋", None, "hidden")
    wrong = client.post(url, form_of(cast.organization))
    assert wrong.status_code == 422
    assert wrong.context["form"].errors["organization"]


def test_a_project_is_told_by_pages_and_api_as_every_trial(cast: Cast, city: Organization, client) -> None:
    project_open(project=project(city), actor=cast.staff)
    assert client.get("/trials/2026-C01/").status_code == 200
    row = client.get("/api/v1/trials/2026-C01").json()
    assert (row["kind"], row["version"]) == ("city", 1)
