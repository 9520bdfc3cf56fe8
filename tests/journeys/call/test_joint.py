"""A joint application: the lead invites from a phone, a partner confirms with an own code, both write."""

from __future__ import annotations

import re

import pytest

from apps.accounts.models import User
from apps.calls.models import Application, JointApplicant
from apps.organizations.models import Organization
from tests.factories.calls import ApplicationFactory, CallFactory, complete_answers
from tests.journeys.stage import Person, Stage, Variant

LEAD, SENT_TO, PARTNER = "haru@mizuoto.example", "lab@daigaku.example", "kawaguchi@daigaku.example"
MEASURE = "研究室の水位計と1週間くらべます。"


@pytest.mark.variants("phone-ja", "desktop-en")
def test_joint_applicant_confirms_and_writes_with_the_lead(stage: Stage, variant: Variant) -> None:
    user = User.objects.create_user(LEAD, name="山田 はる", language=variant.language)
    answers = {**complete_answers(), "contact_email": LEAD, "measure": ""}
    draft = ApplicationFactory.create(
        call=CallFactory.create(code="2026"), created_by=user, code="2026-901", **answers
    )
    stage.outbox()
    lead, partner = stage.person("lead", variant), stage.person("partner", variant)
    invites(lead, draft)
    confirms(partner, draft)
    writes(partner, draft)
    hands_in(lead, draft)
    assert stage.wait("the lead's receipt", lambda: lead.receipts(draft.code))
    assert stage.wait("the partner's receipt", lambda: partner.receipts(draft.code))
    removes_nobody_else(partner, draft)


def invites(lead: Person, draft: Application) -> None:
    """From the screen of the contact, which is saved on the way."""
    lead.goto(f"/applications/{draft.code}/questions/contact/")
    lead.sign_in(LEAD)
    lead.page.locator("#id_contact_phone").fill("076-000-1234")
    lead.look("joint-contact")
    lead.page.locator("button[name=then][value=joint]").click()
    lead.page.locator("#id_org_name").wait_for()
    lead.look("joint-empty")
    lead.fill(org_name="見本大学 水の研究室", contact_name="川口 澄", email=SENT_TO)
    lead.choose("language", lead.variant.language)
    lead.submit()
    lead.see_message("not confirmed yet") if lead.variant.language == "en" else lead.see("確認待ち", "")
    lead.look("joint-invited")
    draft.refresh_from_db()
    assert draft.contact_phone == "076-000-1234"


def link_in(person: Person, address: str) -> str:
    """The path behind the newest link that was mailed to ``address``."""
    mails = person.stage.wait(
        f"the mail to {address}",
        lambda: [text for _subject, text in person.stage.mails_to(address) if "/joint/" in text],
    )
    found = re.search(r"https?://[^/\s]+(/\S*joint/\S+)", mails[-1])
    assert found, mails[-1]
    return found.group(1)


def confirms(partner: Person, draft: Application) -> None:
    """The link was forwarded to a colleague, who signs in with another address."""
    answer = partner.page.goto(partner.stage.url + link_in(partner, SENT_TO))
    assert answer is not None
    assert answer.ok
    partner.look("joint-link")
    partner.page.locator("main a[href*='/account/login/code/']").click()
    partner.sign_in(PARTNER)
    partner.page.locator("#id_name").wait_for()
    assert partner.page.locator("#id_name").input_value() == "見本大学 水の研究室"
    partner.look("joint-confirm")
    partner.fill(contact_name="川口 澄")
    partner.choose("kind", "research")
    partner.page.locator("main form[action*='/joint/'] .button-primary").click()
    partner.page.wait_for_url(re.compile(rf"/applications/{draft.code}/$"))
    joint = JointApplicant.objects.get(application=draft)
    assert joint.user is not None
    assert (joint.state, joint.user.email) == ("confirmed", PARTNER)
    assert Organization.objects.filter(name="見本大学 水の研究室").count() == 1
    partner.stage.wait("the mail to the first address", lambda: len(partner.stage.mails_to(SENT_TO)) == 2)
    partner.look("joint-shared")


def writes(partner: Person, draft: Application) -> None:
    """The partner finds the draft in the own list, answers what was missing, and cannot hand it in."""
    partner.goto("/applications/")
    partner.page.get_by_text(draft.code).first.click()
    partner.goto(f"/applications/{draft.code}/questions/plan/?from=check")
    partner.page.locator("#id_measure").fill(MEASURE)
    partner.submit()
    draft.refresh_from_db()
    assert draft.measure == MEASURE
    partner.goto(f"/applications/{draft.code}/check/")
    partner.see("応募するのは代表応募者です", "The lead applicant hands it in")
    assert partner.page.locator("form[action$='/submit/']").count() == 0
    partner.look("joint-check-partner")


def hands_in(lead: Person, draft: Application) -> None:
    """The lead sees who confirmed and what the partner wrote, and hands in."""
    lead.goto(f"/applications/{draft.code}/check/")
    lead.page.get_by_text(MEASURE).first.wait_for()
    lead.page.get_by_text(PARTNER).first.wait_for()
    lead.look("joint-check-lead")
    for box in lead.page.locator("form[action$='/submit/'] input[type=checkbox]").all():
        box.check(force=True)
    lead.page.locator("form[action$='/submit/'] .button-primary").click()
    lead.page.wait_for_url(re.compile("/receipt/"))


def removes_nobody_else(partner: Person, draft: Application) -> None:
    """The partner sees everyone who takes part, may leave, and may remove nobody."""
    partner.goto(f"/applications/{draft.code}/joint/")
    assert partner.page.locator("a[href$='/remove/']").count() == 0
    partner.page.locator("a[href$='/leave/']").click()
    partner.look("joint-leave")
