"""Sending to a device by page and by API: nothing leaves that was not shown."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.apikeys.domain import api_key_create
from apps.apikeys.enums import Scope
from apps.audit.models import AuditEntry
from apps.core import clock
from apps.devices.enums import DownlinkState
from apps.devices.models import CodecExample, Device, Downlink, DownlinkLimit, Provision
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.downlinks import DownlinkFactory, standing
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
S = DownlinkState
LAMP = """
function decodeUplink(input) { return { data: { lamp: input.bytes[0] } }; }
function encodeDownlink(input) {
  var states = { off: 0, on: 1, blink: 2 };
  if (!(input.data.lamp in states)) { return { errors: ["unknown lamp: " + input.data.lamp] }; }
  var warnings = input.data.lamp === "blink" ? ["battery"] : [];
  return { bytes: [states[input.data.lamp]], fPort: 10, warnings: warnings };
}
"""


@pytest.fixture
def device(cast: Cast) -> Device:
    trial = TrialFactory.create(organization=cast.organization)
    model = CodecVersionFactory.create(script=LAMP).model
    return standing(DeviceFactory.create(trial=trial, model=model, name="GL-01"))


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(device: Device, name: str = "downlinks", *more: Any) -> str:
    return reverse(f"devices:{name}", args=[device.organization_id, device.pk, *more])


def form(**changes: str) -> dict[str, str]:
    return {"notation": "hex", "payload": "01 ff", "f_port": "7", "wait": "24", **changes}


def test_bytes_are_shown_before_they_are_sent(cast: Cast, device: Device) -> None:
    client = client_of(cast.colleague)
    new = f"{address(device, 'downlink-new')}?by=bytes"
    check = client.post(new, form(confirmed="on", then="check"))
    assert (check.status_code, check.context["bytes"], Downlink.objects.count()) == (200, "01 FF", 0)
    hidden = {"confirmed": "True", "shown": check.context["fingerprint"]}
    again = client.post(new, form(**hidden, then="edit"))
    assert (again.status_code, 'value="01 ff"' in again.content.decode()) == (200, True)
    other = client.post(new, form(payload="02", **hidden, then="send"))
    assert (other.context["bytes"], Downlink.objects.count()) == ("02", 0)
    sent = client.post(new, form(**hidden, then="send"))
    row = Downlink.objects.get()
    assert (sent.status_code, bytes(row.data), row.f_port, row.confirmed) == (302, b"\x01\xff", 7, True)
    assert (row.made_by, row.source) == (cast.colleague, None)
    assert timedelta(hours=23) < row.expires_at - clock.now() <= timedelta(days=1)
    assert "01 FF" in client.get(address(device)).content.decode()


def test_an_object_is_made_bytes_by_the_codec(cast: Cast, device: Device) -> None:
    example = CodecExample.objects.create(
        model=device.model,
        name="点灯",
        direction="down",
        f_port=10,
        payload="01",
        expected={"data": {"lamp": "on"}},
    )
    client = client_of(cast.owner)
    new = address(device, "downlink-new")
    page = client.get(f"{new}?example={example.pk}").content.decode()
    assert "点灯" in page
    assert "{&quot;lamp&quot;:&quot;on&quot;}" in page
    values = {"value": '{"lamp": "blink"}', "f_port": "", "wait": "6"}
    check = client.post(new, values)
    assert (check.context["bytes"], check.context["made"].warnings) == ("02", ["battery"])
    client.post(new, {**values, "then": "send", "shown": check.context["fingerprint"]})
    row = Downlink.objects.get()
    assert (bytes(row.data), row.f_port, row.source) == (b"\x02", 10, {"lamp": "blink"})


@pytest.mark.parametrize(
    ("by", "changes", "fields"),
    [
        ("bytes", {"payload": "0"}, {"payload"}),
        ("bytes", {"payload": "zz", "f_port": "224"}, {"payload", "f_port"}),
        ("bytes", {"payload": "***", "notation": "base64"}, {"payload"}),
        ("bytes", {"payload": "00" * 243}, {"payload"}),
        ("object", {"value": "lamp"}, {"value"}),
        ("object", {"value": "[1]"}, {"value"}),
        ("object", {"value": '{"lamp": "on\\u0000"}'}, {"value"}),
        ("object", {"value": '{"a":' * 300 + "1" + "}" * 300}, {"value"}),
        ("object", {"value": '{"lamp": "purple"}'}, {"value"}),
    ],
)
def test_what_cannot_be_sent_is_said_at_its_field(
    by: str, changes: dict[str, str], fields: set[str], cast: Cast, device: Device
) -> None:
    answer = client_of(cast.owner).post(f"{address(device, 'downlink-new')}?by={by}", form(**changes))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, fields)


def test_the_used_up_day_is_told_before_and_after(cast: Cast, device: Device) -> None:
    DownlinkLimit.objects.create(trial=device.trial, a_day=1)
    DownlinkFactory.create(device=device)
    client = client_of(cast.owner)
    new = f"{address(device, 'downlink-new')}?by=bytes"
    assert client.get(new).context["day"].left == 0
    answer = client.post(new, form(then="send", shown="7:01ff"))
    assert (answer.status_code, set(answer.context["form"].errors)) == (409, {"__all__"})
    assert Downlink.objects.count() == 1


def test_taking_back_and_its_refusal(cast: Cast, device: Device) -> None:
    waiting = DownlinkFactory.create(device=device)
    gone = DownlinkFactory.create(device=device, state=S.HANDED)
    client = client_of(cast.owner)
    texts = [
        client.post(address(device, "downlink-cancel", row.pk), follow=True).content.decode()
        for row in (waiting, gone)
    ]
    assert ['class="notice notice-error' in text or "notice-error" in text for text in texts] == [False, True]
    assert sorted(Downlink.objects.values_list("state", flat=True)) == ["cancelled", "handed"]


def test_each_state_has_its_words_and_only_waiting_ones_ask_again(cast: Cast, device: Device) -> None:
    client = client_of(cast.reader)
    for state in ("acknowledged", "unanswered", "expired", "failed", "cancelled", "sent"):
        DownlinkFactory.create(device=device, state=state, sent_at=clock.now())
    page = client.get(address(device)).content.decode()
    assert ("hx-get" in page.split('id="downlinks"')[1], page.count("<tr>")) == (False, 7)
    DownlinkFactory.create(device=device, reason="away", next_try_at=clock.now())
    part = client.get(address(device), headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div id="downlinks" hx-get=')
    assert "<form" not in part


def test_a_device_without_a_server_says_so(cast: Cast, device: Device) -> None:
    Provision.objects.all().delete()
    new = f"{address(device, 'downlink-new')}?by=bytes"
    answer = client_of(cast.owner).post(new, form(then="send", shown="7:01ff"))
    assert (answer.status_code, set(answer.context["form"].errors)) == (409, {"__all__"})


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_queries(
    rows: int, cast: Cast, device: Device, django_assert_num_queries: Any
) -> None:
    for _number in range(rows):
        DownlinkFactory.create(device=device, made_by=cast.owner)
    client = client_of(cast.reader)
    with django_assert_num_queries(11):
        client.get(address(device))


class Api:
    """Calls with a key of ``organization``."""

    def __init__(self, cast: Cast, organization: Any, scopes: list[str] | None = None) -> None:
        scopes = scopes or [Scope.DOWNLINK]
        self.key, token = api_key_create(organization=organization, actor=cast.owner, name="k", scopes=scopes)
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = json.dumps(body) if body is not None else ""
        answer = Client().generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=self.headers
        )
        return answer.status_code, json.loads(answer.content)


def test_by_api_it_is_queued_listed_shown_and_taken_back(cast: Cast, device: Device) -> None:
    api, path = Api(cast, cast.organization), f"devices/{device.pk}/downlinks"
    status, made = api.call("POST", path, {"object": {"lamp": "on"}, "confirmed": True, "expires_in": 600})
    assert (status, made["state"], made["payload_hex"], made["f_port"]) == (201, "queued", "01", 10)
    assert made["object"] == {"lamp": "on"}
    assert Downlink.objects.get().api_key_id == api.key.pk
    assert AuditEntry.objects.get(action="downlink.queue").data["api_key"]
    status, other = api.call("POST", path, {"payload_base64": "Af8=", "f_port": 3})
    assert (status, other["payload_hex"]) == (201, "01ff")
    status, listed = api.call("GET", path)
    assert [row["id"] for row in listed["results"]] == [other["id"], made["id"]]
    status, gone = api.call("DELETE", f"{path}/{made['id']}")
    assert (status, gone["state"]) == (200, "cancelled")
    Downlink.objects.filter(pk=other["id"]).update(state="handed", expires_at=clock.now())
    assert api.call("GET", f"{path}/{other['id']}")[1]["state"] == "expired"
    status, problem = api.call("DELETE", f"{path}/{other['id']}")
    assert (status, problem["code"]) == (409, "downlink_gone")


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        ({}, 422, None),
        ([], 422, None),
        ({"payload_hex": "01", "payload_base64": "AQ==", "f_port": 1}, 422, None),
        ({"payload_hex": "01"}, 422, ["/f_port"]),
        ({"payload_hex": "0g", "f_port": 1}, 422, ["/payload_hex"]),
        ({"payload_hex": "01", "f_port": 0}, 422, ["/f_port"]),
        ({"payload_hex": "01", "f_port": 1, "expires_in": 5}, 422, ["/expires_in"]),
        ({"object": {"lamp": "purple"}}, 422, ["/object"]),
        ({"object": {"lamp": "\u0000"}}, 422, ["/object"]),
        ({"object": [1]}, 422, ["/object"]),
    ],
)
def test_by_api_a_refusal_points_at_its_field(
    body: Any, status: int, pointers: list[str] | None, cast: Cast, device: Device
) -> None:
    got, problem = Api(cast, cast.organization).call("POST", f"devices/{device.pk}/downlinks", body)
    assert got == status
    if pointers:
        assert [row["pointer"] for row in problem["errors"]] == pointers
    assert not Downlink.objects.exists()


def test_by_api_the_limit_is_told_and_strangers_learn_nothing(cast: Cast, device: Device) -> None:
    DownlinkLimit.objects.create(trial=device.trial, a_day=0)
    path, body = f"devices/{device.pk}/downlinks", {"payload_hex": "01", "f_port": 1}
    status, problem = Api(cast, cast.organization).call("POST", path, body)
    assert (status, problem["code"], problem["limit"]) == (409, "downlinks_full", 0)
    row = DownlinkFactory.create(device=device)
    other = Api(cast, cast.other)
    assert other.call("POST", path, body)[0] == 404
    assert other.call("GET", f"{path}/{row.pk}")[0] == 404
    assert Api(cast, cast.organization).call("GET", f"{path}/{uuid.uuid4()}")[0] == 404
    unscoped = Api(cast, cast.organization, [Scope.READ_DEVICES])
    assert unscoped.call("POST", path, body)[0] == 403
