"""Versions, examples and the workbench."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.core.errors import Conflict, InvalidInput
from apps.core.registry import work_queue
from apps.devices.domain import ExamplesFail, codec_publish, codec_set_state, example_save
from apps.devices.enums import CodecState, Direction
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import CodecExample, CodecVersion, DeviceModel
from apps.devices.selectors import newest_codec
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceModelFactory

pytestmark = pytest.mark.django_db
LEVEL = "function decodeUplink(i) { return { data: { level: i.bytes[0] / 100 } }; }"
STRICT = (
    "function decodeUplink(i) { if (i.bytes.length !== 1) { return { errors: ['length'] }; }"
    " return { data: { level: i.bytes[0] / 10 } }; }\n"
    "function encodeDownlink(i) { return { bytes: [i.data.lamp ? 1 : 0], fPort: 10 }; }"
)


@pytest.fixture(scope="module")
def runner() -> Iterator[CodecRunner]:
    with CodecRunner() as runner:
        yield runner


@pytest.fixture
def model() -> DeviceModel:
    return DeviceModelFactory.create()


def example(model: DeviceModel, name: str, payload: str, expected: Any, **changes: Any) -> CodecExample:
    row = CodecExample(model=model, name=name, payload=payload, expected=expected, **changes)
    return example_save(example=row, actor=None)


def page(model: DeviceModel) -> str:
    return reverse("admin:devices_devicemodel_codec", args=[model.pk])


def test_a_version_has_to_agree_with_every_example(model: DeviceModel, runner: CodecRunner) -> None:
    first = codec_publish(model=model, script=LEVEL, actor=None, runner=runner)
    example(model, "one metre", "64", {"data": {"level": 1}})
    with pytest.raises(ExamplesFail) as refusal:
        codec_publish(model=model, script=STRICT, actor=None, runner=runner)
    (result,) = refusal.value.results
    assert [(one.path, one.expected, one.got) for one in result.differences] == [("data.level", 1, 10)]
    assert newest_codec(model) == first
    CodecExample.objects.update(expected={"data": {"level": 10}})
    example(model, "too short", "", {"fails": True})
    example(model, "lamp", "01", {"data": {"lamp": True}}, direction=Direction.DOWN, f_port=10)
    second = codec_publish(model=model, script=STRICT, actor=None, runner=runner)
    assert (second.version, newest_codec(model)) == (2, second)
    with pytest.raises(ExamplesFail) as refusal:
        codec_publish(model=model, script=LEVEL, actor=None, runner=runner)
    assert refusal.value.data["failing"] == ["one metre", "too short", "lamp"]


@pytest.mark.parametrize(
    "script",
    ["function decodeUplink({", "var x = 1;", "", "function decodeUplink() { while (true) {} }", "x" * 41000],
)
def test_what_cannot_decode_is_no_version(model: DeviceModel, runner: CodecRunner, script: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        codec_publish(model=model, script=script, actor=None, runner=runner)
    assert list(refusal.value.fields) == ["script"]
    assert not CodecVersion.objects.exists()


def test_going_back_and_forth_between_versions(model: DeviceModel, runner: CodecRunner, cast: Cast) -> None:
    first = codec_publish(model=model, script=LEVEL, actor=cast.staff, runner=runner)
    second = codec_publish(model=model, script=STRICT, actor=cast.staff, runner=runner)
    codec_set_state(codec=second, state=CodecState.WITHDRAWN, actor=cast.staff)
    assert newest_codec(model) == first
    with pytest.raises(Conflict):
        codec_set_state(codec=second, state=CodecState.QUARANTINED, actor=None)
    codec_set_state(codec=second, state=CodecState.ACTIVE, actor=cast.staff)
    assert newest_codec(model) == second
    actions = AuditEntry.objects.filter(object_id=str(second.pk)).values_list("action", flat=True)
    assert sorted(actions) == ["codec.publish", "codec.use_again", "codec.withdraw"]


def test_a_stopped_codec_waits_for_staff(cast: Cast) -> None:
    codec = CodecVersionFactory.create()
    codec_set_state(codec=codec, state=CodecState.QUARANTINED, actor=None, fault="killed × 3")
    (item,) = [item for item in work_queue(cast.staff) if item.url == page(codec.model)]
    assert " × 3" in str(item.detail)
    assert "killed" not in str(item.detail)
    newer = CodecVersionFactory.create(model=codec.model, version=2)
    assert not [item for item in work_queue(cast.staff) if item.url == page(codec.model)]
    assert newest_codec(codec.model) == newer


def test_the_workbench_shows_what_comes_out(cast: Cast, model: DeviceModel) -> None:
    client = Client()
    client.force_login(cast.staff)
    data = {"script": LEVEL, "call": "decodeUplink", "payload": "0x64", "f_port": "2"}
    answer = client.post(page(model), {**data, "act": "try"})
    assert answer.status_code == 200
    assert answer.context["tried"].result == '{\n  "level": 1\n}'
    assert answer.context["tried"].output.ms is not None
    assert client.post(page(model), {**data, "act": "keep", "name": "one metre"}).status_code == 200
    kept = CodecExample.objects.get()
    assert (kept.payload, kept.f_port, kept.expected) == ("64", 2, {"data": {"level": 1}, "warnings": []})
    answer = client.post(page(model), {**data, "script": STRICT, "act": "examples"})
    assert answer.context["passed"] == 0
    assert b"data.level" in answer.content
    answer = client.post(page(model), {**data, "script": STRICT, "act": "publish"})
    assert (answer.status_code, CodecVersion.objects.count()) == (422, 0)
    assert STRICT.splitlines()[1].encode() in answer.content.replace(b"&gt;", b">").replace(b"&#x27;", b"'")
    assert client.post(page(model), {**data, "act": "publish", "note": "初版"}).status_code == 302
    assert CodecVersion.objects.get().note == "初版"
    assert client.post(page(model), {"act": "withdrawn", "version": "1"}).status_code == 302
    assert newest_codec(model) is None
    assert client.post(page(model), {"act": "drop", "example": str(kept.pk)}).status_code == 302
    assert not CodecExample.objects.exists()


def test_a_codec_that_hangs_gives_words(cast: Cast, model: DeviceModel) -> None:
    client = Client()
    client.force_login(cast.staff)
    hanging = "function decodeUplink() { /(a+)+$/.test('a'.repeat(40) + 'b'); }"
    data = {"script": hanging, "payload": "00", "act": "try"}
    answer = client.post(page(model), data)
    assert answer.status_code == 200
    assert answer.context["tried"].output.failure == "killed"
    answer = client.post(page(model), {**data, "script": "function (", "act": "try"})
    assert answer.context["tried"].output.failure == "syntax"
    down = {"script": STRICT, "call": "encodeDownlink", "payload": '{"lamp": true}', "act": "try"}
    assert '"bytes": "01"' in client.post(page(model), down).context["tried"].result
    assert client.post(page(model), {**down, "payload": "[1"}).status_code == 422
    assert client.post(page(model), {**down, "call": "decodeUplink", "payload": "xyz!"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_only_a_few_try_at_once(cast: Cast, model: DeviceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.devices.domain.codec_trial.TRIALS_MOST", 1)
    client = Client()
    client.force_login(cast.staff)
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, 0)", [0x4D57])
            answer = client.post(page(model), {"script": LEVEL, "payload": "64", "act": "try"})
    finally:
        other.close()
    assert answer.status_code == 422
    assert answer.context["tried"] is None


def test_examples_by_hand_are_checked(cast: Cast, model: DeviceModel) -> None:
    client = Client()
    client.force_login(cast.staff)
    url = reverse("admin:devices_codecexample_add")
    data = {"model": str(model.pk), "name": "one", "direction": "up", "f_port": 1, "payload": "ZA=="}
    assert client.post(url, {**data, "expected": "[]"}).status_code == 200
    assert client.post(url, {**data, "expected": '{"data": 1}'}).status_code == 200
    assert client.post(url, {**data, "expected": '{"data": {"level": 1}}'}).status_code == 302
    assert CodecExample.objects.get().payload == "64"
