"""A company's own models and codecs by API: what the workbench does, for programs."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.models import SiteSettings
from apps.devices.domain import OWN_MODELS_MOST, codec_quarantine
from apps.devices.models import CodecExample, CodecVersion, DeviceModel, Downlink
from apps.devices.selectors.downlinks import downlink_day
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory, DeviceModelFactory, OwnModelFactory
from tests.factories.downlinks import DownlinkFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
LEVEL = "function decodeUplink(i) { return { data: { level: i.bytes[0] / 100 } }; }"
BOTH = LEVEL + " function encodeDownlink(i) { return { bytes: [i.data.lamp ? 1 : 0], fPort: 10 }; }"
Send = Callable[..., Any]


@pytest.fixture
def base() -> DeviceModel:
    return CodecVersionFactory.create(model=DeviceModelFactory.create(region="AS923-1")).model


@pytest.fixture
def own(cast: Cast, base: DeviceModel) -> DeviceModel:
    return OwnModelFactory.create(organization=cast.organization, base=base, name="F-1")


@pytest.fixture
def send(cast: Cast) -> Send:
    _key, own_token = api_key_create(
        organization=cast.organization, actor=None, name="k", scopes=["read:devices", "write:devices"]
    )

    def _send(path: str, data: Any = None, method: str = "post", token: str = own_token, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **more}
        body = {} if data is None else {"data": data}
        call = getattr(Client(), method)
        return call(f"/api/v1/{path}", content_type="application/json", headers=headers, **body)

    return _send


def wrong(answer: Any) -> dict[str, str]:
    """Place and code of each error of a refusal."""
    assert answer.status_code == 422, answer.content
    return {row["pointer"]: row["code"] for row in answer.json()["errors"]}


def test_from_a_model_to_a_codec_that_decodes_without_the_browser(
    send: Send, cast: Cast, base: DeviceModel
) -> None:
    given = {"base": str(base.pk), "maker": "自社", "name": "浮き 1", "profile_ids": ["aabb1122", "AABB1122"]}
    made = send("device-models", given)
    assert made.status_code == 201
    model = made.json()
    at = f"device-models/{model['id']}"
    assert made["Location"] == f"/api/v1/{at}"
    assert model == {
        "id": model["id"],
        "maker": "自社",
        "name": "浮き 1",
        "lorawan_version": base.lorawan_version,
        "region": "AS923-1",
        "device_class": "A",
        "profile_ids": ["AABB1122"],
        "own": True,
        "base": str(base.pk),
        "uplink_interval": 600,
        "values": base.fields,
        "codec": None,
    }
    tried = send(f"{at}/codecs/try", {"script": LEVEL, "payload_hex": "0x78"}).json()
    assert (tried["values"], tried["failure"], tried["payload_hex"]) == ({"level": 1.2}, "", None)
    kept = {"name": "120 cm", "payload_hex": "78", "expected": {"data": {"level": 1.2}}}
    assert send(f"{at}/codec-examples", kept).status_code == 201
    published = send(f"{at}/codecs", {"script": LEVEL, "note": "初版"})
    assert (published.status_code, published["Location"]) == (201, f"/api/v1/{at}/codecs/1")
    told = published.json()
    assert (told["version"], told["state"], told["decodes"], told["note"]) == (1, "active", True, "初版")
    assert send(f"{at}/codecs/1", method="get").json() == {**told, "script": LEVEL}
    assert send(at, method="get").json()["codec"] == {"version": 1, "state": "active"}
    assert send(f"{at}/codecs", {"script": LEVEL}).status_code == 200
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"device_model.make", "codec.publish", "codec_example.save"} <= actions


def test_a_new_version_has_to_agree_with_the_examples(send: Send, own: DeviceModel) -> None:
    at = f"device-models/{own.pk}"
    CodecExample.objects.create(
        model=own, name="1 m", payload="64", expected={"data": {"level": 100}, "warnings": []}
    )
    refused = send(f"{at}/codecs", {"script": LEVEL})
    assert (refused.status_code, refused.json()["code"], refused.json()["failing"]) == (
        409,
        "examples_fail",
        ["1 m"],
    )
    assert not CodecVersion.objects.filter(model=own).exists()
    checked = send(f"{at}/codecs/check", {"script": LEVEL}).json()
    (row,) = checked["results"]
    assert (checked["passed"], row["passed"], row["name"]) == (False, False, "1 m")
    assert row["differences"] == [
        {"path": "data.level", "expected": 100, "got": 1, "missing": False, "surplus": False}
    ]
    (listed,) = send(f"{at}/codec-examples", method="get").json()["results"]
    assert (listed["payload_hex"], listed["f_port"], listed["direction"]) == ("64", 1, "up")
    assert send(f"{at}/codec-examples/{listed['id']}", method="delete").status_code == 204
    assert send(f"{at}/codecs", {"script": LEVEL}).status_code == 201


def test_versions_are_taken_back_and_used_again(send: Send, own: DeviceModel) -> None:
    at = f"device-models/{own.pk}/codecs"
    for version in (1, 2):
        CodecVersionFactory.create(model=own, version=version, script=LEVEL)

    def decoding() -> dict[int, bool]:
        return {row["version"]: row["decodes"] for row in send(at, method="get").json()["results"]}

    assert decoding() == {2: True, 1: False}
    assert send(f"{at}/2/withdraw").json()["state"] == "withdrawn"
    assert decoding() == {2: False, 1: True}
    again = send(f"{at}/2/withdraw")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert send(f"{at}/2/use").json()["decodes"] is True
    assert codec_quarantine(codec_id=own.codecs.get(version=2).pk, fault="killed × 3")
    stopped = send(f"{at}/2", method="get", **{"Accept-Language": "en"}).json()
    assert (stopped["state"], stopped["decodes"], stopped["fault"]) == (
        "quarantined",
        False,
        "no sign of life × 3",
    )
    assert decoding() == {2: False, 1: False}
    assert send(f"{at}/2/use").json()["stopped_at"] is None
    assert send(f"{at}/3", method="get").status_code == 404
    assert send(f"{at}/99999999999/use").status_code == 404


def test_all_three_functions_are_tried_and_a_failure_has_a_word(send: Send, own: DeviceModel) -> None:
    at = f"device-models/{own.pk}/codecs/try"
    down = send(at, {"script": BOTH, "call": "encodeDownlink", "object": {"lamp": True}}).json()
    assert (down["payload_hex"], down["f_port"], down["values"]) == ("01", 10, None)
    sixty = base64.b64encode(b"\x3c").decode()
    assert send(at, {"script": LEVEL, "payload_base64": sixty}).json()["values"] == {"level": 0.6}
    failed = send(at, {"script": "function decodeUplink() { throw 1 }", "payload_hex": ""}).json()
    assert (failed["failure"], failed["values"]) == ("error", None)
    missing = send(at, {"script": LEVEL, "call": "decodeDownlink", "payload_hex": "01"}).json()
    assert missing["failure"] == "no_function"
    assert missing["text"]
    assert wrong(send(at, {"payload_hex": "01"})) == {"/script": "invalid"}
    CodecVersionFactory.create(model=own, script=LEVEL)
    assert send(at, {"payload_hex": "3c"}).json()["values"] == {"level": 0.6}


@pytest.mark.parametrize(
    ("path", "data", "places"),
    [
        ("codecs/try", {"script": LEVEL}, {"/": "invalid"}),
        ("codecs/try", {"script": LEVEL, "payload_hex": "1"}, {"/payload_hex": "odd"}),
        ("codecs/try", {"script": LEVEL, "payload_hex": "zz"}, {"/payload_hex": "invalid"}),
        ("codecs/try", {"script": LEVEL, "payload_hex": "00" * 243}, {"/payload_hex": "long"}),
        ("codecs/try", {"script": LEVEL, "payload_base64": "*"}, {"/payload_base64": "invalid"}),
        ("codecs/try", {"script": LEVEL, "object": {}}, {"/object": "invalid"}),
        ("codecs/try", {"script": LEVEL, "call": "main", "payload_hex": ""}, {"/call": "invalid_choice"}),
        ("codecs", {"script": " "}, {"/script": "invalid"}),
        ("codecs", {"script": "x" * 40961}, {"/script": "invalid"}),
        ("codecs", {"script": "function ("}, {"/script": "invalid"}),
        ("codecs", {"script": "let a = 1"}, {"/script": "invalid"}),
        ("codecs", {"script": LEVEL, "version": 7}, {"/version": "unknown_field"}),
        ("codec-examples", {"name": "a", "expected": {}, "payload_hex": ""}, {"/expected": "invalid"}),
        ("codec-examples", {"name": "a", "expected": {"data": {}}}, {"/": "invalid"}),
    ],
)
def test_what_cannot_be_accepted_is_named_at_its_place(
    send: Send, own: DeviceModel, path: str, data: Any, places: dict[str, str]
) -> None:
    assert wrong(send(f"device-models/{own.pk}/{path}", data)) == places
    assert not CodecVersion.objects.filter(model=own).exists()
    assert not CodecExample.objects.exists()


def test_names_of_an_example_are_not_doubled(send: Send, own: DeviceModel) -> None:
    kept = {"name": "1 m", "payload_hex": "64", "expected": {"data": {"level": 1}}}
    assert send(f"device-models/{own.pk}/codec-examples", kept).status_code == 201
    assert wrong(send(f"device-models/{own.pk}/codec-examples", kept)) == {"/name": "invalid"}


def test_a_model_is_changed_its_values_named_and_removed(send: Send, own: DeviceModel) -> None:
    at = f"device-models/{own.pk}"
    changed = send(at, {"uplink_interval": 900}, "patch").json()
    assert (changed["uplink_interval"], changed["name"]) == (900, "F-1")
    level = {"label": "水位", "label_en": "Level", "unit": "m", "decimals": 2, "low": 0, "high": 5}
    told = send(f"{at}/values", {"values": {"level": level, "lamp": {"label": "灯"}}}, "put").json()
    assert told["values"] == {"level": {**level, "order": 0}, "lamp": {"label": "灯", "order": 1}}
    assert send(f"{at}/values", {"values": told["values"]}, "put").json() == told
    turned = {"values": {"a/b": {"low": 5, "high": 1}}}
    assert wrong(send(f"{at}/values", turned, "put")) == {"/values/a~1b/high": "invalid"}
    assert wrong(send(f"{at}/values", {"values": {"a": {"unit": "x" * 17}}}, "put")) == {
        "/values/a/unit": "max_length"
    }
    device = DeviceFactory.create(trial__organization=own.organization, model=own)
    held = send(at, method="delete")
    assert (held.status_code, held.json()["code"]) == (409, "model_in_use")
    device.delete()
    assert send(at, method="delete").status_code == 204
    assert not DeviceModel.objects.filter(pk=own.pk).exists()


def test_a_name_is_taken_once_and_thirty_models_are_the_most(
    send: Send, cast: Cast, own: DeviceModel, base: DeviceModel
) -> None:
    given = {"base": str(base.pk), "maker": own.maker, "name": own.name}
    assert wrong(send("device-models", given)) == {"/name": "invalid"}
    assert wrong(send("device-models", {**given, "base": str(own.pk)})) == {"/base": "does_not_exist"}
    for _ in range(OWN_MODELS_MOST - 1):
        OwnModelFactory.create(organization=cast.organization, base=base)
    full = send("device-models", {**given, "name": "F-2"})
    assert (full.status_code, full.json()["code"]) == (409, "models_most")


def test_trying_again_makes_nothing_twice(send: Send, own: DeviceModel, base: DeviceModel) -> None:
    again = {"Idempotency-Key": "a"}
    given = {"base": str(base.pk), "maker": "自社", "name": "浮き"}
    first, second = (send("device-models", given, **again) for _ in range(2))
    assert (second.status_code, second.json()) == (201, first.json())
    assert second["Idempotency-Replayed"] == "true"
    again = {"Idempotency-Key": "b"}
    answers = [send(f"device-models/{own.pk}/codecs", {"script": LEVEL}, **again) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert own.codecs.count() == 1


def test_the_citys_models_and_those_of_others_are_not_worked_on(
    send: Send, cast: Cast, base: DeviceModel
) -> None:
    others = CodecVersionFactory.create(
        model=OwnModelFactory.create(organization=cast.other, base=base)
    ).model
    assert send(f"device-models/{base.pk}", method="get").json()["own"] is False
    assert send(f"device-models/{others.pk}", method="get").status_code == 404
    for model in (base, others):
        at = f"device-models/{model.pk}"
        got = [
            send(at, {"name": "x"}, "patch"),
            send(at, method="delete"),
            send(f"{at}/codecs", method="get"),
            send(f"{at}/codecs", {"script": LEVEL}),
            send(f"{at}/codecs/1", method="get"),
            send(f"{at}/codecs/1/withdraw"),
            send(f"{at}/codecs/try", {"script": LEVEL, "payload_hex": ""}),
            send(f"{at}/codec-examples", method="get"),
            send(f"{at}/codec-examples/{uuid.uuid4()}", method="delete"),
        ]
        assert [answer.status_code for answer in got] == [404] * 9
        assert model.codecs.get().state == "active"


def test_a_key_limited_to_trials_reads_but_changes_no_model(send: Send, cast: Cast, own: DeviceModel) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    scopes = ["read:devices", "write:devices"]
    _key, token = api_key_create(
        organization=cast.organization, actor=None, name="k", scopes=scopes, trials=[trial]
    )
    CodecVersionFactory.create(model=own, script=LEVEL)
    at = f"device-models/{own.pk}"
    assert send(f"{at}/codecs/1", method="get", token=token).json()["script"] == LEVEL
    assert send(f"{at}/codecs/try", {"payload_hex": "3c"}, token=token).status_code == 200
    got = [
        send("device-models", {}, token=token),
        send(at, {"name": "x"}, "patch", token=token),
        send(at, method="delete", token=token),
        send(f"{at}/values", {"values": {}}, "put", token=token),
        send(f"{at}/codecs", {"script": BOTH}, token=token),
        send(f"{at}/codecs/1/withdraw", token=token),
        send(f"{at}/codec-examples", {}, token=token),
    ]
    assert [(one.status_code, one.json()["code"]) for one in got] == [(403, "not_allowed")] * 7
    assert own.codecs.get().state == "active"


def test_reading_alone_changes_nothing(send: Send, cast: Cast, own: DeviceModel) -> None:
    _key, token = api_key_create(
        organization=cast.organization, actor=None, name="r", scopes=["read:devices"]
    )
    assert send(f"device-models/{own.pk}/codecs", method="get", token=token).status_code == 200
    for path in ("device-models", f"device-models/{own.pk}/codecs", f"device-models/{own.pk}/codecs/try"):
        assert send(path, {}, token=token).status_code == 403


@pytest.mark.parametrize(("path", "count"), [("", 2), ("/{}/codecs", 3), ("/{}/codec-examples", 3)])
def test_lists_ask_a_constant_number_of_questions(
    send: Send, cast: Cast, own: DeviceModel, django_assert_num_queries: Any, path: str, count: int
) -> None:
    address = f"device-models{path.format(own.pk)}"
    send(address, method="get")
    for rows in (1, 3):
        for number in range(own.codecs.count() + 1, rows + 1):
            CodecVersionFactory.create(model=own, version=number)
            CodecExample.objects.create(model=own, name=str(number), expected={})
            if number > 1:
                OwnModelFactory.create(organization=cast.organization, base=own.base)
        with django_assert_num_queries(count):
            answer = send(address, method="get")
        assert len(answer.json()["results"]) >= rows


def test_a_device_says_what_its_values_are_called_over_its_model(send: Send, cast: Cast) -> None:
    known = {"level": {"label": "水位", "unit": "m"}, "battery": {"label": "電池", "unit": "V"}}
    trial = TrialFactory.create(organization=cast.organization)
    device = DeviceFactory.create(trial=trial, model=DeviceModelFactory.create(fields=known))
    at = f"devices/{device.pk}"
    assert send(at, method="get").json()["values"] == known
    own = {"level": {"label": "放水口の水位", "decimals": 1}, "lamp": {"label": "灯"}}
    told = send(f"{at}/values", {"values": own}, "put").json()
    assert told["values"] == {
        "level": {"label": "放水口の水位", "unit": "m", "decimals": 1},
        "battery": known["battery"],
        "lamp": {"label": "灯"},
    }
    assert told["model"]["values"] == known
    turned = {"values": {"level": {"low": 2, "high": 1}}}
    assert wrong(send(f"{at}/values", turned, "put")) == {"/values/level/high": "invalid"}
    assert send(f"{at}/values", {"values": {}}, "put").json()["values"] == known


def test_what_a_device_may_still_be_sent_today(
    send: Send, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _key, token = api_key_create(organization=cast.organization, actor=None, name="d", scopes=["downlink"])
    device = DeviceFactory.create(trial__organization=cast.organization)
    at = f"devices/{device.pk}/downlink-quota"
    SiteSettings.objects.update_or_create(pk=1, defaults={"downlinks_a_day": 5})
    DownlinkFactory.create(device=device)
    DownlinkFactory.create(device=device, state="cancelled")
    now = clock.now()
    Downlink.objects.update(created_at=now)
    monkeypatch.setattr(clock, "now", lambda: now)  # no midnight comes between
    told = send(at, method="get", token=token).json()
    day = downlink_day(device)
    assert told == {"granted": 5, "used": 1, "free": 4, "frees_at": told["frees_at"]}
    assert datetime.fromisoformat(told["frees_at"]) == day.frees_at
    assert send(at, method="get").status_code == 403


def test_pages_and_fields_as_in_other_lists(send: Send, own: DeviceModel) -> None:
    for version in (1, 2, 3):
        CodecVersionFactory.create(model=own, version=version)
    at = f"device-models/{own.pk}/codecs"
    page = send(f"{at}?limit=2&fields=version,decodes", method="get").json()
    assert page["results"] == [{"version": 3, "decodes": True}, {"version": 2, "decodes": False}]
    rest = page["next"].split("/api/v1/")[1]
    assert send(rest, method="get").json()["results"] == [{"version": 1, "decodes": False}]
    unknown = send(f"{at}?fields=text", method="get")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_field")
