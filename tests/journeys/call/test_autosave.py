"""The draft saves by itself: offline, a killed server, a closed tab, two browsers, an ended session."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Error as PlaywrightError

from apps.calls.domain import application_save, application_submit
from apps.calls.models import Application
from tests.factories.calls import ApplicationFactory, CallFactory, complete_answers
from tests.factories.people import UserFactory
from tests.journeys.call.server import Server, signed_in
from tests.journeys.stage import Person, Stage, Variant

#: What must come back byte for byte.
TEXT = "  水位が　10 cm を超えたら\n\n知らせます。👩‍🌾 𠮷野家　\t“Word”  \nか\u3099 ﾊﾝｶｸ Ａ１ <b>&amp;</b> \n"
LONG = "あ" * 9_990 + "終わり 🚰\n  "
PHONE = pytest.mark.variants("phone-ja")
DESKTOP = pytest.mark.variants("desktop-en")


@pytest.fixture
def server(stage: Stage) -> Server:
    server = Server(stage)
    server.start()
    return server


@pytest.fixture
def draft(stage: Stage) -> Application:
    call = CallFactory.create(code="2026", title="センサーネットワーク 実証実験公募（見本）")
    person = UserFactory.create(email="haru@mizuoto.example.jp", name="山田 はる")
    return ApplicationFactory.create(
        call=call, created_by=person, **complete_answers() | {"need": "", "plan": ""}
    )


def writer(stage: Stage, draft: Application, variant: Variant, name: str = "はる") -> Person:
    person = stage.person(name, variant)
    signed_in(person, draft.created_by)
    return person


def opens(person: Person, draft: Application, slug: str = "idea") -> None:
    person.goto(f"/applications/{draft.code}/questions/{slug}/")


def types(person: Person, text: str, name: str = "need") -> None:
    """At the end of what stands there, as a keyboard or a paste does it."""
    field = person.page.locator(f"#id_{name}")
    field.focus()
    person.press("Control+End")
    person.page.keyboard.insert_text(text)


def shown(person: Person, name: str = "need") -> str:
    return person.page.locator(f"#id_{name}").input_value()


def stored(draft: Application, name: str = "need") -> Any:
    draft.refresh_from_db()
    return getattr(draft, name)


def copies(person: Person) -> list[dict[str, Any]]:
    person.page.wait_for_load_state()
    texts = person.page.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('machitry.copy:')).map(([, v]) => v)"
    )
    return [json.loads(text) for text in texts]


def no_copy_is_left(person: Person) -> None:
    def empty() -> bool:
        try:
            return not copies(person)
        except PlaywrightError:  # the page loads itself again when rows came back
            return False

    person.stage.wait("no copy is left", empty)


def line(person: Person, said: str) -> None:
    person.page.locator(f"[data-autosave-line][data-said={said}]").wait_for()


def reaches(stage: Stage, draft: Application, text: Any, name: str = "need") -> None:
    stage.wait(f"{name} in the database", lambda: stored(draft, name) == text)


@PHONE
def test_autosave_keeps_every_byte_and_tells_when(stage: Stage, draft: Application, variant: Variant) -> None:
    person = writer(stage, draft, variant)
    opens(person, draft)
    types(person, TEXT)
    line(person, "saved")
    reaches(stage, draft, TEXT)
    no_copy_is_left(person)
    person.look("autosave-saved")
    types(person, LONG)
    reaches(stage, draft, TEXT + LONG)
    person.page.reload()
    assert shown(person) == TEXT + LONG
    assert person.page.locator("[data-autosave-line]").inner_text() == ""


@PHONE
def test_autosave_offline_in_mid_word(stage: Stage, draft: Application, variant: Variant) -> None:
    stage.listening = False
    person = writer(stage, draft, variant)
    opens(person, draft)
    types(person, "水位が")
    reaches(stage, draft, "水位が")
    person.context.set_offline(True)
    types(person, "急に上")
    line(person, "offline")
    person.look("autosave-offline")
    stage.listening = False
    types(person, "がる\n ")
    person.page.locator("main form .button-primary").click()
    assert shown(person) == "水位が急に上がる\n "
    assert stored(draft) == "水位が"
    person.context.set_offline(False)
    reaches(stage, draft, "水位が急に上がる\n ")
    line(person, "saved")
    no_copy_is_left(person)


@DESKTOP
def test_autosave_when_the_server_is_killed(
    stage: Stage, server: Server, draft: Application, variant: Variant
) -> None:
    stage.listening = False
    person = writer(stage, draft, variant)
    opens(person, draft)
    types(person, "一行目\n")
    reaches(stage, draft, "一行目\n")
    server.kill()
    types(person, TEXT)
    line(person, "offline")
    person.close_tab()
    server.start()
    opens(person, draft)
    assert shown(person) == "一行目\n" + TEXT
    reaches(stage, draft, "一行目\n" + TEXT)
    no_copy_is_left(person)
    # It comes back by itself as well, when the page stays open.
    server.kill()
    types(person, "続き")
    line(person, "offline")
    server.start()
    reaches(stage, draft, "一行目\n" + TEXT + "続き")


@PHONE
def test_autosave_when_the_tab_closes_after_a_key(stage: Stage, draft: Application, variant: Variant) -> None:
    person = writer(stage, draft, variant)
    opens(person, draft)
    types(person, TEXT)
    types(person, "x")
    person.close_tab()
    opens(person, draft)
    assert shown(person) == TEXT + "x"
    reaches(stage, draft, TEXT + "x")
    types(person, LONG)
    person.close_tab()
    opens(person, draft, "plan")
    # Another screen of the application sends what the closing page could not.
    reaches(stage, draft, TEXT + "x" + LONG)
    opens(person, draft)
    assert shown(person) == TEXT + "x" + LONG
    assert not draft.variants.exists()


@PHONE
def test_autosave_of_a_page_that_was_killed(stage: Stage, draft: Application, variant: Variant) -> None:
    """It could not even say that it closes (a crash, an empty battery); another screen sends its copy."""
    stage.listening = False
    person = writer(stage, draft, variant)
    opens(person, draft)
    person.page.route("**/save/", lambda route: route.abort())
    types(person, TEXT)
    line(person, "offline")
    killed = person.page
    with killed.expect_event("crash"):
        # It has no time to answer.
        person.context.new_cdp_session(killed).send("Page.navigate", {"url": "chrome://kill"})
    killed.close()
    person.page = person.context.new_page()
    person.page.clock.install()
    opens(person, draft, "plan")
    assert [copy["closed"] for copy in copies(person)] == [False]
    assert stored(draft) == ""
    person.page.clock.run_for(90_000)
    reaches(stage, draft, TEXT)
    no_copy_is_left(person)
    assert not draft.variants.exists()


@PHONE
def test_autosave_puts_rows_of_lists_back(
    stage: Stage, server: Server, draft: Application, variant: Variant
) -> None:
    stage.listening = False
    person = writer(stage, draft, variant)
    person.goto(f"/applications/{draft.code}/questions/devices/?rows=1")
    server.kill()
    types(person, "雨量計", "sensors-1-name")
    types(person, "たくさん", "sensors-1-count")
    line(person, "offline")
    person.close_tab()
    server.start()
    opens(person, draft, "devices")
    stage.wait("both sensors", lambda: [row["name"] for row in stored(draft, "sensors")][1:] == ["雨量計"])
    person.page.locator("#id_sensors-1-count").wait_for()
    assert shown(person, "sensors-1-count") == "たくさん"
    no_copy_is_left(person)
    # A place added on the map page: a new row, the answer of the server never heard.
    places = len(stored(draft, "places"))
    opens(person, draft, "place")
    person.page.route("**/save/", lambda route: (route.fetch(), route.abort()))
    person.page.locator("[data-place-act=row]").click()
    person.page.locator("[data-place-row] [name$=-name]:focus").wait_for()
    person.page.keyboard.insert_text("橋の下")

    def arrived() -> bool:
        person.page.wait_for_timeout(50)  # the route is handled while the page is waited for
        return len(stored(draft, "places")) == places + 1

    stage.wait("the place", arrived)
    person.close_tab()
    opens(person, draft, "place")
    no_copy_is_left(person)
    assert [row["name"] for row in stored(draft, "places")][places:] == ["橋の下"]
    assert not draft.variants.exists()


@DESKTOP
def test_autosave_keeps_both_texts_of_two_browsers(
    stage: Stage, draft: Application, variant: Variant
) -> None:
    one, two = writer(stage, draft, variant), writer(stage, draft, variant, "もう1台")
    for person in (one, two):
        opens(person, draft)
    types(one, "先に書いた文")
    reaches(stage, draft, "先に書いた文")
    types(two, "あとから書")
    line(two, "conflict")
    types(two, "いた文")
    stage.wait("the whole variant", lambda: draft.variants.get().value == "あとから書いた文")
    assert stored(draft) == "先に書いた文"
    two.page.locator(".variants-text", has_text="先に書いた文").wait_for()
    two.look("autosave-conflict")
    one.goto(f"/applications/{draft.code}/check/")
    one.page.locator(".variants-text", has_text="あとから書いた文").wait_for()
    one.look("autosave-conflict-check")
    two.page.locator(".variants button[value=both]").click()
    two.settle()
    assert shown(two) == "先に書いた文\n\nあとから書いた文"
    assert two.page.locator(".variants").count() == 0
    types(two, "。")
    reaches(stage, draft, "先に書いた文\n\nあとから書いた文。")


@PHONE
def test_autosave_of_two_browsers_in_two_fields(stage: Stage, draft: Application, variant: Variant) -> None:
    one, two = writer(stage, draft, variant), writer(stage, draft, variant, "もう1台")
    for person in (one, two):
        opens(person, draft, "plan")
    types(one, "甲の計画", "plan")
    types(two, "乙の方法", "measure")
    reaches(stage, draft, "甲の計画", "plan")
    stage.wait("the other field", lambda: stored(draft, "measure").endswith("乙の方法"))
    types(one, "の続き", "plan")
    reaches(stage, draft, "甲の計画の続き", "plan")
    assert not draft.variants.exists()


@PHONE
def test_autosave_when_the_session_ended(stage: Stage, draft: Application, variant: Variant) -> None:
    person = writer(stage, draft, variant)
    opens(person, draft)
    Session.objects.all().delete()
    types(person, TEXT)
    line(person, "signedOut")
    assert stored(draft) == ""
    person.look("autosave-signed-out")
    link = person.page.locator("[data-autosave-line] a")
    assert str(link.get_attribute("href")).endswith("questions%2Fidea%2F")
    link.click()
    assert len(copies(person)) == 1
    signed_in(person, draft.created_by)
    opens(person, draft)
    assert shown(person) == TEXT
    reaches(stage, draft, TEXT)
    no_copy_is_left(person)


@DESKTOP
def test_autosave_leaves_nothing_on_a_shared_computer(
    stage: Stage, draft: Application, variant: Variant
) -> None:
    stage.listening = False
    person = writer(stage, draft, variant)
    opens(person, draft)
    person.page.route("**/save/", lambda route: route.abort())
    types(person, "まだ送っていない文")
    line(person, "offline")
    person.goto("/account/logout/")
    person.page.locator("[data-copies-unsent]").wait_for(state="visible")
    person.look("autosave-sign-out")
    person.page.locator("main form[action$='/logout/'] button[type=submit]").click()
    person.settle()
    assert copies(person) == []


@DESKTOP
def test_autosave_shows_no_text_of_others_and_none_that_is_old(
    stage: Stage, draft: Application, variant: Variant
) -> None:
    person = writer(stage, draft, variant)
    opens(person, draft)
    seen = {"bases": {}, "closed": True, "dirty": ["need"], "entries": [["need", "前の文"]]}
    for who, pen, days in (("someone-else", "a" * 24, 1), (draft.created_by.pk, "b" * 24, 31)):
        person.page.evaluate(
            "([key, copy, age]) => localStorage.setItem("
            "  key, JSON.stringify({...copy, at: Date.now() - age}))",
            [
                f"machitry.copy:{who}:{draft.code}:idea:{pen}",
                {**seen, "pen": pen},
                days * 24 * 3600 * 1000,
            ],
        )
    opens(person, draft)
    assert shown(person) == ""
    assert [copy["pen"] for copy in copies(person)] == ["a" * 24]
    assert stored(draft) == ""


@PHONE
def test_autosave_after_handing_in(stage: Stage, draft: Application, variant: Variant) -> None:
    person = writer(stage, draft, variant)
    opens(person, draft)
    application_save(application=draft, actor=draft.created_by, values={"need": "文", "plan": "文"})
    ticks = {"publish": True, "personal_data": True, "terms": True}
    application_submit(application=draft, actor=draft.created_by, pledges=ticks)
    types(person, "あとから書いた文", "title")
    line(person, "refused")
    assert len(copies(person)) == 1
    person.look("autosave-handed-in")
    person.goto(f"/applications/{draft.code}/receipt/")
    no_copy_is_left(person)


@DESKTOP
def test_autosave_waits_for_the_end_of_a_composition(
    stage: Stage, draft: Application, variant: Variant
) -> None:
    person = writer(stage, draft, variant)
    opens(person, draft)
    person.page.locator("#id_need").focus()
    keyboard = person.context.new_cdp_session(person.page)
    for text in ("s", "す", "すい", "すいい"):
        keyboard.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )
    person.page.wait_for_timeout(1_500)
    assert stored(draft) == ""
    assert ["need", "すいい"] in copies(person)[0]["entries"]
    keyboard.send("Input.insertText", {"text": "水位"})
    reaches(stage, draft, "水位")
