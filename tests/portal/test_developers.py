"""The reference of the API: every operation of the schema opens, in both languages, with what it needs."""

from __future__ import annotations

import json
import re
import uuid
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.devices.models import Device, DeviceModel
from apps.exports.models import ExportJob
from apps.portal.rules.openapi import Operation, operations
from apps.portal.selectors.reference import schema
from apps.telemetry.models import DeadLetter, WebhookEndpoint, WebhookMessage
from tests.cast import make_cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory, OwnModelFactory
from tests.factories.downlinks import DownlinkFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


class Text(HTMLParser):
    """What a page says, without tags; ``codes`` are the texts of its snippets by language."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "code" and "data-snippet" in values:
            self._inside = values["data-snippet"] or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.codes[self._inside] = self.codes.get(self._inside, "") + data


def known(language: str = "en") -> list[Operation]:
    return operations(schema(language))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_operation_opens_by_itself(client: Client, language: str) -> None:
    prefix = "" if language == "ja" else "/en"
    overview = client.get(f"{prefix}/developers/").content.decode()
    # Each in Japanese; in English every fifth: the template is the same.
    for operation in known(language)[:: 1 if language == "ja" else 5]:
        address = f"{prefix}/developers/api/{operation.id}/"
        assert f'href="{address}"' in overview
        answer = client.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        assert operation.method in page
        assert all(f'<code class="api-name">{row.name}</code>' in page for row in operation.parameters)
        codes = Text(page).codes
        assert set(codes) == {"curl", "python", "javascript"}, address
        compile(codes["python"], address, "exec")
        assert "{" not in codes["curl"].split("/api/v1/")[1].split("'")[0], codes["curl"]
        assert all(refusal.status in page for refusal in operation.refusals)


def test_there_is_no_other_operation(client: Client) -> None:
    assert client.get("/developers/api/devices_nothing/").status_code == 404


def test_reports_need_no_key_and_devices_do() -> None:
    by_id = {operation.id: operation for operation in known()}
    assert by_id["reports_list"].public
    assert not by_id["devices_list"].public


def test_no_operation_is_without_words() -> None:
    assert [row.path for row in known() if row.summary == row.id.replace("_", " ")] == []


def test_search_without_javascript(client: Client) -> None:
    page = client.get("/en/developers/", {"q": "downlink TAKE"}).content.decode()
    nav = page[page.index("data-api-nav") : page.index("</nav>", page.index("data-api-nav"))]
    assert re.findall(r"/en/developers/api/(\w+)/", nav) == ["downlinks_cancel"]
    assert "No operation has these words" in client.get("/en/developers/", {"q": "zzz"}).content.decode()


def test_a_stranger_gets_samples_marked_as_such(client: Client) -> None:
    page = client.get("/en/developers/api/devices_latest_get/").content.decode()
    assert "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11" in Text(page).codes["curl"]
    assert ">Sample<" in page.replace(" ", "").replace("\n", "")
    assert "csrfmiddlewaretoken" not in page


def test_a_member_gets_their_own_device_and_may_choose(client: Client) -> None:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    one, two = DeviceFactory.create(trial=trial, name="A-1"), DeviceFactory.create(trial=trial, name="B-2")
    DeviceFactory.create(trial__organization=cast.other)
    client.force_login(cast.colleague)
    address = "/en/developers/api/devices_latest_get/"
    page = client.get(address).content.decode()
    assert f"/api/v1/devices/{one.pk}/latest" in Text(page).codes["curl"]
    assert set(re.findall(r'data-device="([^"]+)"', page)) == {str(one.pk), str(two.pk)}
    page = client.get(address, {"device": str(two.pk)}).content.decode()
    assert f"/api/v1/devices/{two.pk}/latest" in Text(page).codes["python"]
    listed = Text(client.get("/en/developers/api/devices_list/").content.decode()).codes["curl"]
    assert "?trial=2026-015" in listed
    made = Text(client.get("/en/developers/api/devices_create/").content.decode()).codes["curl"]
    assert '"trial": "2026-015"' in made


def test_another_ones_device_is_not_chosen(client: Client) -> None:
    cast = make_cast()
    TrialFactory.create(organization=cast.organization, code="2026-015")
    other = DeviceFactory.create(trial__organization=cast.other)
    client.force_login(cast.colleague)
    for wanted in (str(other.pk), "x", "\x00", "2026-015"):
        page = client.get("/developers/api/devices_latest_get/", {"device": wanted}).content.decode()
        assert str(other.pk) not in Text(page).codes["curl"]
        assert f'value="{other.pk}"' not in page


@pytest.mark.parametrize("name", ["colleague", "reader"])
def test_one_button_makes_a_key_for_an_hour(client: Client, name: str) -> None:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    device = DeviceFactory.create(trial=trial)
    client.force_login(getattr(cast, name))
    told = {"organization": str(cast.organization.pk), "trial": "2026-015"}
    answer = client.post("/developers/key/", told, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    key = answer.json()["key"]
    got = client.get(f"/api/v1/devices/{device.pk}", headers={"Authorization": f"Bearer {key}"})
    assert got.status_code == 200
    made = ApiKey.objects.get()
    assert set(made.scopes) == {"read:data", "read:devices"}
    assert (made.expires_at - made.created_at).total_seconds() == pytest.approx(3600, abs=60)
    assert all(key not in json.dumps(data) for data in _stored())


def _stored() -> list[Any]:
    return list(ApiKey.objects.values_list("name", "lookup", "digest"))


def test_without_javascript_the_key_stands_on_a_page_once(client: Client) -> None:
    cast = make_cast()
    TrialFactory.create(organization=cast.organization, code="2026-015")
    client.force_login(cast.colleague)
    told = {"organization": str(cast.organization.pk), "trial": "2026-015"}
    page = client.post("/en/developers/key/", told)
    assert page.status_code == 200
    assert re.search(r"mty_?\w*_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}", page.content.decode())


@pytest.mark.parametrize("told", [{}, {"organization": "x"}, {"organization": "\x00", "trial": "\x00"}])
def test_a_key_for_nothing_is_not_found(client: Client, told: dict[str, str]) -> None:
    client.force_login(make_cast().colleague)
    assert client.post("/developers/key/", told).status_code == 404


def test_pages_ask_a_constant_number_of_questions(client: Client, django_assert_num_queries: Any) -> None:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    client.force_login(cast.colleague)
    client.get("/developers/api/devices_latest_get/")
    for more in (1, 2):
        for _ in range(more):
            DeviceFactory.create(trial=trial)
        with django_assert_num_queries(8):
            client.get("/developers/api/devices_latest_get/")


THINGS = {
    "webhooks_get": "/api/v1/webhooks/{webhook}",
    "webhooks_messages_get": "/api/v1/webhooks/{webhook}/messages/{message}",
    "exports_get": "/api/v1/exports/{export}",
    "exports_file_get": "/api/v1/exports/{export}/file",
    "downlinks_get": "/api/v1/devices/{device}/downlinks/{downlink}",
    "dead_letters_get": "/api/v1/dead-letters/{letter}",
    "codecs_get": "/api/v1/device-models/{model}/codecs/{codec}",
}
NONE = {
    "webhook": "WEBHOOK-ID",
    "message": "MESSAGE-ID",
    "letter": "MESSAGE-ID",
    "export": "EXPORT-ID",
    "downlink": "DOWNLINK-ID",
    "model": "MODEL-ID",
    "codec": "VERSION",
}


def _things(organization: Any, device: Device, state: str = "done") -> dict[str, str]:
    """One of each kind of thing that stands in a path."""
    now = clock.now()
    hook = WebhookEndpoint.objects.create(
        organization=organization, name="x", url="https://receiver.example.jp/", kinds=["uplink"]
    )
    message = WebhookMessage.objects.create(endpoint=hook, kind="uplink", body=b"{}", made_at=now, due_at=now)
    export = ExportJob.objects.create(
        organization=organization,
        kind="telemetry.uplinks",
        format="csv",
        subject=device.trial_id,
        state=state,
    )
    letter = DeadLetter.objects.create(
        dev_eui=device.dev_eui,
        payload=b"{}",
        payload_hash=uuid.uuid4().hex,
        reason="malformed",
        received_at=now,
    )
    model = OwnModelFactory.create(organization=organization)
    version = CodecVersionFactory.create(model=model, version=DeviceModel.objects.count()).version
    made = {"webhook": hook, "message": message, "export": export, "letter": letter, "model": model}
    made |= {"downlink": DownlinkFactory.create(device=device), "device": device}
    return {"codec": str(version), **{name: str(row.pk) for name, row in made.items()}}


@pytest.mark.parametrize("name", THINGS)
def test_an_address_has_the_readers_newest_webhook_export_and_downlink(client: Client, name: str) -> None:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    device = DeviceFactory.create(trial=trial)
    _things(cast.organization, device)
    newest = _things(cast.organization, device)
    _things(cast.other, DeviceFactory.create(trial__organization=cast.other))
    client.force_login(cast.reader)
    page = client.get(f"/en/developers/api/{name}/").content.decode()
    assert all(THINGS[name].format(**newest) in code for code in Text(page).codes.values())
    assert "Placeholder" not in page


@pytest.mark.parametrize("name", THINGS)
def test_without_one_a_placeholder_stands_there_and_is_called_so(client: Client, name: str) -> None:
    cast = make_cast()
    device = DeviceFactory.create(trial__organization=cast.organization)
    _things(cast.other, DeviceFactory.create(trial__organization=cast.other))
    address = f"/en/developers/api/{name}/"
    stranger = Text(client.get(address).content.decode()).codes["curl"]
    assert THINGS[name].format(**NONE, device="7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11") in stranger
    client.force_login(cast.colleague)
    page = client.get(address).content.decode()
    assert THINGS[name].format(**NONE, device=device.pk) in Text(page).codes["python"]
    assert "Placeholder" in page
    assert "Put one of your own in its place." in page


def test_ids_of_one_address_belong_together(client: Client) -> None:
    """Without a choice the device is that of the newest downlink; a chosen one keeps its own."""
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    one, two = DeviceFactory.create(trial=trial, name="A-1"), DeviceFactory.create(trial=trial, name="B-2")
    downlink = DownlinkFactory.create(device=two)
    client.force_login(cast.colleague)
    address = "/en/developers/api/downlinks_get/"
    curl = Text(client.get(address).content.decode()).codes["curl"]
    assert f"/api/v1/devices/{two.pk}/downlinks/{downlink.pk}'" in curl
    curl = Text(client.get(address, {"device": str(one.pk)}).content.decode()).codes["curl"]
    assert f"/api/v1/devices/{one.pk}/downlinks/DOWNLINK-ID'" in curl


def test_a_file_is_asked_of_an_export_that_is_ready(client: Client) -> None:
    cast = make_cast()
    device = DeviceFactory.create(trial__organization=cast.organization)
    ready = _things(cast.organization, device)["export"]
    waits = _things(cast.organization, device, state="waiting")["export"]
    client.force_login(cast.colleague)
    pages = {name: client.get(f"/developers/api/{name}/").content.decode() for name in THINGS}
    assert f"/exports/{waits}'" in Text(pages["exports_get"]).codes["curl"]
    assert f"/exports/{ready}/file'" in Text(pages["exports_file_get"]).codes["curl"]


def test_bodies_name_the_readers_own_trial_wherever_they_name_one(client: Client) -> None:
    cast = make_cast()
    TrialFactory.create(organization=cast.organization, code="2031-007")
    client.force_login(cast.colleague)
    for name in ("webhooks_create", "exports_create"):
        curl = Text(client.get(f"/developers/api/{name}/").content.decode()).codes["curl"]
        assert '"2031-007"' in curl
        assert "2026-0" not in curl


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("webhooks_get", 9),
        ("webhooks_messages_get", 9),
        ("exports_get", 9),
        ("downlinks_get", 9),
        ("codecs_get", 9),
    ],
)
def test_things_cost_one_question_more(
    client: Client, django_assert_num_queries: Any, name: str, count: int
) -> None:
    cast = make_cast()
    device = DeviceFactory.create(trial__organization=cast.organization)
    client.force_login(cast.colleague)
    client.get(f"/developers/api/{name}/")
    for more in (1, 2):
        for _ in range(more):
            _things(cast.organization, device)
            TrialFactory.create(organization=cast.organization)
        with django_assert_num_queries(count):
            client.get(f"/developers/api/{name}/")


def _texts(node: Any, place: str = "") -> dict[str, str]:
    """Every summary and description of a schema by its place; bodies of examples hold none."""
    found: dict[str, str] = {}
    rows = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, part in rows:
        if name in ("summary", "description") and isinstance(part, str):
            found[f"{place}/{name}"] = part
        elif name not in ("value", "example", "default", "enum"):
            found |= _texts(part, f"{place}/{name}")
    return found


def test_the_schema_is_japanese_for_who_reads_japanese() -> None:
    """A text that stands there in English is missing in locale/ja: `make messages` names it."""
    english, japanese = _texts(schema("en")), _texts(schema("ja"))
    assert set(english) == set(japanese)
    left = {
        text
        for place, text in japanese.items()
        if text == english[place] and not re.search("[ぁ-ん一-龥]", text) and _words(text)
    }
    assert not left, "\n".join(sorted(left))


def _words(text: str) -> str:
    """What of a text is for people: no code, no list of values."""
    plain = re.sub(r"(`+).*?\1", "", text)
    return " ".join(re.findall(r"[A-Za-z]{3,}", re.sub(r"(?m)^\*.*$", "", plain)))
