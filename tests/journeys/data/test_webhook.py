"""A webhook: made, tried, read in its log, sent again, its secret replaced, switched off by the receiver.

The engineer uses the pages (in Japanese with the keyboard alone), a courier of its own brings the messages to
a receiver on this machine, and the public verifier judges each signature.
"""

from __future__ import annotations

import pytest
from standardwebhooks import Webhook

from tests.cast import make_cast
from tests.factories.trials import TrialFactory
from tests.journeys.data.test_docs_key import signed_in
from tests.journeys.stage import Person, Stage, Variant
from tests.journeys.typist import by_keyboard
from tests.receivers import Got, Receiver, receiver

#: As long as real receivers' addresses are.
TAIL = "/services/T0123456789/B0123456789/" + "x" * 24 + "?route=machitry&environment=production"


@pytest.mark.variants("phone-ja")
def test_webhook_from_the_form_to_a_receiver_that_is_gone(stage: Stage, variant: Variant) -> None:
    cast = make_cast()
    TrialFactory.create(organization=cast.organization, code="2026-015")
    TrialFactory.create(organization=cast.organization, code="2026-021")
    stage.command("courier", "--every", "0.1")
    engineer = by_keyboard(stage.person("engineer", variant))
    signed_in(engineer, cast.colleague)
    engineer.goto(f"/o/{cast.organization.pk}/")
    engineer.tap("main a[href$='/webhooks/']")
    with receiver() as here:
        secret = makes_one(engineer, here)
        tries_it(engineer, here, secret)
        sends_it_again(engineer, here, secret)
        newer = replaces_the_secret(engineer)
        engineer.tap("main form[action$='/test/'] button")
        got = arrived(engineer, here, 3)
        for one in (secret, newer):
            assert Webhook(one).verify(got.body, got.headers)["type"] == "test"
        meets_an_end(engineer, here)


def makes_one(engineer: Person, here: Receiver) -> str:
    """The form, once refused; gives the secret of the only page that shows it."""
    engineer.tap("main a[href$='/webhooks/new/']")
    engineer.fill(name="集計サーバー", url="https://10.0.0.8/hook")
    engineer.submit()
    engineer.look("webhook-refused")
    engineer.fill(url=here.url + TAIL)
    engineer.submit()
    secret = engineer.page.locator("#new-key").input_value()
    engineer.look("webhook-secret")
    engineer.tap("main a[href*='/webhooks/'] >> nth=-1")
    assert secret not in engineer.page.content()
    return secret


def tries_it(engineer: Person, here: Receiver, secret: str) -> None:
    """The page of the message shows the answer by itself, with the request as it went out."""
    here.answer = '{"ok": true, "words": "受け取りました"}'.encode()
    engineer.tap("main form[action$='/test/'] button")
    got = arrived(engineer, here, 1)
    assert Webhook(secret).verify(got.body, got.headers)["type"] == "test"
    page = engineer.page
    page.get_by_text("受け取りました").wait_for()
    assert got.headers["webhook-signature"] in page.content()
    engineer.look("webhook-message")


def sends_it_again(engineer: Person, here: Receiver, secret: str) -> None:
    first = here.got[0]
    engineer.tap("main form:not([action]) button")
    again = arrived(engineer, here, 2)
    assert (again.body, again.id == first.id) == (first.body, False)
    Webhook(secret).verify(again.body, again.headers)
    engineer.page.locator(f"main a[href$='/{first.id}/']").wait_for()
    engineer.tap(".breadcrumb li:nth-last-child(2) a")
    assert engineer.page.locator("main table tbody tr").count() == 2


def replaces_the_secret(engineer: Person) -> str:
    engineer.tap("main a[href$='/secret/']")
    engineer.look("webhook-replace")
    engineer.choose("overlap", "168")
    engineer.submit()
    newer = engineer.page.locator("#new-key").input_value()
    engineer.tap("main a[href*='/webhooks/'] >> nth=-1")
    return newer


def meets_an_end(engineer: Person, here: Receiver) -> None:
    here.status, here.answer = 410, b"moved away"
    engineer.tap(".breadcrumb li:nth-last-child(2) a")
    engineer.tap("main form[action$='/test/'] button")
    arrived(engineer, here, 4)
    engineer.page.get_by_text("moved away").wait_for()
    engineer.tap(".breadcrumb li:nth-last-child(2) a")
    engineer.see_message("Switched off: the receiver is gone")
    assert not engineer.page.locator("main form[action$='/test/']").count()
    engineer.look("webhook-gone")
    engineer.tap(".breadcrumb a[href$='/webhooks/']")
    engineer.look("webhooks")


def arrived(engineer: Person, here: Receiver, count: int) -> Got:
    """The newest of ``count`` requests, once it came."""
    engineer.stage.wait(f"request {count}", lambda: len(here.got) == count)
    return here.got[-1]
