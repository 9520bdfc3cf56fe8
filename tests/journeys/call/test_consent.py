"""Consent of a facility's keeper: the city asks, a colleague of the keeper answers, the city reads."""

from __future__ import annotations

import re

import pytest

from apps.accounts.models import User
from apps.calls.models import FacilityConsent
from tests.factories.calls import SubmittedFactory
from tests.journeys.stage import Person, Stage, Variant

STAFF, KEEPER = "sato@city.example.jp", "shisetsu@city.example.jp"
COMMENT = "平日の9時から17時に作業してください。"


@pytest.mark.variants("phone-ja", "desktop-en")
def test_consent_is_asked_answered_by_keyboard_and_read(stage: Stage, variant: Variant) -> None:
    User.objects.create_user(STAFF, name="佐藤", is_staff=True, is_superuser=True)
    application = SubmittedFactory.create(
        facilities="yes", facility_name="婦中ふれあい館の屋上", facility_owner="見本市 施設管理課"
    )
    stage.outbox()
    secretary = stage.person("secretary", Variant("desktop", variant.language))
    asks(secretary, str(application.pk))
    keeper = stage.person("keeper", variant)
    answers(keeper)
    reads(secretary)


def asks(secretary: Person, application: str) -> None:
    """Write, see the mail, send it."""
    secretary.goto(f"/admin/calls/application/{application}/change/")
    secretary.sign_in(STAFF)
    secretary.page.locator("a[href*='/facilityconsent/ask/']").click()
    assert secretary.page.locator("#id_facility").input_value() == "婦中ふれあい館の屋上"
    secretary.fill(email=KEEPER, message="屋上の手すりに受信機を1台付けます。")
    secretary.look("consent-ask")
    secretary.submit()
    secretary.page.locator("button[name=send]").wait_for()
    secretary.look("consent-preview")
    secretary.page.locator("button[name=send]").click()
    secretary.page.wait_for_url(re.compile("/change/"))
    secretary.look("consent-application")


def answers(keeper: Person) -> None:
    """From the mailed link, with the keyboard alone; afterwards the page is to read only."""
    mails = keeper.stage.wait("the question", lambda: keeper.stage.mails_to(KEEPER))
    found = re.search(r"https?://[^/\s]+(/\S*consent/\S+)", mails[-1][1])
    assert found, mails[-1][1]
    keeper.goto(found.group(1))
    keeper.look("consent-page")
    keeper.tab_to("input[name=answer][value=approved]")
    keeper.press("Space")
    keeper.tab_to("input[name=answer][value=change]")
    keeper.press("Space")
    keeper.write("answered_section", "施設管理課")
    keeper.write("answered_by", "宮田 守")
    keeper.tab_to("main form .button-primary")
    keeper.enter()
    assert FacilityConsent.objects.get().state == "asked"
    keeper.look("consent-missing")
    keeper.write("comment", COMMENT)
    keeper.tab_to("main form .button-primary")
    keeper.enter()
    keeper.page.get_by_text(COMMENT).first.wait_for()
    assert keeper.page.locator("main form").count() == 0
    keeper.look("consent-answered")
    copy = keeper.stage.wait(
        "the copy", lambda: (got := keeper.stage.mails_to(KEEPER)) and len(got) == 2 and got[-1]
    )
    assert "宮田 守" in copy[1]
    assert keeper.context.cookies() == [] or all(
        cookie["name"] == "csrftoken" for cookie in keeper.context.cookies()
    )


def reads(secretary: Person) -> None:
    """The answer waits in the list of work; staff read it."""
    secretary.goto("/admin/")
    secretary.look("consent-work")
    secretary.page.locator("a[href*='/facilityconsent/']").filter(
        has_text=re.compile("読む|Read")
    ).first.click()
    secretary.page.get_by_text(COMMENT).first.wait_for()
    secretary.look("consent-read")
    secretary.page.locator("form[action$='/read/'] button").click()
    secretary.settle()
    assert FacilityConsent.objects.get().read_at is not None
