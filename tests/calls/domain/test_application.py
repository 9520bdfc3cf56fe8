"""Beginning, saving, handing in, withdrawing, answering: what works and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from apps.calls.domain import (
    application_accept,
    application_choose_organization,
    application_reopen,
    application_save,
    application_start,
    application_submit,
    application_turn_down,
    application_withdraw,
)
from apps.calls.enums import ApplicationState
from apps.calls.models import Application
from apps.calls.selectors.applications import answers_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.organizations.enums import OrganizationKind, Role
from apps.organizations.models import Membership, Organization
from apps.outbox.domain import batch_release
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from apps.trials.models import Trial
from tests.calls.conftest import PLEDGES
from tests.cast import Cast
from tests.factories.calls import SENSOR, CallFactory, complete_answers
from tests.factories.deciding import final
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory


def test_a_draft_is_made_at_once_with_a_number_and_what_is_known(cast: Cast) -> None:
    cast.organization.corporate_number = "4011001098993"
    cast.organization.save()
    call = CallFactory.create(fiscal_year=2026)
    first = application_start(call=call, actor=cast.owner)
    assert (first.code, first.state, first.contact_email) == ("2026-001", "draft", cast.owner.email)
    assert (first.organization, first.org_name) == (cast.organization, "株式会社みずおと技研")
    assert first.corporate_number == "4011001098993"
    assert application_start(call=call, actor=cast.owner) == first
    assert application_start(call=call, actor=cast.stranger).code == "2026-002"
    other_year = CallFactory.create(fiscal_year=2027)
    assert application_start(call=other_year, actor=cast.owner).code == "2027-001"
    assert Message.objects.filter(template="calls-draft", to_email=cast.owner.email).count() == 2


def test_nobody_begins_before_or_after_or_off_the_site(cast: Cast) -> None:
    now = clock.now()
    for values in (
        {"opens_at": now + timedelta(hours=1)},
        {"closes_at": now},
        {"state": "draft"},
        {"state": "closed"},
    ):
        with pytest.raises(Conflict):
            application_start(call=CallFactory.create(**values), actor=cast.owner, now=now)
    assert not Application.objects.exists()


def test_handing_in_makes_the_organization_and_leaves_one_receipt(draft: Application, cast: Cast) -> None:
    known = OrganizationFactory.create(name="先にいた会社", corporate_number="4011001098993")
    now = clock.now()
    draft.corporate_number = "４０１１００１－０９８９９３"
    draft.save()
    done = application_submit(application=draft, actor=cast.owner, pledges=PLEDGES, now=now)
    assert (done.state, done.submitted_at, done.corporate_number) == ("submitted", now, "4011001098993")
    made = done.organization
    assert made is not None
    assert made != known
    assert (made.name, made.kind, made.corporate_number) == (
        "株式会社みずおと技研",
        OrganizationKind.CORPORATION,
        "4011001098993",
    )
    assert Membership.objects.get(organization=made).user == cast.owner
    assert not known.memberships.exists()
    again = application_submit(application=draft, actor=cast.owner, pledges={}, now=now + timedelta(days=99))
    assert again.submitted_at == now
    mail = Message.objects.get(template="calls-receipt")
    assert (mail.to_email, mail.state, mail.subject) == (
        "haru@example.jp",
        MessageState.QUEUED,
        f"応募 {draft.code} を受け付けました",
    )
    assert draft.code in mail.body


def test_the_receipt_is_in_the_language_of_the_person(draft: Application, cast: Cast) -> None:
    cast.owner.language = "en"
    cast.owner.save()
    application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    mail = Message.objects.get(template="calls-receipt")
    assert mail.subject == f"We received application {draft.code}"
    assert f"/en/applications/{draft.code}/" in mail.body


def test_an_own_organization_is_taken_not_made_again(draft: Application, cast: Cast) -> None:
    row = application_choose_organization(application=draft, actor=cast.owner, organization=cast.organization)
    row = application_save(
        application=row,
        actor=cast.owner,
        values={"org_kana": "無視される", "contact_name": "別の担当"},
    ).application
    assert (row.org_kana, row.contact_name) == ("", "別の担当")
    with pytest.raises(NotAllowed):
        application_choose_organization(application=draft, actor=cast.owner, organization=cast.other)
    before = Organization.objects.count()
    row.org_kana, row.corporate_number = "ミズオト", "4011001098993"
    row.save()
    done = application_submit(application=row, actor=cast.owner, pledges=PLEDGES)
    assert done.organization == cast.organization
    assert Organization.objects.count() == before
    with pytest.raises(Conflict):
        application_choose_organization(application=draft, actor=cast.owner, organization=None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"org_kind": ""}, "org_kind"),
        ({"org_kind": "city"}, "org_kind"),
        ({"org_name": ""}, "org_name"),
        ({"org_kana": ""}, "org_kana"),
        ({"corporate_number": ""}, "corporate_number"),
        ({"corporate_number": "4011001098994"}, "corporate_number"),
        ({"corporate_number": "401100109899"}, "corporate_number"),
        ({"corporate_number": "abc"}, "corporate_number"),
        ({"org_kind": "sole"}, "corporate_number"),
        ({"contact_name": ""}, "contact_name"),
        ({"contact_email": "haru"}, "contact_email"),
        ({"contact_email": ""}, "contact_email"),
        ({"title": ""}, "title"),
        ({"need": "あ" * 1001}, "need"),
        ({"plan": ""}, "plan"),
        ({"sensors": []}, "sensors"),
        ({"sensors": [{**SENSOR, "count": "たくさん"}]}, "sensors"),
        ({"sensors": [{**SENSOR, "count": 0}]}, "sensors"),
        ({"sensors": [{**SENSOR, "name": ""}]}, "sensors"),
        ({"sensors": [{**SENSOR, "payload_bytes": 243}]}, "sensors"),
        ({"sensors": [SENSOR] * 21}, "sensors"),
        ({"sensors": [{**SENSOR, "count": 6000}] * 2}, "sensors"),
        ({"places": []}, "places"),
        ({"facilities": ""}, "facilities"),
        ({"facilities": "yes"}, "facility_name"),
        ({"postal_code": ""}, "postal_code"),
        ({"postal_code": "930008"}, "postal_code"),
        ({"address": ""}, "address"),
        ({"representative": ""}, "representative"),
        ({"measure": ""}, "measure"),
        ({"learning": ""}, "learning"),
        ({"period_from": None}, "period_from"),
        ({"period_until": None}, "period_until"),
        ({"period_from": date(2000, 1, 1)}, "period_from"),
        ({"period_until": date(2000, 1, 1)}, "period_until"),
        ({"personal_data": ""}, "personal_data"),
        ({"personal_data": "yes"}, "personal_data_note"),
        ({"conformity": ""}, "conformity"),
        ({"sharing": ""}, "sharing"),
    ],
)
def test_what_is_missing_or_wrong_is_told(
    draft: Application, cast: Cast, change: dict[str, Any], field: str
) -> None:
    Application.objects.filter(pk=draft.pk).update(**change)
    with pytest.raises(InvalidInput) as refused:
        application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    assert list(refused.value.fields) == [field]
    draft.refresh_from_db()
    assert draft.state == ApplicationState.DRAFT
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"org_kind": "sole", "corporate_number": ""},
        {"org_kind": "research", "corporate_number": ""},
        {"org_kind": "association", "corporate_number": ""},
        {"sensors": [], "devices_undecided": True},
        {"sensors": [{**SENSOR, "payload_bytes": None, "interval_s": 0}]},
        {"places": [], "place_undecided": True},
        {"postal_code": "〒９３０－００８３"},
        {"conformity": "unknown", "sharing": "undecided"},
        {"contact_phone": ""},
    ],
)
def test_honest_gaps_are_accepted(draft: Application, cast: Cast, change: dict[str, Any]) -> None:
    Application.objects.filter(pk=draft.pk).update(**change)
    done = application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    assert done.state == ApplicationState.SUBMITTED


def test_every_pledge_is_needed(draft: Application, cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refused:
        application_submit(application=draft, actor=cast.owner, pledges={"publish": True})
    assert list(refused.value.fields) == ["personal_data", "terms"]


def test_the_deadline_to_the_second(draft: Application, cast: Cast) -> None:
    closes = draft.call.closes_at
    with pytest.raises(Conflict) as refused:
        application_submit(application=draft, actor=cast.owner, pledges=PLEDGES, now=closes)
    assert refused.value.code == "closed"
    draft.refresh_from_db()
    assert (draft.state, answers_of(draft)["title"]) == ("draft", complete_answers()["title"])
    # What was typed is still kept after it.
    application_save(application=draft, actor=cast.owner, values={"plan": "締切の後に書いた文"})
    just = closes - timedelta(seconds=1)
    done = application_submit(application=draft, actor=cast.owner, pledges=PLEDGES, now=just)
    assert done.submitted_at == just


def test_withdrawing_correcting_and_handing_in_again(draft: Application, cast: Cast) -> None:
    done = application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    back = application_withdraw(application=done, actor=cast.owner)
    assert application_withdraw(application=done, actor=cast.owner).version == back.version
    again = application_reopen(application=back, actor=cast.owner)
    assert (again.state, again.submitted_at, again.code) == ("draft", None, draft.code)
    final = application_submit(application=again, actor=cast.owner, pledges=PLEDGES)
    assert final.state == ApplicationState.SUBMITTED
    assert Message.objects.filter(template="calls-receipt").count() == 2
    with pytest.raises(Conflict):
        application_withdraw(application=final, actor=cast.owner, now=draft.call.closes_at)


def test_a_second_draft_stands_in_the_way_of_reopening(draft: Application, cast: Cast) -> None:
    done = application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    back = application_withdraw(application=done, actor=cast.owner)
    application_start(call=draft.call, actor=cast.owner)
    with pytest.raises(Conflict) as refused:
        application_reopen(application=back, actor=cast.owner)
    assert refused.value.code == "draft"


def _adopted(draft: Application, cast: Cast) -> Application:
    done = application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    return final(done, cast.staff)


def test_the_company_answers_only_after_it_was_told(draft: Application, cast: Cast) -> None:
    adopted = _adopted(draft, cast)
    with pytest.raises(Conflict):
        application_accept(application=adopted, actor=cast.owner)
    batch_release(batch=f"decision-{draft.call.code}", actor=cast.staff)
    manager, engineer = UserFactory.create(), UserFactory.create()
    MembershipFactory.create(organization=adopted.organization, user=manager, role=Role.MANAGER)
    MembershipFactory.create(organization=adopted.organization, user=engineer, role=Role.ENGINEER)
    for person in (engineer, cast.stranger, cast.staff):
        with pytest.raises(NotAllowed):
            application_accept(application=adopted, actor=person)
    done = application_accept(application=adopted, actor=manager)
    assert done.state == ApplicationState.ACCEPTED
    application_accept(application=adopted, actor=manager)
    trial = Trial.objects.get(application=adopted)
    assert trial.code == draft.code
    with pytest.raises(Conflict):
        application_turn_down(application=adopted, actor=manager)


def test_turning_down_opens_no_trial(draft: Application, cast: Cast) -> None:
    adopted = _adopted(draft, cast)
    batch_release(batch=f"decision-{draft.call.code}", actor=cast.staff)
    assert application_turn_down(application=adopted, actor=cast.owner).state == "turned_down"
    assert not Trial.objects.exists()


@pytest.mark.parametrize("person", ["reader", "stranger", "reviewer", "staff"])
def test_others_write_nothing(draft: Application, cast: Cast, person: str) -> None:
    draft.organization = cast.organization
    draft.save()
    actor = getattr(cast, person)
    with pytest.raises(NotAllowed):
        application_save(application=draft, actor=actor, values={"title": "x"})
    with pytest.raises(NotAllowed):
        application_submit(application=draft, actor=actor, pledges=PLEDGES)
    draft.refresh_from_db()
    assert draft.title == complete_answers()["title"]
