"""The pages of joint applicants, for each who may and may not open them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.calls.enums import JointState
from apps.calls.models import Application, JointApplicant
from apps.core import clock
from apps.organizations.models import Organization
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import SubmittedFactory
from tests.factories.joint import ConfirmedFactory, JointFactory
from tests.factories.people import UserFactory

TOKEN = "p" * 43
LINK = f"/joint/{TOKEN}/"
NEW = {
    "contact_name": "川口 澄",
    "kind": "research",
    "name": "見本大学",
    "name_kana": "",
    "corporate_number": "",
}


@pytest.fixture
def partner(db: None) -> User:
    user: User = UserFactory.create(email="partner@example.jp", name="川口 澄")
    return user


def page(name: str, draft: Application, *more: Any) -> str:
    return reverse(f"calls:{name}", args=[draft.code, *more])


def test_the_lead_adds_a_partner_and_sees_what_is_wrong(
    client: Client, draft: Application, cast: Cast
) -> None:
    client.force_login(cast.owner)
    url = page("joint-list", draft)
    assert client.get(url).status_code == 200
    refused = client.post(url, {"org_name": "見本大学", "email": "owner@example.jp", "language": "ja"})
    assert refused.status_code == 422
    assert 'value="見本大学"' in refused.content.decode()
    done = client.post(
        url, {"org_name": "見本大学", "email": "partner@example.jp", "language": "ja"}, follow=True
    )
    assert "partner@example.jp" in done.content.decode()
    joint = JointApplicant.objects.get()
    assert client.post(page("joint-resend", draft, joint.pk)).status_code == 302
    assert client.get(page("joint-remove", draft, joint.pk)).status_code == 200
    assert client.post(page("joint-remove", draft, joint.pk)).status_code == 302
    joint.refresh_from_db()
    assert joint.removed_at is not None


def test_a_partner_reads_and_writes_but_leads_nothing(
    client: Client, draft: Application, cast: Cast, partner: User
) -> None:
    own = ConfirmedFactory.create(application=draft, user=partner)
    client.force_login(partner)
    statuses = {
        name: client.get(page(name, draft, *more)).status_code
        for name, more in {
            "application-detail": (),
            "application-check": (),
            "joint-list": (),
            "joint-leave": (),
            "application-question": ("idea",),
        }.items()
    }
    assert set(statuses.values()) == {200}, statuses
    assert draft.code in client.get("/applications/").content.decode()
    acts = {
        "joint-list": client.post(page("joint-list", draft), {"org_name": "x", "email": "x@example.jp"}),
        "joint-remove": client.post(page("joint-remove", draft, own.pk)),
        "joint-resend": client.post(page("joint-resend", draft, own.pk)),
        "submit": client.post(page("application-submit", draft), {"pledge": "on", "publish": "on"}),
    }
    found = {name: answer.status_code for name, answer in acts.items()}
    assert found["joint-remove"] == found["joint-resend"] == 403
    assert found["joint-list"] in (403, 422)
    assert found["submit"] in (403, 422)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert client.post(page("joint-leave", draft)).status_code == 302
    assert client.get(page("application-detail", draft)).status_code == 404


def test_a_partner_cannot_put_an_own_organization_in_the_lead_s_place(
    client: Client, draft: Application, cast: Cast
) -> None:
    ConfirmedFactory.create(application=draft, user=cast.stranger, organization=cast.other)
    client.force_login(cast.stranger)
    url = page("application-question", draft, "who")
    assert 'name="organization"' not in client.get(url).content.decode()
    assert client.post(url, {"organization": str(cast.other.pk)}).status_code == 403
    draft.refresh_from_db()
    assert draft.organization is None


@pytest.mark.parametrize("person", ["stranger", "reviewer", "staff"])
def test_a_stranger_who_knows_the_code_learns_nothing(
    client: Client, draft: Application, cast: Cast, person: str
) -> None:
    joint = JointFactory.create(application=draft)
    client.force_login(getattr(cast, person))
    for name, more in {"joint-list": (), "joint-leave": (), "joint-remove": (joint.pk,)}.items():
        assert client.get(page(name, draft, *more)).status_code == 404
    assert client.post(page("joint-resend", draft, joint.pk)).status_code == 404


def test_a_partner_s_number_works_in_its_own_application_only(
    client: Client, draft: Application, cast: Cast
) -> None:
    other = JointFactory.create(application=SubmittedFactory.create())
    client.force_login(cast.owner)
    assert client.get(page("joint-remove", draft, other.pk)).status_code == 404
    assert client.post(page("joint-resend", draft, other.pk)).status_code == 404


def test_partners_are_added_to_what_was_handed_in_until_the_deadline(client: Client, cast: Cast) -> None:
    sent = SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)
    client.force_login(cast.owner)
    link = page("joint-list", sent)
    assert link in client.get(sent.get_absolute_url()).content.decode()
    client.force_login(cast.reader)
    assert link not in client.get(sent.get_absolute_url()).content.decode()
    client.force_login(cast.owner)
    type(sent.call).objects.update(
        opens_at=clock.now() - timedelta(days=2), closes_at=clock.now() - timedelta(days=1)
    )
    assert link not in client.get(sent.get_absolute_url()).content.decode()
    values = {"org_name": "見本大学", "email": "partner@example.jp", "language": "ja"}
    assert client.post(link, values).status_code == 409


# The link


def test_the_link_says_who_invites_to_what_and_no_more(
    client: Client, draft: Application, cast: Cast
) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    answer = client.get(LINK)
    text = answer.content.decode()
    assert draft.title in text
    assert draft.org_name in text
    assert str(draft.call) in text
    for secret in (draft.plan, draft.contact_email, draft.representative, cast.owner.email):
        assert secret not in text
    assert answer["X-Robots-Tag"].startswith("noindex")
    assert "no-store" in answer["Cache-Control"]
    assert client.post(LINK, NEW).status_code == 200
    assert JointApplicant.objects.get().state == JointState.INVITED


def test_confirming_leads_to_the_application_and_back_there_again(
    client: Client, draft: Application, partner: User
) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    client.force_login(partner)
    assert client.get(LINK).status_code == 200
    assert client.post(LINK, {**NEW, "name": ""}).status_code == 422
    assert client.post(LINK, NEW).headers["Location"] == draft.get_absolute_url()
    assert client.post(LINK, NEW).headers["Location"] == draft.get_absolute_url()
    assert client.get(LINK).headers["Location"] == draft.get_absolute_url()
    assert Organization.objects.filter(name="見本大学").count() == 1
    client.force_login(UserFactory.create())
    assert client.get(LINK).status_code == 404


def test_one_chooses_among_one_s_own_organizations(client: Client, draft: Application, cast: Cast) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    client.force_login(cast.stranger)
    assert cast.other.name in client.get(LINK).content.decode()
    foreign = {**NEW, "organization": str(cast.organization.pk)}
    assert client.post(LINK, foreign).status_code == 422
    assert (
        client.post(LINK, {"organization": str(cast.other.pk), "contact_name": "よその人"}).status_code == 302
    )
    assert JointApplicant.objects.get().organization == cast.other


def test_the_lead_is_told_that_the_link_is_for_others(client: Client, draft: Application, cast: Cast) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    client.force_login(cast.owner)
    assert client.get(LINK).status_code == 200
    assert client.post(LINK, {**NEW, "organization": "new"}).status_code == 409


def test_declining_by_the_link(client: Client, draft: Application) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    assert client.get(f"{LINK}decline/").status_code == 405
    assert client.post(f"{LINK}decline/").status_code == 200
    assert client.post(f"{LINK}decline/").status_code == 404
    assert client.get(LINK).status_code == 404


def test_a_prober_sees_one_page_for_all_links(client: Client, draft: Application) -> None:
    JointFactory.create(application=draft, token="expired", expires_at=clock.now())
    JointFactory.create(application=draft, token="removed", removed_at=clock.now())
    tokens = ("unknown", "expired", "removed")
    pages = [client.get(f"/joint/{token}/") for token in tokens]
    assert {page.status_code for page in pages} == {404}
    bodies = [page.content.replace(token.encode(), b"") for token, page in zip(tokens, pages, strict=True)]
    assert len(set(bodies)) == 1


def test_after_too_many_links_every_link_is_unknown(client: Client, draft: Application) -> None:
    JointFactory.create(application=draft, token=TOKEN)
    assert client.get(LINK).status_code == 200
    for _ in range(125):
        client.get("/joint/wrong/")
    assert client.get(LINK).status_code == 404


# Lists


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_partners_asks_the_same_few_questions(
    client: Client, draft: Application, cast: Cast, number: int, django_assert_num_queries: Any
) -> None:
    ConfirmedFactory.create_batch(number, application=draft)
    client.force_login(cast.owner)
    client.get(page("joint-list", draft))
    with django_assert_num_queries(4):
        client.get(page("joint-list", draft))


@pytest.mark.parametrize("number", [1, 3])
def test_a_partner_s_own_list_asks_the_same_few_questions(
    client: Client, cast: Cast, partner: User, number: int, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        ConfirmedFactory.create(application=SubmittedFactory.create(), user=partner)
    client.force_login(partner)
    client.get("/applications/")
    with django_assert_num_queries(4):
        client.get("/applications/")


def test_staff_see_who_has_not_confirmed_by_the_partial(draft: Application) -> None:
    JointFactory.create(application=draft)
    text = render_to_string("calls/_joint_summary.html", {"application": draft})
    assert "見本大学 水の研究室" in text
    assert Message.objects.count() == 0
