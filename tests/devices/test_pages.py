from __future__ import annotations

import io
import logging
import sys
from datetime import timedelta

import pytest
from django.core.signals import got_request_exception
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.views.debug import ExceptionReporter

from apps.core import clock
from apps.core.registry import _registry
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DeviceModel
from apps.devices.selectors import StateFact
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant, Trial, TrialQuota
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory, DeviceModelFactory
from tests.factories.trials import TrialFactory

APP_KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, code="2025-101", devices=2)


@pytest.fixture
def device(trial: Trial) -> Device:
    return DeviceFactory.create(trial=trial, name="WL-03")


def new_url(trial: Trial) -> str:
    return reverse("devices:device-new", args=[trial.organization_id, trial.code])


def form(**changes) -> dict:
    data = {"name": "WL-01", "dev_eui": "70B3-D57E-D006-0001", "join_eui": "0" * 16, "app_key": APP_KEY}
    return {**data, "latitude": "", "longitude": "", **changes}


def test_partners_follow_the_links_of_their_own_workspace(cast: Cast, device: Device, monkeypatch) -> None:
    """To devices of others in a shared trial they come through their own organization."""
    late = StateFact("late", "attention", "late", "遅れています", last_at=clock.now())
    monkeypatch.setitem(_registry.facts, "device.state", lambda devices: {row.pk: late for row in devices})
    access = {"role": ParticipantRole.PARTNER, "access": Access.READ}
    Participant.objects.create(trial=device.trial, organization=cast.other, **access)
    client, at = signed_in(cast.stranger), [cast.other.pk, device.trial.code]
    page = reverse("telemetry:device-detail", args=[cast.other.pk, device.pk])
    for start in ("trials:trial-workspace", "organizations:workspace"):
        shown = client.get(reverse(start, args=at if start.startswith("trials") else at[:1])).content.decode()
        assert f"/o/{cast.organization.pk}/" not in shown
        assert page in shown, start
    for name in ("telemetry:device-detail", "telemetry:device-frames", "devices:downlinks"):
        answer = client.get(reverse(name, args=[cast.other.pk, device.pk]))
        crumbs = answer.content.decode().split('class="breadcrumb', 1)[1].split("</nav>")[0]
        assert (answer.status_code, cast.other.name in crumbs) == (200, True), name
        assert cast.organization.name not in crumbs
    assert cast.organization.name in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        ("owner", 200),
        ("colleague", 200),
        ("reader", 403),
        ("stranger", 404),
        ("reviewer", 404),
        ("staff", 403),
    ],
)
def test_each_of_the_cast_on_each_page(actor: str, status: int, cast: Cast, device: Device) -> None:
    client = signed_in(getattr(cast, actor))
    args = [cast.organization.pk, device.pk]
    urls = [
        new_url(device.trial),
        reverse("devices:device-settings", args=args),
        reverse("devices:device-retire", args=args),
    ]
    assert [client.get(url).status_code for url in urls] == [status] * 3
    if status != 200:
        assert [client.post(url, form()).status_code for url in urls] == [status] * 3
        assert Device.objects.get().state == DeviceState.ACTIVE
    listed = client.get(reverse("devices:trial-devices", args=[cast.organization.pk, device.trial.code]))
    assert listed.status_code == (404 if status == 404 else 200)


@pytest.mark.parametrize("devices", [0, 1])
def test_an_ended_trial_offers_no_registration(cast: Cast, trial: Trial, devices: int) -> None:
    """Its domain would refuse it."""
    DeviceFactory.create_batch(devices, trial=trial)
    client, args = signed_in(cast.owner), [cast.organization.pk, trial.code]
    listed = reverse("devices:trial-devices", args=args)
    links = reverse("devices:trial-links", args=args)
    assert new_url(trial) in client.get(listed).content.decode()
    assert client.get(links).status_code == 200
    today = clock.local_date()
    Trial.objects.update(starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1))
    text = client.get(listed).content.decode()
    assert new_url(trial) not in text
    assert ("登録できません" in text) == (devices == 0)
    assert client.get(links).status_code == 204


def test_nobody_signed_in_is_asked_to_sign_in(device: Device, client: Client) -> None:
    args = [device.organization_id, device.pk]
    for name in ("device-settings", "device-retire"):
        assert client.get(reverse(f"devices:{name}", args=args)).status_code == 302
    assert client.get(new_url(device.trial)).status_code == 302


def test_a_device_of_another_organization_is_not_found(cast: Cast, device: Device) -> None:
    client = signed_in(cast.stranger)
    for organization in (cast.organization, cast.other):
        url = reverse("devices:device-retire", args=[organization.pk, device.pk])
        assert client.post(url).status_code == 404
    device.refresh_from_db()
    assert device.state == DeviceState.ACTIVE


def test_a_device_is_registered_and_stands_in_the_list(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.colleague)
    model = DeviceModelFactory.create()
    data = form(model=str(model.pk), place_name="橋", latitude="36.7", longitude="137.2")
    answer = client.post(new_url(trial), data, follow=True)
    device = Device.objects.get()
    assert (device.dev_eui, device.model, device.place and device.place.coords) == (
        "70b3d57ed0060001",
        model,
        (137.2, 36.7),
    )
    text = answer.content.decode()
    assert answer.redirect_chain[0][0] == reverse(
        "trials:trial-workspace", args=[cast.organization.pk, trial.code]
    )
    assert "70b3d57ed0060001" in text


def test_a_digit_missing_is_counted_and_nothing_typed_is_lost_but_the_key(cast: Cast, trial: Trial) -> None:
    answer = signed_in(cast.owner).post(new_url(trial), form(dev_eui="70b3d57ed006000", latitude="95"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"dev_eui", "latitude"}
    (message,) = answer.context["form"].errors["dev_eui"]
    assert "15" in message
    assert "1" in message.replace("15", "")
    assert 'class="error-summary"' in text
    assert 'value="70b3d57ed006000"' in text
    assert APP_KEY not in text


def test_a_full_quota_is_told_with_limit_use_and_whom_to_ask(cast: Cast, trial: Trial) -> None:
    TrialQuota.objects.filter(trial=trial, kind="devices").update(used=2)
    client = signed_in(cast.owner)
    before = client.get(new_url(trial)).content.decode()
    answer = client.post(new_url(trial), form())
    assert answer.status_code == 409
    for text in (before, answer.content.decode()):
        assert "contact@example.jp" in text
        assert text.count("2") > 2
    assert 'name="app_key"' not in before
    assert 'name="app_key"' in answer.content.decode()
    assert not Device.objects.exists()


def test_a_known_deveui_is_told_at_its_field(cast: Cast, trial: Trial) -> None:
    DeviceFactory.create(dev_eui="70b3d57ed0060001", trial__organization=cast.other)
    answer = signed_in(cast.owner).post(new_url(trial), form())
    assert answer.status_code == 409
    assert set(answer.context["form"].errors) == {"dev_eui"}
    assert cast.other.name not in answer.content.decode()


def test_an_ended_trial_says_so(cast: Cast, trial: Trial) -> None:
    Trial.objects.filter(pk=trial.pk).update(starts_on="2019-01-01", ends_on="2020-01-01")
    answer = signed_in(cast.owner).post(new_url(trial), form())
    assert answer.status_code == 409
    assert set(answer.context["form"].errors) == {"__all__"}


def test_settings_change_and_refuse(cast: Cast, device: Device) -> None:
    client = signed_in(cast.colleague)
    url = reverse("devices:device-settings", args=[cast.organization.pk, device.pk])
    refused = client.post(url, {"name": "\u202e", "latitude": "36.7", "longitude": ""})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"name", "longitude"}
    assert client.post(url, {"name": "WL-04", "place_name": "橋"}).status_code == 302
    device.refresh_from_db()
    assert (device.name, device.place_name, device.model) == ("WL-04", "橋", None)


def test_retiring_asks_first_and_frees_the_place(cast: Cast, device: Device) -> None:
    client = signed_in(cast.owner)
    url = reverse("devices:device-retire", args=[cast.organization.pk, device.pk])
    assert "WL-03" in client.get(url).content.decode()
    device.refresh_from_db()
    assert device.state == DeviceState.ACTIVE
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 302
    device.refresh_from_db()
    assert device.state == DeviceState.RETIRED
    assert TrialQuota.objects.get(trial=device.trial, kind="devices").used == 0


def test_the_list_shows_what_telemetry_knows(cast: Cast, device: Device, monkeypatch) -> None:
    late = StateFact("late", "attention", "late", "遅れています", last_at=clock.now())
    monkeypatch.setitem(_registry.facts, "device.state", lambda devices: {row.pk: late for row in devices})
    url = reverse("devices:trial-devices", args=[cast.organization.pk, device.trial.code])
    answer = signed_in(cast.reader).get(url)
    assert [(row["device"], row["state"]) for row in answer.context["rows"]] == [(device, late)]
    assert answer.context["listed"].counts == {"attention": 1}


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_queries(
    rows: int, cast: Cast, monkeypatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(_registry, "facts", {})
    trial = TrialFactory.create(organization=cast.organization)
    for _number in range(rows):
        DeviceFactory.create(trial=trial)
    client = signed_in(cast.reader)
    with django_assert_num_queries(9):
        client.get(reverse("devices:trial-devices", args=[cast.organization.pk, trial.code]))


def everything_stored() -> str:
    """All rows of all tables as text, bytes in hexadecimal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        texts = []
        for name in tables:
            cursor.execute(f'SELECT t::text FROM "{name}" t')
            texts += [row for (row,) in cursor.fetchall()]
    return "\n".join(texts)


def test_the_appkey_is_nowhere_to_be_read(cast: Cast, trial: Trial) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    client = signed_in(cast.owner)
    staff = signed_in(cast.staff)
    try:
        seen = [
            client.post(new_url(trial), form(dev_eui="1")),
            client.post(new_url(trial), form(), follow=True),
            client.post(new_url(trial), form(), follow=True),
        ]
        device = Device.objects.get()
        args = [cast.organization.pk, device.pk]
        seen += [
            client.get(reverse(f"devices:{name}", args=args)) for name in ("device-settings", "device-retire")
        ]
        seen += [
            staff.get(reverse("admin:devices_device_change", args=[device.pk])),
            staff.get(reverse("admin:devices_device_changelist")),
        ]
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(logging.ERROR)
    assert "70b3d57ed0060001" in everything_stored()
    encrypted = bytes(device.app_key_encrypted)
    for text in [everything_stored(), stream.getvalue(), *(answer.content.decode() for answer in seen)]:
        lowered = text.lower()
        assert APP_KEY not in lowered
        assert APP_KEY.encode().hex() not in lowered
    assert APP_KEY.encode() not in encrypted
    assert bytes.fromhex(APP_KEY) not in encrypted


def test_the_report_of_a_fault_hides_the_appkey(cast: Cast, trial: Trial, monkeypatch) -> None:
    reports: list[str] = []

    def fault(**kwargs) -> None:
        raise RuntimeError("planted")

    def told(sender, request, **kwargs) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info())
        reports.extend([reporter.get_traceback_html(), reporter.get_traceback_text()])

    monkeypatch.setattr("apps.devices.domain.device.quota_take", fault)
    client = signed_in(cast.owner)
    client.raise_request_exception = False
    got_request_exception.connect(told)
    try:
        answer = client.post(new_url(trial), form())
    finally:
        got_request_exception.disconnect(told)
    assert answer.status_code == 500
    assert [("planted" in report, "70B3-D57E-D006-0001" in report) for report in reports] == [
        (True, True)
    ] * 2
    assert not [report for report in reports if APP_KEY in report]


def test_staff_change_a_model_but_no_version(cast: Cast) -> None:
    client = signed_in(cast.staff)
    codec = CodecVersionFactory.create()
    url = reverse("admin:devices_devicemodel_change", args=[codec.model.pk])
    data = {"maker": "みほん電機", "name": "WL-9", "fields": "{}", "uplink_interval": 300}
    data |= {"lorawan_version": "1.0.4", "region": "AS923", "device_class": "A", "profile_ids": ""}
    assert client.get(url).status_code == 200
    assert client.post(url, data).status_code == 302
    assert (DeviceModel.objects.get().name, DeviceModel.objects.get().lorawan_version) == ("WL-9", "1.0.4")
    version = reverse("admin:devices_codecversion_change", args=[codec.pk])
    assert client.post(version, {"script": "x"}).status_code == 403
