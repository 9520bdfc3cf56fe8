from __future__ import annotations

import json
import re

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.urls import reverse

from apps.core import clock
from apps.organizations.enums import Role
from apps.trials.enums import Access, ParticipantRole, TrialState
from apps.trials.models import Participant, Site, Trial, TrialQuota
from tests.cast import Cast
from tests.factories.organizations import MembershipFactory
from tests.factories.people import UserFactory
from tests.factories.trials import TrialFactory


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def markers(answer) -> list[dict]:
    text = answer.content.decode()
    (data,) = re.findall(r'<script id="trials?-map-data" type="application/json">(.*?)</script>', text)
    return json.loads(data)["markers"]


@pytest.mark.django_db
def test_nothing_adopted_yet_is_said(client: Client) -> None:
    answer = client.get("/trials/")
    assert answer.status_code == 200
    assert 'class="empty"' in answer.content.decode()


@pytest.mark.django_db
def test_list_and_map_share_their_numbers_and_respect_precision(client: Client) -> None:
    shown = [("point", 137.2, 36.70001), ("district", 137.2143, 36.7033), ("hidden", 137.3, 36.65)]
    for number, (precision, longitude, latitude) in enumerate(shown, start=1):
        trial = TrialFactory.create(code=f"2025-00{number}", title=f"実証{number}")
        Site.objects.create(
            trial=trial, name=f"場所{number}", point=Point(longitude, latitude), precision=precision
        )
    answer = client.get("/trials/")
    text = answer.content.decode()
    assert re.findall(r'data-marker="(\d)"', text) == ["1", "2", "3"]
    assert [(row["number"], row["title"], row["lat"], row["lon"]) for row in markers(answer)] == [
        (2, "実証2", 36.704167, 137.21875),
        (3, "実証1", 36.70001, 137.2),
    ]
    assert "場所3" not in text
    assert "36.65" not in text
    assert "36.7033" not in text
    assert text.index("list-numbered") < text.index("trials-map-data")


@pytest.mark.django_db
def test_the_year_filters_and_nonsense_shows_all(client: Client) -> None:
    for year, code in ((2024, "2024-001"), (2025, "2025-001"), (2025, "2025-002")):
        TrialFactory.create(code=code, fiscal_year=year)
    TrialFactory.create(code="2025-003", is_public=False)

    def codes(query: str) -> list[str]:
        text = client.get(f"/trials/{query}").content.decode()
        return re.findall(r'<p class="item-title"><a href="/trials/([^/]+)/', text)

    assert codes("?year=2024") == ["2024-001"]
    assert codes("") == codes("?year=1999") == codes("?year=x") == ["2025-002", "2025-001", "2024-001"]
    assert codes("?page=999") == codes("?page=abc") == codes("")


@pytest.mark.django_db
def test_five_hundred_trials_turn_pages(client: Client) -> None:
    trial = TrialFactory.create()
    Trial.objects.bulk_create(
        Trial(
            code=f"2024-{number:03d}",
            organization=trial.organization,
            fiscal_year=2024,
            title=f"実証 {number}",
            starts_on=trial.starts_on,
            ends_on=trial.ends_on,
        )
        for number in range(1, 501)
    )
    answer = client.get("/trials/?year=2024&page=25")
    assert [row.number for row in answer.context["rows"]] == list(range(481, 501))
    assert 'start="481"' in answer.content.decode()
    assert "year=2024&amp;page=24" in answer.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_queries(rows: int, db: None, django_assert_num_queries) -> None:
    for _number in range(rows):
        Site.objects.create(trial=TrialFactory.create(), name="橋", point=Point(137.2, 36.7))
    client = Client()
    client.get("/healthz")
    with django_assert_num_queries(8):
        client.get("/trials/")


@pytest.mark.django_db
def test_english_shows_what_is_translated_and_marks_what_is_not(client: Client) -> None:
    TrialFactory.create(code="2025-001", title="水位を知る", title_en="Knowing the level")
    TrialFactory.create(code="2025-002", title="雪を知る")
    text = client.get("/en/trials/").content.decode()
    assert "Knowing the level" in text
    assert 'lang="ja">雪を知る' in text


@pytest.mark.django_db
def test_a_public_page_tells_of_the_trial_and_sets_no_cookie(client: Client) -> None:
    trial = TrialFactory.create(code="2025-007", summary="水位計を2台\n\n置きます。")
    Site.objects.create(trial=trial, name="井田川", point=Point(137.2137, 36.7012))
    answer = client.get("/trials/2025-007/")
    text = answer.content.decode()
    for word in (trial.title, "水位計を2台", trial.organization.name, "井田川"):
        assert word in text
    assert not answer.cookies
    assert "csrfmiddlewaretoken" not in text
    assert [(row["lat"], row["lon"]) for row in markers(answer)] == [(36.704167, 137.21875)]


@pytest.mark.django_db
def test_a_trial_not_shown_or_unknown_is_not_found(client: Client) -> None:
    TrialFactory.create(code="2025-008", is_public=False)
    for code in ("2025-008", "2025-999", "x" * 50):
        assert client.get(f"/trials/{code}/").status_code == 404
        assert client.get(f"/api/v1/trials/{code}").status_code == 404


@pytest.mark.django_db
def test_script_in_a_title_stays_text(client: Client) -> None:
    trial = TrialFactory.create(title="</script><script>alert(1)</script>")
    Site.objects.create(trial=trial, name="<b>橋</b>", point=Point(137.2, 36.7))
    for path in ("/trials/", f"/trials/{trial.code}/"):
        text = client.get(path).content.decode()
        assert "<script>alert" not in text
        assert "<b>橋" not in text


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, code="2025-101")


def workspace(trial: Trial, organization=None) -> str:
    return reverse("trials:trial-workspace", args=[(organization or trial.organization).pk, trial.code])


@pytest.mark.parametrize(
    ("actor", "status", "may_write"),
    [
        ("owner", 200, True),
        ("colleague", 200, True),
        ("reader", 200, False),
        ("stranger", 404, None),
        ("reviewer", 404, None),
        ("staff", 200, False),
    ],
)
def test_the_workspace_for_each_of_the_cast(
    actor: str, status: int, may_write, cast: Cast, trial: Trial
) -> None:
    answer = signed_in(getattr(cast, actor)).get(workspace(trial))
    assert answer.status_code == status
    if status == 200:
        assert answer.context["may_write"] == may_write
        new = reverse("devices:device-new", args=[cast.organization.pk, trial.code])
        assert (new in answer.content.decode()) == may_write


def test_nobody_signed_in_is_asked_to_sign_in(trial: Trial, client: Client) -> None:
    assert client.get(workspace(trial)).status_code == 302


def test_a_partner_reads_from_its_own_workspace_only(cast: Cast, trial: Trial) -> None:
    assert signed_in(cast.stranger).get(workspace(trial, cast.other)).status_code == 404
    Participant.objects.create(
        trial=trial, organization=cast.other, role=ParticipantRole.PARTNER, access=Access.READ
    )
    client = signed_in(cast.stranger)
    answer = client.get(workspace(trial, cast.other))
    assert (answer.status_code, answer.context["may_write"]) == (200, False)
    assert client.get(workspace(trial)).status_code == 404
    new = reverse("devices:device-new", args=[cast.other.pk, trial.code])
    assert client.get(new).status_code == 403


@pytest.mark.parametrize(
    ("days", "state", "phase"),
    [
        ((5, 20), "active", "upcoming"),
        ((-5, 0), "active", "running"),
        ((-9, -1), "active", "ended"),
        ((-5, 5), "stopped", "stopped"),
    ],
)
def test_the_workspace_says_where_the_trial_stands(days, state, phase, cast: Cast, trial: Trial) -> None:
    today = clock.local_date()
    starts, ends = (today.fromordinal(today.toordinal() + day) for day in days)
    Trial.objects.filter(pk=trial.pk).update(starts_on=starts, ends_on=ends, state=state)
    facts = signed_in(cast.owner).get(workspace(trial)).context["facts"]
    left = {"upcoming": 16, "running": 1, "ended": 0, "stopped": 6}
    assert (facts.phase, facts.days_left) == (phase, left[phase])


def test_the_organizations_list_shows_its_trials(cast: Cast, trial: Trial) -> None:
    TrialFactory.create(organization=cast.other, code="2025-102")
    url = reverse("trials:organization-trials", args=[cast.organization.pk])
    text = signed_in(cast.reader).get(url).content.decode()
    assert "2025-101" in text
    assert "2025-102" not in text
    assert signed_in(cast.stranger).get(url).status_code == 404


def admin_form(trial: Trial, **changes) -> dict:
    quotas = list(TrialQuota.objects.filter(trial=trial).order_by("kind"))
    data = {
        "title": trial.title, "title_en": "", "summary": "", "summary_en": "",
        "seen": trial.version, "need": "", "measure": "", "learning": "", "conditions": "",
        "report_due_on": "",
        "starts_on": trial.starts_on.isoformat(), "ends_on": trial.ends_on.isoformat(), "is_public": "on",
        "quotas-TOTAL_FORMS": len(quotas), "quotas-INITIAL_FORMS": len(quotas),
        "sites-TOTAL_FORMS": 1, "sites-INITIAL_FORMS": 0, "sites-0-id": "", "sites-0-trial": trial.pk,
        "sites-0-name": "", "sites-0-precision": "district", "sites-0-latitude": "", "sites-0-longitude": "",
        "participants-TOTAL_FORMS": 0, "participants-INITIAL_FORMS": 0,
    }  # fmt: skip
    for number, quota in enumerate(quotas):
        data |= {f"quotas-{number}-id": quota.pk, f"quotas-{number}-trial": trial.pk}
        data |= {f"quotas-{number}-granted": quota.granted}
    return {**data, **changes}


def test_staff_edit_a_trial_its_places_and_its_quota_in_the_admin(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.staff)
    url = reverse("admin:trials_trial_change", args=[trial.pk])
    assert client.get(url).status_code == 200
    changes = {
        "title_en": "Debris", "quotas-0-granted": 60, "sites-0-name": "橋",
        "sites-0-precision": "point", "sites-0-latitude": "36.7", "sites-0-longitude": "137.2",
    }  # fmt: skip
    answer = client.post(url, admin_form(trial, **changes))
    assert answer.status_code == 302, answer.context["errors"]
    trial.refresh_from_db()
    assert trial.title_en == "Debris"
    assert TrialQuota.objects.get(trial=trial, kind="devices").granted == 60
    site = Site.objects.get(trial=trial)
    assert (site.name, site.precision, site.point and site.point.coords) == ("橋", "point", (137.2, 36.7))


def test_a_quota_below_its_use_is_refused_in_the_admin(cast: Cast, trial: Trial) -> None:
    TrialQuota.objects.filter(trial=trial, kind="devices").update(used=3)
    url = reverse("admin:trials_trial_change", args=[trial.pk])
    answer = signed_in(cast.staff).post(url, admin_form(trial, **{"quotas-0-granted": 2}))
    assert answer.status_code == 200
    assert "3" in str(answer.context["errors"])
    assert TrialQuota.objects.get(trial=trial, kind="devices").granted == 50


def test_staff_stop_a_trial_early(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.staff)
    url = reverse("admin:trials_trial_changelist")
    client.post(url, {"action": "stop_early", "_selected_action": [str(trial.pk)]})
    trial.refresh_from_db()
    assert trial.state == TrialState.STOPPED


@pytest.mark.django_db
def test_the_public_api_tells_the_same_as_the_pages(client: Client) -> None:
    trial = TrialFactory.create(code="2025-007", title_en="Debris")
    TrialFactory.create(code="2025-008", is_public=False)
    Site.objects.create(trial=trial, name="井田川", point=Point(137.2137, 36.7012))
    Site.objects.create(trial=trial, name="秘密", point=Point(137.3, 36.65), precision="hidden")
    (row,) = client.get("/api/v1/trials").json()["results"]
    assert row == client.get("/api/v1/trials/2025-007").json()
    assert (row["code"], row["title_en"], row["phase"]) == ("2025-007", "Debris", "running")
    assert row["participants"] == [{"name": trial.organization.name, "role": "lead"}]
    assert row["places"] == [
        {"name": "井田川", "latitude": 36.704167, "longitude": 137.21875, "mesh": "55370147"}
    ]
    assert client.get("/api/v1/trials?fiscal_year=2024").json()["results"] == []
    refused = client.get("/api/v1/trials?fiscal_year=R7")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/fiscal_year")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_api_list_asks_the_same_number_of_queries(rows: int, db: None, django_assert_num_queries) -> None:
    for _number in range(rows):
        Site.objects.create(trial=TrialFactory.create(), name="橋", point=Point(137.2, 36.7))
    client = Client()
    with django_assert_num_queries(6):
        client.get("/api/v1/trials")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_workspace_list_asks_the_same_number_of_queries(
    rows: int, cast: Cast, django_assert_num_queries
) -> None:
    for _number in range(rows):
        TrialFactory.create(organization=cast.organization)
    member = UserFactory.create()
    MembershipFactory.create(organization=cast.organization, user=member, role=Role.VIEWER)
    client = signed_in(member)
    with django_assert_num_queries(14):
        client.get(reverse("trials:organization-trials", args=[cast.organization.pk]))
