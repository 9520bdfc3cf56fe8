"""A company's own models: made on one of the city's, with a codec of its own, for itself alone."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.apikeys.domain import api_key_create
from apps.apikeys.enums import Scope
from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.core.registry import work_queue
from apps.devices.domain import (
    Keys,
    codec_publish,
    codec_quarantine,
    device_edit,
    device_model_save,
    device_register,
    device_replace,
    organization_models_move,
    own_model_delete,
    own_model_make,
    provision_want,
)
from apps.devices.domain.provisioning import profile_model_of
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import CodecExample, CodecVersion, Device, DeviceModel, ModelProfile
from apps.devices.selectors.registering import model_of_label
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.redecode import redecode_job, redecode_start
from apps.telemetry.models import Redecode, Uplink
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.devices import CodecVersionFactory, DeviceFactory, DeviceModelFactory, OwnModelFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.organizations import OrganizationFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
LEVEL = "function decodeUplink(i) { return { data: { level: i.bytes[0] / 100 } }; }"


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def base() -> DeviceModel:
    return CodecVersionFactory.create(model=DeviceModelFactory.create(region="AS923-1")).model


@pytest.fixture
def own(cast: Cast, base: DeviceModel) -> DeviceModel:
    return OwnModelFactory.create(organization=cast.organization, base=base)


def page(model: DeviceModel, name: str = "devices:model-codec", **more: Any) -> str:
    return reverse(name, kwargs={"organization": model.organization_id, "pk": model.pk, **more})


def stored(device: Device, *payloads: bytes) -> None:
    partitions.forget()
    now = clock.now()
    events = [
        uplink_event(device, data=data, time=now - timedelta(minutes=n)) for n, data in enumerate(payloads)
    ]
    with CodecRunner() as runner:
        store_batch(messages=[Incoming(topic_of(device), encoded(e), now) for e in events], runner=runner)


def test_an_engineer_makes_a_model_publishes_its_codec_and_a_device_decodes(
    cast: Cast, base: DeviceModel
) -> None:
    client = client_of(cast.colleague)
    new = reverse("devices:model-new", args=[cast.organization.pk])
    values = {"base": str(base.pk), "maker": "自社", "name": "浮き 1", "uplink_interval": "900"}
    answer = client.post(new, {**values, "profile_ids": "aabb1122、00000001"})
    own = DeviceModel.objects.get(organization=cast.organization)
    assert answer.headers["Location"] == page(own)
    assert (own.base, own.region, own.fields) == (base, "AS923-1", base.fields)
    assert own.profile_ids == ["AABB1122", "00000001"]
    opened = client.get(page(own))
    assert opened.context["form"].initial["script"] == base.codecs.get().script
    data = {"script": LEVEL, "payload": "0x78", "f_port": "2"}
    assert client.post(page(own), {**data, "act": "try"}).context["tried"].result == '{\n  "level": 1.2\n}'
    client.post(page(own), {**data, "act": "keep", "name": "120 cm"})
    assert client.post(page(own), {**data, "act": "publish", "note": "初版"}).status_code == 302
    trial = TrialFactory.create(organization=cast.organization)
    form = client.get(reverse("devices:device-new", args=[cast.organization.pk, trial.code])).context["form"]
    assert form.fields["model"].queryset.first() == own
    device = DeviceFactory.create(trial=trial, organization=cast.organization, model=own)
    stored(device, b"\x78")
    assert Uplink.objects.get().values == {"level": 1.2}
    assert CodecExample.objects.get().model == own


def test_own_models_stand_in_a_group_before_the_citys_wherever_one_chooses(
    cast: Cast, base: DeviceModel
) -> None:
    client, trial = client_of(cast.colleague), TrialFactory.create(organization=cast.organization)
    device = DeviceFactory.create(trial=trial)
    at = [cast.organization.pk, trial.code]
    new, file = reverse("devices:device-new", args=at), reverse("devices:batch-new", args=at)
    others = [reverse(f"devices:device-{end}", args=[at[0], device.pk]) for end in ("settings", "replace")]
    assert "<optgroup" not in client.get(new).content.decode()
    OwnModelFactory.create(organization=cast.other, base=base, maker="他社")
    own = OwnModelFactory.create(organization=cast.organization, base=base)
    for page_of in (new, *others):
        choices = client.get(page_of).context["form"].fields["model"].choices
        (_none, _empty), (_own, (first,)), (_city, rest) = choices
        assert first == (str(own.pk), str(own))
        assert str(base.pk) in dict(rest)
    shown = client.get(file)
    assert [[model.pk for model in rows][:1] for _heading, rows in shown.context["models"]][0] == [own.pk]
    assert "他社" not in shown.content.decode()
    template = client.get(reverse("devices:batch-template", args=at)).content.decode("utf-8-sig")
    assert str(own) in template.splitlines()[1]


def test_a_frame_that_was_stored_is_tried_with_one_press(cast: Cast, own: DeviceModel) -> None:
    device = DeviceFactory.create(trial__organization=cast.organization, model=own)
    stored(device, b"\x50", b"\x78")
    client = client_of(cast.colleague)
    opened = client.get(page(own)).content.decode()
    assert 'value="1:50"' in opened
    answer = client.post(page(own), {"script": LEVEL, "frame": "1:78", "call": "encodeDownlink"})
    assert answer.context["tried"].result == '{\n  "level": 1.2\n}'
    assert 'value="1:50"' in answer.content.decode()
    frames = reverse("telemetry:device-frames", args=[cast.organization.pk, device.pk])
    link = f"{page(own)}?f_port=1&amp;payload=78#try"
    assert link in client.get(frames).content.decode()
    assert link not in client_of(cast.reader).get(frames).content.decode()
    asked = client.get(page(own), {"f_port": "2", "payload": "78"}).context["form"]
    assert (asked["f_port"].value(), asked["payload"].value()) == (2, "78")
    assert client.get(page(own), {"f_port": "99999"}).context["form"]["f_port"].value() == 1
    assert client.post(page(own), {"script": LEVEL, "frame": "x:zz"}).status_code == 422


def test_what_came_before_the_codec_is_decoded_by_the_company_itself(cast: Cast, own: DeviceModel) -> None:
    device = DeviceFactory.create(trial__organization=cast.organization, model=own)
    elsewhere = DeviceFactory.create(model=own.base)
    stored(device, b"\x78")
    stored(elsewhere, b"\x50")
    CodecVersionFactory.create(model=own, script=LEVEL)
    client, new = client_of(cast.colleague), page(own, "telemetry:redecode-new")
    begin = clock.now().astimezone(clock.TOKYO) - timedelta(days=1)
    since = {"since": begin.strftime("%Y-%m-%dT%H:%M")}
    assert client.post(new, since).context["count"] == 1
    answer = client.post(new, {**since, "act": "start"})
    redecode = Redecode.objects.get()
    assert answer.headers["Location"] == page(own, "telemetry:redecode", redecode=redecode.pk)
    while redecode_job({"redecode": str(redecode.pk)}):
        pass
    redecode.refresh_from_db()
    assert (redecode.state, redecode.seen, redecode.changed) == ("done", 1, 1)
    assert Uplink.objects.get(device_id=device.pk).values == {"level": 1.2}
    assert client.get(answer.headers["Location"]).status_code == 200
    assert str(redecode.pk) in client.get(new).content.decode()
    assert client.post(new, {"since": "2999-01-01T00:00", "act": "start"}).status_code == 422


def test_what_the_wrong_model_could_not_read_is_read_after_the_change(cast: Cast, own: DeviceModel) -> None:
    refusing = CodecVersionFactory.create(script="function decodeUplink() { return { errors: ['no'] }; }")
    device = DeviceFactory.create(trial__organization=cast.organization, model=refusing.model)
    stored(device, b"\x78")
    assert Uplink.objects.get().decode_state == "failed"
    codec = CodecVersionFactory.create(model=own, script=LEVEL)
    device_edit(device=device, actor=None, changes={"model": own})
    redecode = redecode_start(codec=codec, since=clock.now() - timedelta(days=1), actor=None)
    while redecode_job({"redecode": str(redecode.pk)}):
        pass
    assert Uplink.objects.get().values == {"level": 1.2}


def test_another_company_neither_sees_nor_uses_it(cast: Cast, own: DeviceModel) -> None:
    assert own not in DeviceModel.objects.visible_to(cast.stranger)
    assert own in DeviceModel.objects.visible_to(cast.reader)
    assert own in DeviceModel.objects.visible_to(cast.staff)
    assert own not in DeviceModel.objects.usable_by(cast.other)
    there = DeviceFactory.create(trial__organization=cast.other)
    with pytest.raises(InvalidInput) as refusal:
        device_edit(device=there, actor=None, changes={"model": own})
    assert list(refusal.value.fields) == ["model"]
    keys: Any = {"join_eui": "0", "app_key": "8f3c2a1b" * 4}
    with pytest.raises(InvalidInput):
        device_register(
            trial=there.trial, actor=None, name="x", dev_eui="70b3d57ed0990001", model=own, **keys
        )
    new = Keys("70b3d57ed0990002", "0" * 16, "8f3c2a1b" * 4)
    with pytest.raises(InvalidInput):
        device_replace(device=there, actor=None, keys=new, model=own)
    stranger = client_of(cast.stranger)
    settings = reverse("devices:device-settings", args=[cast.other.pk, there.pk])
    assert str(own.pk) not in stranger.get(settings).content.decode()
    assert stranger.post(settings, {"name": "x", "model": str(own.pk)}).status_code == 422
    # Its address with one's own organization in front of it opens nothing either.
    crossed = reverse("devices:model-codec", args=[cast.other.pk, own.pk])
    assert stranger.get(crossed).status_code == 404
    assert stranger.post(crossed, {"act": "try", "script": LEVEL}).status_code == 404


def test_a_label_means_ones_own_model_first(cast: Cast, own: DeviceModel) -> None:
    DeviceModel.objects.filter(pk__in=[own.pk, own.base_id]).update(profile_ids=["AABB1122"])
    assert model_of_label("AABB1122", cast.organization) == own
    assert model_of_label("AABB1122", cast.other) == own.base
    assert model_of_label("AABB1122", None) == own.base


def test_the_api_lists_and_takes_own_models(cast: Cast, own: DeviceModel) -> None:
    keys = {
        owner: api_key_create(organization=owner, actor=None, name="鍵", scopes=list(Scope.values))[1]
        for owner in (cast.organization, cast.other)
    }
    headers: dict[Any, Any] = {owner: {"HTTP_AUTHORIZATION": f"Bearer {key}"} for owner, key in keys.items()}
    client = Client()
    rows = {
        owner: {
            row["id"]: row["own"] for row in client.get("/api/v1/device-models", **given).json()["results"]
        }
        for owner, given in headers.items()
    }
    assert rows[cast.organization] == {str(own.base_id): False, str(own.pk): True}
    assert rows[cast.other] == {str(own.base_id): False}
    for owner, status in ((cast.other, 422), (cast.organization, 201)):
        trial = TrialFactory.create(organization=owner)
        body = {"trial": trial.code, "name": "WL", "dev_eui": "70b3d57ed0990003", "join_eui": "0" * 16}
        body |= {"app_key": "8f3c2a1b" * 4, "model": str(own.pk)}
        answer = client.post("/api/v1/devices", body, content_type="application/json", **headers[owner])
        assert answer.status_code == status, answer.content
    assert Device.objects.get(dev_eui="70b3d57ed0990003").model == own


def test_its_devices_stand_on_the_server_by_the_base_and_follow_its_radio(
    cast: Cast, own: DeviceModel
) -> None:
    server = NetworkServerFactory.create()
    ModelProfile.objects.create(model=own.base, server=server, profile_id="p")
    device = DeviceFactory.create(trial__organization=cast.organization, model=own)
    row = provision_want(device=device, actor=None)
    assert row is not None
    assert row.server == server
    assert profile_model_of(device) == own.base_id
    base = own.base
    assert base is not None
    base.region, base.lorawan_version = "AS923-3", "1.1"
    device_model_save(model=base, actor=cast.staff)
    own.refresh_from_db()
    assert (own.region, own.lorawan_version) == ("AS923-3", "1.1")


def test_names_are_once_and_their_number_is_limited(
    cast: Cast, own: DeviceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"maker": own.maker, "name": own.name, "uplink_interval": 600, "profile_ids": []}
    assert own.base is not None
    make: Any = partial(own_model_make, base=own.base, actor=None)
    with pytest.raises(InvalidInput) as refusal:
        make(organization=cast.organization, values=given)
    assert list(refusal.value.fields) == ["name"]
    assert make(organization=cast.other, values=given).name == own.name
    with pytest.raises(InvalidInput) as refusal:
        own_model_make(organization=cast.organization, base=own, actor=None, values={**given, "name": "2"})
    assert list(refusal.value.fields) == ["base"]
    monkeypatch.setattr("apps.devices.domain.model.OWN_MODELS_MOST", 1)
    with pytest.raises(Conflict) as full:
        make(organization=cast.organization, values={**given, "name": "2"})
    assert full.value.code == "models_most"
    new = reverse("devices:model-new", args=[cast.organization.pk])
    data = {"base": str(own.base_id), "maker": "自社", "name": "3", "uplink_interval": "600"}
    assert client_of(cast.owner).post(new, data).status_code == 422


def test_versions_of_an_own_model_are_limited(own: DeviceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.devices.domain.codec.OWN_VERSIONS_MOST", 1)
    with CodecRunner() as runner:
        for model in (own.base, own):
            assert model is not None
            codec_publish(model=model, script=LEVEL, actor=None, runner=runner)
        assert codec_publish(model=own, script=LEVEL, actor=None, runner=runner).version == 1
        with pytest.raises(Conflict):
            codec_publish(model=own, script=f"{LEVEL}//", actor=None, runner=runner)


def test_two_who_make_models_at_once_keep_to_the_number(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, base = OrganizationFactory.create(), DeviceModelFactory.create()
    monkeypatch.setattr("apps.devices.domain.model.OWN_MODELS_MOST", 1)

    def make(name: str) -> None:
        own_model_make(organization=owner, base=base, actor=None, values={"maker": "自社", "name": name})

    at_once([partial(make, "1"), partial(make, "2")])
    assert DeviceModel.objects.filter(organization=owner).count() == 1


def test_a_model_in_use_stays_and_another_goes_with_its_codec(cast: Cast, own: DeviceModel) -> None:
    codec = CodecVersionFactory.create(model=own)
    device = DeviceFactory.create(trial__organization=cast.organization, model=own)
    client, remove = client_of(cast.colleague), page(own, "devices:model-remove")
    assert client.post(remove).status_code == 409
    with pytest.raises(Conflict):
        own_model_delete(model=own, actor=None)
    device_edit(device=device, actor=None, changes={"model": None})
    assert client.post(remove).status_code == 302
    assert not DeviceModel.objects.filter(pk=own.pk).exists()
    assert not CodecVersion.objects.filter(pk=codec.pk).exists()
    assert AuditEntry.objects.filter(
        action="device_model.delete", organization_id=cast.organization.pk
    ).exists()


def test_values_are_named_in_order_and_taken_away(cast: Cast, own: DeviceModel) -> None:
    client, url = client_of(cast.colleague), page(own, "devices:model-values")
    level = {"v0-name": "level", "v0-label": "水位", "v0-unit": "cm", "v0-decimals": "0"}
    volts = {"v1-name": "volts", "v1-label": "電池", "v1-low": "2", "v1-high": "4"}
    assert client.post(url, {"rows": "4", **volts, **level}).status_code == 302
    own.refresh_from_db()
    assert own.fields == {
        "level": {"label": "水位", "unit": "cm", "decimals": 0, "order": 0},
        "volts": {"label": "電池", "low": 2.0, "high": 4.0, "order": 1},
    }
    twice = client.post(url, {"rows": "4", **level, **volts, "v1-name": "level"})
    assert (twice.status_code, own.fields) == (422, own.fields)
    assert client.post(url, {"rows": "4", **level, **volts, "v1-high": "1"}).status_code == 422
    assert client.post(url, {"rows": "4", **level, "v2-label": "名前なし"}).status_code == 422
    assert client.post(url, {}).status_code == 422
    assert client.post(url, {"rows": "4", **level, **volts, "v0-gone": "on"}).status_code == 302
    own.refresh_from_db()
    assert list(own.fields) == ["volts"]


def test_a_stopped_codec_is_told_to_the_company_and_it_mends_it(cast: Cast, own: DeviceModel) -> None:
    codec = CodecVersionFactory.create(model=own)
    workspace = reverse("organizations:workspace", args=[cast.organization.pk])
    client = client_of(cast.colleague)
    assert page(own) not in client.get(workspace).content.decode()
    codec_quarantine(codec_id=codec.pk, fault="killed × 3")
    assert page(own) in client.get(workspace).content.decode()
    assert "×" in client.get(page(own)).content.decode()
    assert client.get(reverse("devices:model-list", args=[cast.organization.pk])).context["rows"][0].stopped
    # Staff have it in their work queue as before.
    assert [item for item in work_queue(cast.staff) if str(own.pk) in item.url]
    assert client.post(page(own), {"act": "withdrawn", "version": "1"}).status_code == 302
    assert page(own) not in client.get(workspace).content.decode()
    assert client.post(page(own), {"act": "quarantined", "version": "1"}).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_ask_as_much_for_three_as_for_one(
    cast: Cast, own: DeviceModel, number: int, django_assert_num_queries: Any
) -> None:
    models = [own, *OwnModelFactory.create_batch(number - 1, organization=cast.organization, base=own.base)]
    for model in models:
        CodecVersionFactory.create(model=model)
        CodecVersionFactory.create(model=own, version=10 + len(models) + models.index(model))
        CodecExample.objects.create(model=own, name=str(model.pk), payload="64")
        DeviceFactory.create(trial__organization=cast.organization, model=own)
    client = client_of(cast.colleague)
    client.get(page(own))
    with django_assert_num_queries(6):
        client.get(reverse("devices:model-list", args=[cast.organization.pk]))
    with django_assert_num_queries(12):
        client.get(page(own))


def test_merging_keeps_both_models_of_one_name(cast: Cast, own: DeviceModel) -> None:
    OwnModelFactory.create(organization=cast.other, maker=own.maker, name=own.name, base=own.base)
    organization_models_move(keep=cast.organization, gone=cast.other)
    names = DeviceModel.objects.filter(organization=cast.organization).values_list("name", flat=True)
    assert sorted(names) == sorted([own.name, f"{own.name} (2)"])
