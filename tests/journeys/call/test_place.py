"""Where a trial takes place: in the list and on the map, by finger, mouse, keys, and without script."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.calls.models import Application
from tests.factories.calls import ApplicationFactory
from tests.journeys.stage import Person, Stage, Variant


def begun(**answers: Any) -> Application:
    """A draft of someone who is signed in."""
    application: Application = ApplicationFactory.create(call__code="2026", **answers)
    return application


def sit_down(someone: Person, application: Application) -> None:
    """Open the question of the place as whoever began the application."""
    client = Client()
    client.force_login(application.created_by)
    name = settings.SESSION_COOKIE_NAME
    someone.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": someone.stage.url}]
    )
    someone.goto(f"/applications/{application.code}/questions/place/")
    # Whoever does not know whether it reaches there looks it up.
    assert someone.page.locator("a[href$='/coverage/'][target=_blank]").count() == 1


def press(someone: Person, across: float, down: float) -> None:
    """Tap or click on the map, in parts of its size."""
    ground = someone.page.locator("#places-map")
    ground.scroll_into_view_if_needed()
    box = ground.bounding_box()
    assert box
    at: Any = {"x": box["width"] * across, "y": box["height"] * down}
    if someone.variant.device == "phone":
        ground.tap(position=at)
    else:
        ground.click(position=at)


def part(someone: Person, row: int, name: str) -> Any:
    return someone.page.locator("[data-place-row]").nth(row).locator(f"[name$='-{name}']")


def kept(application: Application) -> list[dict[str, Any]]:
    application.refresh_from_db()
    return list(application.places)


@pytest.mark.variants("phone-ja", device="phone")
def test_place_by_finger(stage: Stage, variant: Variant) -> None:
    """A tap is a point, three taps an area; the numbers of list and map are the same."""
    application = begun(place_undecided=True)
    someone = stage.person("applicant", variant)
    sit_down(someone, application)
    press(someone, 0.3, 0.4)
    someone.page.locator("#places-map .place-mark").get_by_text("1").wait_for()
    assert part(someone, 0, "latitude").input_value().startswith("36.")
    assert not someone.page.locator("[name=place_undecided]").is_checked()
    part(someone, 0, "name").fill("婦中町の用水路")
    someone.page.locator("[data-place-act=area]").click()
    for across, down in ((0.6, 0.4), (0.8, 0.4), (0.8, 0.7)):
        press(someone, across, down)
    someone.look("place-drawing")
    someone.page.locator("[data-place-act=finish]").click()
    someone.page.locator("#places-map .place-area").wait_for(state="attached")
    part(someone, 1, "name").fill("駅の北の公園")
    someone.page.locator("label[for=id_facilities_1]").click()
    someone.page.locator("#id_facility_name").fill("駅北公園の柱")
    someone.look("place-two")
    someone.submit()
    first, second = kept(application)
    assert (first["name"], first["geometry"]["type"]) == ("婦中町の用水路", "Point")
    assert (second["name"], second["geometry"]["type"]) == ("駅の北の公園", "Polygon")
    assert len(second["geometry"]["coordinates"][0]) == 4
    assert application.facility_name == "駅北公園の柱"
    someone.goto(f"/applications/{application.code}/check/")
    someone.see("婦中町の用水路（緯度", "婦中町の用水路 (latitude")


@pytest.mark.variants("desktop-en", device="desktop")
def test_place_by_mouse(stage: Stage, variant: Variant) -> None:
    """Dragging writes the numbers, numbers move the mark, a removed place is gone from both."""
    application = begun()
    someone = stage.person("applicant", variant)
    sit_down(someone, application)
    page = someone.page
    press(someone, 0.3, 0.3)
    press(someone, 0.6, 0.6)
    assert page.locator("[data-place-row]").count() == 2
    before = part(someone, 0, "longitude").input_value()
    mark = page.locator("#places-map .place-mark", has_text="1")
    box = mark.bounding_box()
    assert box
    page.mouse.move(box["x"] + 22, box["y"] + 22)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 40, steps=6)
    page.mouse.up()
    assert float(part(someone, 0, "longitude").input_value()) > float(before)
    part(someone, 1, "latitude").fill("36.7012")
    part(someone, 1, "longitude").fill("137.2132")
    part(someone, 1, "longitude").press("Tab")
    page.locator("[data-place-row]").nth(0).locator("[data-place-remove]").click()
    assert page.locator("#places-map .place-mark").count() == 1
    assert page.locator("[data-place-number]").first.text_content() == "1"
    page.locator("[data-place-act=area]").click()
    for across, down in ((0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.4)):
        press(someone, across, down)
    press(someone, 0.2, 0.2)
    page.locator("#places-map .place-area-chosen").wait_for(state="attached")
    corners = part(someone, 1, "corners").input_value()
    assert len(corners.splitlines()) == 4
    corner = page.locator("#places-map .place-corner").nth(2).bounding_box()
    assert corner
    page.mouse.move(corner["x"] + 22, corner["y"] + 22)
    page.mouse.down()
    page.mouse.move(corner["x"] + 60, corner["y"] + 60, steps=6)
    page.mouse.up()
    assert part(someone, 1, "corners").input_value() != corners
    someone.look("place-desktop")
    someone.submit()
    point, area = kept(application)
    assert point["geometry"] == {"type": "Point", "coordinates": [137.2132, 36.7012]}
    assert len(area["geometry"]["coordinates"][0]) == 5
    sit_down(someone, application)
    page.locator("#places-map .place-mark").nth(1).wait_for()
    someone.look("place-again")


@pytest.mark.variants("desktop-ja")
def test_place_by_keyboard_alone(stage: Stage, variant: Variant) -> None:
    """Type one place, put one in the middle of the map, draw an area, move a mark: no pointer."""
    application = begun()
    someone = stage.person("keyboard", variant)
    sit_down(someone, application)
    someone.tab_to("#id_places-0-name")
    someone.type("富山駅の北")
    someone.write("places-0-latitude", "３６．７０１２，１３７．２１３２")
    someone.tab_to("[data-place-act=row]")
    someone.press("Enter")
    someone.type("名前だけの橋")
    someone.tab_to("#places-map")
    someone.press("ArrowRight")
    someone.press("Enter")
    # The row in which the name was typed last gets the point.
    assert part(someone, 1, "latitude").input_value()
    before = part(someone, 1, "longitude").input_value()
    someone.tab_to(".place-mark-chosen")
    someone.press("ArrowRight")
    assert float(part(someone, 1, "longitude").input_value()) > float(before)
    someone.tab_to("[data-place-act=area]")
    someone.press("Enter")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        someone.press("Enter")
        someone.press(key)
        someone.page.wait_for_timeout(400)
    someone.tab_to("[data-place-act=finish]")
    someone.press("Enter")
    someone.page.locator("#places-map .place-area").wait_for(state="attached")
    someone.tab_to("main form .button-primary")
    someone.enter()
    places = kept(application)
    assert [item["geometry"]["type"] for item in places] == ["Point", "Point", "Polygon"]
    assert places[0]["geometry"]["coordinates"] == [137.2132, 36.7012]


def test_place_without_script(stage: Stage) -> None:
    """The list alone: add, add again, remove, an area by its corners; what is no number stays."""
    application = begun()
    someone = stage.person("plain", Variant("phone", "ja"))
    someone.context.close()
    someone.context = stage.browser.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", java_script_enabled=False
    )
    someone.page = someone.context.new_page()
    sit_down(someone, application)
    page = someone.page
    assert page.locator("#places-map").is_hidden()
    page.locator("#id_places-0-name").fill("水門")
    page.locator("#id_places-0-latitude").fill("36度41分")
    page.locator("#id_places-0-longitude").fill("137.2度")
    page.locator("[name=add_row]").click()
    page.locator("#id_places-1-name").fill("池")
    page.locator("#id_places-1-latitude").fill("南のほう")
    page.locator(".place-more > summary").click()
    page.locator("#id_places-2-name").fill("公園")
    page.locator("#id_places-2-corners").fill("36.69, 137.21\n36.70, 137.21\n36.70, 137.22")
    page.locator("main form [type=submit].button-primary").click()
    gate, pond, park = kept(application)
    assert gate["geometry"]["coordinates"] == [137.2, 36.68333]
    assert pond["typed"]["latitude"] == "南のほう"
    assert park["geometry"]["type"] == "Polygon"
    someone.goto(f"/applications/{application.code}/questions/place/?from=check")
    page.get_by_text("緯度と経度を").first.wait_for()
    assert page.locator("#id_places-1-latitude").input_value() == "南のほう"
    page.locator("label[for=id_places-1-remove]").click()
    page.locator("main form [type=submit].button-primary").click()
    assert [item["name"] for item in kept(application)] == ["水門", "公園"]


@pytest.mark.variants("desktop-ja")
def test_place_survives_a_closed_tab(stage: Stage, variant: Variant) -> None:
    """Places put on the map without a connection are there when the page is opened again."""
    application = begun()
    someone = stage.person("traveller", variant)
    sit_down(someone, application)
    stage.listening = False
    someone.context.set_offline(True)
    press(someone, 0.3, 0.3)
    part(someone, 0, "name").fill("山の小屋")
    someone.page.locator("[data-place-act=area]").click()
    for across, down in ((0.5, 0.5), (0.7, 0.5), (0.7, 0.7)):
        press(someone, across, down)
    someone.page.locator("[data-place-act=finish]").click()
    corners = part(someone, 1, "corners").input_value()
    kept_here = "Object.values(localStorage).join('').includes('山の小屋')"
    stage.wait("the copy in the browser", lambda: someone.page.evaluate(kept_here))
    someone.page.wait_for_timeout(1500)
    someone.page.close()
    someone.context.set_offline(False)
    stage.listening = True
    someone.page = someone.context.new_page()
    someone.goto(f"/applications/{application.code}/questions/place/")
    stage.wait("both places", lambda: len(kept(application)) == 2)
    someone.page.locator("#places-map .place-area").wait_for(state="attached")
    assert part(someone, 1, "corners").input_value() == corners
    assert kept(application)[0]["name"] == "山の小屋"
