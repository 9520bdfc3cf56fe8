"""The whole product once, as five people: from the city's call to the citizen who reads a failed trial.

Real Chromium, real mail files, a real broker and the real ingest. Each person has a browser of their own.
"""

from __future__ import annotations

import json
import re
import urllib.request
from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.core import clock
from apps.devices.models import DeviceModel
from apps.telemetry.models import Uplink
from tests.factories.calls import CallFactory
from tests.factories.devices import CodecVersionFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.journeys import apply
from tests.journeys.stage import Person, Stage, Variant
from tests.services import mosquitto, publisher

DEV_EUI = "70b3d57ed0060a01"
APP_KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"


@pytest.mark.variants("phone-ja", "desktop-en")
def test_spine_from_call_to_citizen(stage: Stage, variant: Variant) -> None:
    User.objects.create_user("sato@city.example.jp", name="佐藤", is_staff=True, is_superuser=True)
    User.objects.create_user("mori@city.example.jp", name="森", is_staff=True, is_superuser=True)
    model = CodecVersionFactory.create(model__maker="みほん電機", model__name="WL-10").model
    with mosquitto() as port:
        stage.command("outbox_drain", "--forever", "--every", "0.3")
        stage.command("ingest", MACHITRY_MQTT_URL=f"mqtt://127.0.0.1:{port}")
        secretary = stage.person("secretary", variant)
        opens_a_call(secretary)
        applicant = stage.person("applicant", variant)
        code = applies(applicant)
        editor = stage.person("editor", variant)
        adopts(secretary, editor, code)
        accepts(applicant, code)
        engineer = stage.person("engineer", variant)
        joins(applicant, engineer)
        registers(engineer, code, model)
        sends(port)
        sees_data(engineer)
        reads_by_api(engineer)
        writes_a_report(applicant, code)
        publishes_the_report(editor, code)
        reads_it(stage.person("citizen", variant), code)


@pytest.mark.variants("desktop-ja")
def test_spine_applicant_by_keyboard_alone(stage: Stage, variant: Variant) -> None:
    """From the call to the receipt with ``page.keyboard`` only, after the first address."""
    CallFactory.create(code="2026", title="2026年度 実証実験公募")
    stage.command("outbox_drain", "--forever", "--every", "0.3")
    someone = stage.person("keyboard", variant)
    someone.goto("/calls/2026/")
    someone.tab_to("a[href$='/apply/2026/start/']")
    someone.enter()
    someone.tab_to("input[type=email]")
    someone.address = "key@example.jp"
    someone.type(someone.address)
    someone.enter()
    someone.tab_to("input[name=code]")
    someone.type(someone.code("key@example.jp", 0))
    someone.enter()
    someone.tab_to("input[name=org_kind][value=sole]")
    someone.press("Space")
    for field, text in (
        ("org_name", "鍵盤商店"),
        ("org_kana", "ケンバンショウテン"),
        ("postal_code", "9300083"),
        ("address", "富山市総曲輪1-2-3"),
        ("representative", "鍵 盤子"),
    ):
        someone.write(field, text)
    someone.next_question()
    someone.write("contact_name", "鍵 盤子")
    someone.next_question()
    someone.write("title", "キーだけで測る")
    someone.write("need", "マウスが使えない人もいます。")
    someone.next_question()
    someone.write("plan", "水位を測ります。")
    someone.write("measure", "見回りと比べます。")
    someone.write("learning", "測れない場所がわかります。")
    someone.next_question()
    someone.write("sensors-0-name", "水位計")
    someone.write("sensors-0-count", "3")
    someone.next_question()
    someone.tick_by_key("place_undecided")
    someone.tab_to("input[name=facilities][value=none]")
    someone.press("Space")
    someone.next_question()
    someone.next_question()
    for name, value in (("personal_data", "no"), ("conformity", "ready"), ("sharing", "undecided")):
        someone.tab_to(f"input[name={name}][value={value}]")
        someone.press("Space")
    someone.next_question()
    someone.tick_by_key("all")
    someone.tab_to("main form .button-primary")
    someone.enter()
    someone.page.wait_for_url("**/receipt/")
    code = re.search(r"/applications/(\d{4}-\d{3,})/", someone.page.url)
    assert code
    stage.wait("the receipt", lambda: someone.receipts(code.group(1)))


def opens_a_call(secretary: Person) -> None:
    """Step 1 and 2: sign in by code, name the city, make a call, preview and publish it."""
    now = clock.now()
    secretary.goto("/admin/")
    secretary.sign_in("sato@city.example.jp")
    secretary.look("admin-empty-queue")
    secretary.goto("/admin/calls/call/add/")
    while (folded := secretary.page.locator("#content details:not([open]) > summary")).count():
        folded.first.click()
    values = {
        "code": "2026",
        "fiscal_year": "2026",
        "title": "2026年度 富山市センサーネットワーク 実証実験公募",
        "title_en": "Call for trials 2026",
        "summary": "市のセンサーネットワークを、6か月間、無料で使える試しの場として開きます。",
        "summary_en": "The city opens its sensor network for six months, free of charge.",
        "conditions": "結果の記録を公開すること。失敗の報告も歓迎します。",
        "conditions_en": "Publish your results. Reports of failures are welcome.",
        "device_quota": "1",
        "message_quota": "5000",
    }
    dates = {
        "decision_on": 40,
        "trial_from": 0,
        "trial_until": 180,
    }
    for name, text in values.items():
        secretary.page.locator(f"#id_{name}").fill(text)
    for name, days in dates.items():
        secretary.page.locator(f"#id_{name}").fill((clock.local_date() + timedelta(days=days)).isoformat())
    secretary.fill_moment("opens_at", now - timedelta(hours=1))
    secretary.fill_moment("closes_at", now + timedelta(days=20))
    secretary.look("call-form")
    secretary.page.locator("input[name=_continue]").click()
    secretary.page.locator("a[href$='/preview/']").click()
    secretary.page.get_by_role("heading", level=1).wait_for()
    secretary.look("call-preview")
    secretary.page.go_back()
    secretary.page.locator("a[href$='/publish/']").click()
    secretary.look("call-publish")
    secretary.page.locator("main form button[type=submit], #content form button[type=submit]").last.click()
    secretary.see_message("The call is published. No mail was sent.")


def applies(applicant: Person) -> str:
    """Step 3: from the public page to the receipt, without a password."""
    applicant.goto("/")
    applicant.look("home-open-call")
    applicant.goto("/calls/2026/")
    applicant.look("call")
    applicant.tap("a[href$='/apply/2026/start/']")
    applicant.look("sign-in")
    applicant.sign_in("haru@mizuoto.example.jp")
    applicant.look("question-who")
    apply.who(applicant, number="４０１１００１０９８９９４")
    apply.contact(applicant)
    apply.idea(applicant)
    apply.plan(applicant)
    apply.devices(applicant)
    applicant.fill(**{"places-0-name": "婦中町の用水路", "places-0-latitude": "36.6548"})
    applicant.fill(**{"places-0-longitude": "137.1502"})
    applicant.choose("facilities", "none")
    applicant.look("question-place")
    applicant.submit()
    apply.period(applicant)
    apply.safety(applicant)
    applicant.look("check-with-fault")
    applicant.tap("a[href*='/questions/who/']")
    applicant.fill(corporate_number="４０１１００１０９８９９３")
    applicant.submit()
    applicant.look("check")
    code = apply.hands_in(applicant)
    applicant.look("receipt")
    mails = applicant.stage.wait("the receipt mail", lambda: applicant.receipts(code))
    assert len(mails) == 1
    return code


def adopts(secretary: Person, editor: Person, code: str) -> None:
    """Step 4: the work queue leads to the application; it is decided quietly, signed by another member
    of staff, made final; the mail is looked at, then released."""
    secretary.goto("/admin/")
    secretary.look("admin-queue")
    secretary.page.get_by_text(code).first.wait_for()
    secretary.goto("/admin/calls/application/")
    secretary.look("admin-applications")
    secretary.page.locator("#result_list tr", has_text=code).locator("a").first.click()
    secretary.page.locator("a[href*='/decision/application/']").first.click()
    secretary.choose("outcome", "adopt")
    secretary.fill(granted_devices="1", granted_messages="5000", reason="困りごとがはっきりしています。")
    secretary.look("decide")
    secretary.submit()
    signs(editor)
    secretary.goto("/admin/calls/decision/")
    secretary.page.locator("main table a").first.click()
    secretary.look("deliberation")
    secretary.tap("a[href$='/publish/']")
    secretary.look("decisions-final")
    secretary.submit()
    assert told(secretary, code) == []
    secretary.goto("/admin/")
    secretary.look("admin-queue-mails")
    secretary.release_batch()
    secretary.stage.wait("the decision mail", lambda: told(secretary, code))


def signs(editor: Person) -> None:
    """Another member of staff reads the decision and signs it."""
    editor.goto("/admin/")
    editor.sign_in("mori@city.example.jp")
    editor.goto("/admin/calls/decision/")
    editor.page.locator("main table a").first.click()
    editor.tap("a[href$='/sign/']")
    editor.page.locator("input[name=decision]").first.check(force=True)
    editor.look("decision-sign")
    editor.submit()


def told(secretary: Person, code: str) -> list[str]:
    """Subjects of the mails that tell the applicant the decision."""
    subjects = [subject for subject, _text in secretary.stage.mails_to("haru@mizuoto.example.jp")]
    return [subject for subject in subjects if code in subject and re.search("採択|adopted", subject)]


def accepts(applicant: Person, code: str) -> None:
    """Step 4, the company's part: it reads the decision and accepts; the trial is there."""
    applicant.goto(f"/applications/{code}/")
    applicant.look("adopted")
    applicant.page.locator("a[href$='/accept/']").click()
    applicant.look("accept")
    applicant.page.locator("main form button[type=submit]").last.click()
    applicant.page.wait_for_url(re.compile(r"/applications/|/o/"))
    applicant.goto("/account/after-sign-in/")
    applicant.page.wait_for_url("**/o/**")
    applicant.look("workspace")


def joins(applicant: Person, engineer: Person) -> None:
    """The owner invites an engineer, who comes in by the link in the mail."""
    applicant.goto(f"/o/{applicant.organization}/members/invite/")
    applicant.fill(email="ito@mizuoto.example.jp")
    applicant.choose("role", "engineer")
    applicant.look("invite")
    applicant.submit()
    applicant.look("members")
    mails = engineer.stage.wait("the invitation", lambda: engineer.stage.mails_to("ito@mizuoto.example.jp"))
    link = re.search(r"https?://\S+/invitations/\S+", mails[-1][1])
    assert link
    engineer.page.goto(link.group(0))
    engineer.page.locator("main a.button-primary").click()
    engineer.sign_in("ito@mizuoto.example.jp")
    engineer.look("invitation")
    engineer.submit()
    engineer.page.wait_for_url("**/o/**")


def registers(engineer: Person, code: str, model: DeviceModel) -> None:
    """Step 5: one device is registered; the second is refused in words: the quota is one."""
    engineer.goto(f"/o/{engineer.organization}/trials/{code}/")
    engineer.look("trial-workspace-empty")
    engineer.goto(f"/o/{engineer.organization}/trials/{code}/devices/new/")
    engineer.fill(name="WL-01", dev_eui="70b3d57ed0060a0", join_eui="0" * 16, app_key=APP_KEY)
    engineer.submit()
    engineer.look("device-form-fault")
    assert APP_KEY not in engineer.page.content()
    engineer.fill(dev_eui="70-B3-D5-7E-D0-06-0A-01", app_key=APP_KEY)
    engineer.page.locator("#id_model").select_option(str(model.pk))
    engineer.submit()
    engineer.goto(f"/o/{engineer.organization}/trials/{code}/")
    engineer.page.get_by_text("WL-01").first.wait_for()
    engineer.goto(f"/o/{engineer.organization}/trials/{code}/devices/new/")
    engineer.look("quota-full")
    assert engineer.page.locator("#id_dev_eui").count() == 0


def sends(port: int) -> None:
    """Step 6: a real event over real MQTT, twice (the same), and one of a device nobody knows."""
    client = publisher(port)
    now = clock.now()
    for minutes, level in ((30, 118), (20, 121), (10, 120), (1, 125)):
        payload = encoded(uplink_event(DEV_EUI, data=bytes([level]), time=now - timedelta(minutes=minutes)))
        for _ in range(2):
            client.publish(topic_of(DEV_EUI), payload, qos=1).wait_for_publish(60)
    client.publish(topic_of("0102030405060708"), encoded(uplink_event("0102030405060708")), qos=1)
    client.disconnect()
    client.loop_stop()


def sees_data(engineer: Person) -> None:
    """Step 7: the newest value, the chart, the table, the CSV; each event once."""
    engineer.stage.wait("four uplinks", lambda: Uplink.objects.count() == 4)
    engineer.page.reload()
    device = Uplink.objects.all()[0].device_id
    engineer.goto(f"/o/{engineer.organization}/devices/{device}/")
    engineer.page.get_by_text("1.25").first.wait_for()
    engineer.page.locator("[data-chart] canvas").wait_for()
    assert engineer.page.locator("main .uplink-table tbody tr").count() == 4
    engineer.look("device")
    with engineer.page.expect_download() as download:
        engineer.page.locator("a[href*='data.csv']").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("time,level (")


def reads_by_api(engineer: Person) -> None:
    """Step 10: a key, shown once, reads what the page showed."""
    device = Uplink.objects.all()[0].device_id
    engineer.goto(f"/o/{engineer.organization}/keys/new/")
    engineer.fill(name="集計サーバー")
    for box in engineer.page.locator("input[name=scopes]").all():
        box.check(force=True)
    engineer.submit()
    key = engineer.page.locator("#new-key").input_value()
    engineer.look("key-shown-once")
    engineer.goto(f"/o/{engineer.organization}/keys/")
    assert key not in engineer.page.content()
    engineer.look("keys")
    request = urllib.request.Request(
        f"{engineer.stage.url}/api/v1/devices/{device}/uplinks",
        headers={"Authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        rows = json.load(answer)["results"]
    assert [row["values"]["level"] for row in rows] == [1.25, 1.2, 1.21, 1.18]


def writes_a_report(applicant: Person, code: str) -> None:
    """Step 8: it did not work; what was learned is written down and handed in."""
    applicant.goto(f"/o/{applicant.organization}/trials/{code}/report/")
    applicant.look("report-form")
    applicant.page.locator("input[name=outcome][value=did_not]").check(force=True)
    applicant.fill(
        summary="水位差だけでは、詰まりと大雨を分けられませんでした。",
        did_not_work="大雨の日に知らせすぎました。",
        learned="雨量と合わせると分けられそうです。",
    )
    applicant.page.locator("button[name=then][value=check]").click()
    applicant.look("report-check")
    applicant.page.locator("main form[action$='/hand-in/'] button[type=submit]").click()
    applicant.settle()


def publishes_the_report(editor: Person, code: str) -> None:
    """Another member of staff reads it as the public will, and publishes it."""
    editor.goto("/admin/")
    editor.page.get_by_text(code).first.wait_for()
    editor.goto("/admin/reports/report/")
    editor.page.locator("#result_list tbody a").first.click()
    editor.look("report-review")
    editor.page.locator("form[action$='/publish/'] button[type=submit]").click()
    editor.settle()


def reads_it(citizen: Person, code: str) -> None:
    """Step 9: home, trials by list, the report, the feed; nobody signs in."""
    citizen.goto("/")
    citizen.look("home")
    citizen.goto("/trials/")
    citizen.look("trials")
    citizen.page.locator(f"a[href$='/trials/{code}/']").first.click()
    citizen.look("trial")
    citizen.goto("/reports/")
    citizen.look("reports")
    citizen.page.locator(f"a[href$='/reports/{code}/']").first.click()
    citizen.see("うまくいかなかった", "Did not work")
    citizen.look("report")
    assert citizen.context.cookies() == []
    feed = citizen.page.request.get(citizen.path("/reports/feed.atom"))
    assert code in feed.text()
