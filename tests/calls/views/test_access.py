"""Who may open which page: each of the cast, and nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.calls.models import Application
from apps.core import clock
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, CallFactory, SubmittedFactory, complete_answers

PEOPLE = ("anonymous", "owner", "colleague", "reader", "stranger", "reviewer", "staff")
DRAFT_PAGES = {
    # Staff see no drafts; the reader sees the draft but not its screens.
    "application-detail": {"owner": 200, "colleague": 200, "reader": 200},
    "application-question": {"owner": 200, "colleague": 200, "reader": 403},
    "application-check": {"owner": 200, "colleague": 200, "reader": 403},
}
SUBMITTED_PAGES = {
    "application-detail": {"owner": 200, "colleague": 200, "reader": 200, "staff": 200},
    "application-receipt": {"owner": 200, "colleague": 200, "reader": 200, "staff": 200},
    "application-withdraw": {"owner": 200, "colleague": 200, "reader": 302, "staff": 302},
    "application-accept": {"owner": 302, "colleague": 302, "reader": 302, "staff": 302},
    "application-turn-down": {"owner": 302, "colleague": 302, "reader": 302, "staff": 302},
}
POSTS = ("application-submit", "application-withdraw", "application-reopen", "application-accept")


def enter(client: Client, cast: Cast, person: str) -> None:
    client.logout()
    if person != "anonymous":
        client.force_login(getattr(cast, person))


def expected(person: str, allowed: dict[str, int]) -> int:
    return 302 if person == "anonymous" else allowed.get(person, 404)


def arguments(page: str, application: Application) -> list[str]:
    return [application.code, "who"] if page.endswith("question") else [application.code]


@pytest.mark.parametrize("person", PEOPLE)
def test_pages_of_an_application(client: Client, cast: Cast, person: str) -> None:
    draft = ApplicationFactory.create(
        created_by=cast.owner, organization=cast.organization, **complete_answers()
    )
    sent = SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)
    enter(client, cast, person)
    for application, pages in ((draft, DRAFT_PAGES), (sent, SUBMITTED_PAGES)):
        for page, allowed in pages.items():
            url = reverse(f"calls:{page}", args=arguments(page, application))
            assert (page, client.get(url).status_code) == (page, expected(person, allowed))


@pytest.mark.parametrize("person", ["reader", "stranger", "reviewer", "staff", "anonymous"])
@pytest.mark.parametrize("page", POSTS)
def test_acts_of_others_change_nothing(client: Client, cast: Cast, person: str, page: str) -> None:
    sent = SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)
    enter(client, cast, person)
    response = client.post(reverse(f"calls:{page}", args=[sent.code]), {})
    visible = {"reader": (403, 302), "staff": (403, 302), "anonymous": (302,)}
    assert response.status_code in visible.get(person, (404,))
    sent.refresh_from_db()
    assert (sent.state, sent.version) == ("submitted", 1)


@pytest.mark.parametrize("person", PEOPLE)
def test_lists_show_only_what_is_one_s_own(client: Client, cast: Cast, person: str) -> None:
    SubmittedFactory.create(
        created_by=cast.owner, organization=cast.organization, title="自社の実証", code="2026-901"
    )
    SubmittedFactory.create(
        created_by=cast.stranger, organization=cast.other, title="よその実証", code="2026-902"
    )
    enter(client, cast, person)
    response = client.get(reverse("calls:application-list"))
    if person == "anonymous":
        assert response.status_code == 302
        return
    text = response.content.decode()
    assert ("2026-901" in text) == (person in ("owner", "colleague", "reader"))
    assert ("2026-902" in text) == (person == "stranger")


@pytest.mark.parametrize("person", PEOPLE)
def test_the_workspace_s_part(client: Client, cast: Cast, person: str) -> None:
    SubmittedFactory.create(created_by=cast.owner, organization=cast.organization, code="2026-901")
    enter(client, cast, person)
    url = reverse("calls:workspace-applications", args=[cast.organization.pk])
    response = client.get(url)
    assert response.status_code == {"anonymous": 302, "stranger": 404, "reviewer": 404}.get(person, 200)
    assert (b"2026-901" in response.content) == (person in ("owner", "colleague", "reader", "staff"))


@pytest.mark.parametrize("person", PEOPLE)
def test_only_staff_enter_the_admin(client: Client, cast: Cast, person: str) -> None:
    call = CallFactory.create(state="draft")
    sent = SubmittedFactory.create(created_by=cast.owner)
    enter(client, cast, person)
    for name, pk in (
        ("calls_call_preview", call.pk),
        ("calls_call_publish", call.pk),
        ("calls_call_change", call.pk),
        ("calls_application_change", sent.pk),
    ):
        status = client.get(reverse(f"admin:{name}", args=[pk])).status_code
        assert (name, status in (302, 403)) == (name, person != "staff")
    assert client.get(reverse("admin:calls_call_add")).status_code == (
        200 if person == "staff" else client.get(reverse("admin:index")).status_code
    )


def test_a_secret_decision_changes_nothing_on_the_applicant_s_page(client: Client, cast: Cast) -> None:
    call = CallFactory.create()
    values: dict[str, Any] = {
        "call": call,
        "created_by": cast.owner,
        "organization": cast.organization,
        "submitted_at": clock.now(),
    }
    waiting = SubmittedFactory.create(code="2026-901", **values)
    SubmittedFactory.create(
        code="2026-902",
        **values,
        state="declined",
        decision_reason="秘密の理由",
        decided_at=clock.now(),
        decided_by=cast.staff,
    )
    client.force_login(cast.owner)
    pages = [client.get(reverse("calls:application-detail", args=[f"2026-90{n}"])) for n in (1, 2)]
    first, second = (page.content.decode() for page in pages)
    assert "審査中" in first
    assert "秘密の理由" not in second
    assert first.replace("2026-901", "2026-902") == second
    assert waiting.state == "submitted"
    rows = client.get(reverse("calls:application-list")).content.decode()
    assert rows.count("審査中") == 2
