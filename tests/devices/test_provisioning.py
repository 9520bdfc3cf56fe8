"""Devices reach their network server, whole or not at all, however the server and we fail."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import grpc
import pytest
from django.conf import settings

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.models import SiteSettings
from apps.core.site import forget
from apps.devices.domain import device_edit, device_register, device_retire, device_unretire
from apps.devices.domain.profiles import profile_save
from apps.devices.domain.provision_job import AWAY, KEYS, NO_PROFILE, PAUSED, provision_job
from apps.devices.domain.provisioning import (
    JOB,
    provision_again,
    provisions_follow,
    provisions_want_new,
)
from apps.devices.models import Device, DeviceModel, ModelProfile, Provision, ServerApplication
from apps.devices.rules import app_key_encrypt
from apps.network.domain import server_set_state, server_test
from apps.network.models import NetworkServer
from apps.outbox.domain import outbox_drain
from apps.outbox.enums import JobState
from apps.outbox.models import Job
from apps.trials.domain.applying import StateEdit, TrialEdit, trial_apply
from apps.trials.enums import TrialState
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.devices import DeviceFactory, DeviceModelFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.trials import TrialFactory
from tests.network.fake_chirpstack import ZEROS, FakeChirpStack

pytestmark = pytest.mark.django_db
EUI, KEY, OTHER = "70b3d57ed0060001", "8f3c2a1b9d4e5f60718293a4b5c6d7e8", "c1d0e9f2a3b4459687706152433425f1"


@pytest.fixture
def server(fake: FakeChirpStack) -> NetworkServer:
    return NetworkServerFactory.create(address=fake.address, tenant=fake.tenant)


@pytest.fixture
def model(fake: FakeChirpStack, server: NetworkServer) -> DeviceModel:
    model = DeviceModelFactory.create()
    ModelProfile.objects.create(model=model, server=server, profile_id=fake.add_profile())
    return model


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, devices=9)


def register(trial: Trial, model: DeviceModel | None, **changes: Any) -> Device:
    values = {
        "name": "WL-01",
        "dev_eui": EUI,
        "join_eui": "0" * 16,
        "app_key": KEY,
        "actor": None,
        **changes,
    }
    return device_register(trial=trial, model=model, **values)


def drain(after: timedelta = timedelta()) -> None:
    """Do what is due ``after`` a while; a server that did not answer has rested by then."""
    if after:
        NetworkServer.objects.update(checked_at=None)
    outbox_drain(now=clock.now() + after)


def state(device: Device) -> tuple[str, str, str]:
    row = Provision.objects.get(device=device)
    return row.wanted, row.state, row.reason


def test_a_registered_device_stands_on_the_server(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    device = register(trial, model)
    assert state(device) == ("present", "waiting", "")
    drain()
    assert state(device) == ("present", "done", "")
    there = fake.state.devices[EUI]
    assert (there.name, there.is_disabled, there.join_eui) == ("WL-01", False, "0" * 16)
    assert fake.state.keys[EUI].nwk_key == KEY
    assert fake.state.keys[EUI].app_key == ZEROS
    assert fake.state.applications[there.application_id].name == trial.code
    assert ServerApplication.objects.get().remote_id == there.application_id


def test_many_of_a_file_stand_there_after_a_handful_of_questions(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel, django_assert_max_num_queries: Any
) -> None:
    devices = [
        DeviceFactory.create(trial=trial, model=other)
        for other in (model, model, DeviceModelFactory.create(), None)
    ]
    with django_assert_max_num_queries(8):
        assert provisions_want_new(trial=trial, devices=devices, actor=None) == 2
    Device.objects.update(app_key_encrypted=app_key_encrypt(KEY, settings.DEVICE_KEY_SECRETS))
    drain()
    assert set(fake.state.keys) == {device.dev_eui for device in devices[:2]}


def test_without_a_server_nothing_is_asked(trial: Trial) -> None:
    for number, model in enumerate((None, DeviceModelFactory.create())):
        device_retire(device=register(trial, model, dev_eui=f"70b3d57ed006000{number}"), actor=None)
    assert not Provision.objects.exists()
    assert not Job.objects.filter(kind=JOB).exists()


def test_a_server_that_is_away_is_waited_for(fake: FakeChirpStack, trial: Trial, model: DeviceModel) -> None:
    device = register(trial, model)
    other = register(trial, model, dev_eui="70b3d57ed0060002")
    fake.fail("DeviceService/Create", grpc.StatusCode.UNAVAILABLE, times=9)
    drain()
    assert state(device) == ("present", "waiting", AWAY)
    assert state(other) == ("present", "waiting", AWAY)
    assert len(fake.named("DeviceService/Create")) == 1  # the second did not even ask
    assert NetworkServer.objects.get().fault
    assert set(Job.objects.filter(kind=JOB).values_list("state", flat=True)) == {JobState.QUEUED}
    fake.recover()
    drain()
    assert set(fake.state.devices) == set()  # not yet
    drain(timedelta(minutes=1))
    assert set(fake.state.keys) == {device.dev_eui, other.dev_eui}
    assert state(other) == ("present", "done", "")
    assert NetworkServer.objects.get().fault == ""


@pytest.mark.parametrize("after", [False, True])
def test_device_and_keys_come_both_or_not_at_all(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel, after: bool
) -> None:
    device = register(trial, model)
    fake.fail("DeviceService/CreateKeys", grpc.StatusCode.UNAVAILABLE, after=after)
    drain()
    assert fake.state.devices == {}
    drain(timedelta(minutes=1))
    assert state(device)[1] == "done"
    assert fake.state.keys[EUI].nwk_key == KEY


def test_a_crash_between_the_two_calls_is_mended(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    device = register(trial, model)
    fake.crash_before("DeviceService/CreateKeys")
    drain()
    fake.recover()
    assert set(fake.state.devices) == {EUI}
    assert EUI not in fake.state.keys
    drain(timedelta(minutes=1))
    assert fake.state.keys[EUI].nwk_key == KEY
    assert state(device)[1] == "done"
    assert len(fake.named("DeviceService/Create")) == 1


def test_what_the_server_refuses_is_kept_and_tried_again(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel, cast: Cast
) -> None:
    device = register(trial, model)
    fake.fail("DeviceService/Create", grpc.StatusCode.RESOURCE_EXHAUSTED, details="max. number of devices")
    drain()
    row = Provision.objects.get(device=device)
    assert (row.state, row.reason, row.fault) == ("refused", "limit", "max. number of devices")
    drain(timedelta(days=1))
    assert len(fake.named("DeviceService/Create")) == 1  # asking again would change nothing
    provision_again(row=row, actor=cast.staff)
    drain()
    assert state(device) == ("present", "done", "")
    assert KEY not in str(list(AuditEntry.objects.values("data"))) + str(list(Job.objects.values()))


def test_a_wrong_token_is_not_the_devices_fault(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel, server: NetworkServer, cast: Cast
) -> None:
    NetworkServer.objects.update(tenant="another")
    device = register(trial, model)
    drain()
    assert state(device) == ("present", "waiting", "token")
    server.refresh_from_db()
    server.tenant = fake.tenant
    server.save()
    assert server_test(server=server, actor=cast.staff).ok  # wakes what waited
    drain()
    assert state(device) == ("present", "done", "")


def test_a_paused_server_is_left_alone(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel, server: NetworkServer, cast: Cast
) -> None:
    server_set_state(server=server, state="paused", actor=cast.staff)
    device = register(trial, model)
    drain()
    assert state(device) == ("present", "waiting", PAUSED)
    assert fake.calls == []
    server_set_state(server=server, state="active", actor=cast.staff)
    drain()
    assert state(device) == ("present", "done", "")


def test_keys_go_where_the_version_wants_them_and_empty_ones_nowhere(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    model.lorawan_version = "1.1"
    model.save()
    newer = register(trial, model, nwk_key=OTHER)
    unread = register(trial, model, dev_eui="70b3d57ed0060002", nwk_key=OTHER)
    empty = register(trial, model, dev_eui="70b3d57ed0060003", nwk_key=OTHER)
    Device.objects.filter(pk=unread.pk).update(app_key_encrypted=b"x")
    Device.objects.filter(pk=empty.pk).update(nwk_key_encrypted=None)
    drain()
    assert (fake.state.keys[EUI].nwk_key, fake.state.keys[EUI].app_key) == (OTHER, KEY)
    assert state(newer)[1] == "done"
    assert state(unread)[1:] == ("refused", KEYS)
    assert state(empty)[1:] == ("refused", "invalid")
    assert set(fake.state.devices) == {EUI}


def test_a_stale_job_does_nothing(fake: FakeChirpStack, trial: Trial, model: DeviceModel) -> None:
    device = register(trial, model)
    stale = Job.objects.get(kind=JOB).payload
    device_retire(device=device, actor=None)
    assert provision_job(payload=stale) is None
    assert fake.calls == []
    drain()
    assert state(device) == ("absent", "done", "")
    assert fake.named("DeviceService/Create") == []


def test_retired_is_gone_there_and_brought_back_is_there(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    device = register(trial, model)
    drain()
    device_retire(device=device, actor=None)
    drain()
    assert fake.state.devices == {}
    device_unretire(device=device, actor=None)
    drain()
    assert fake.state.keys[EUI].nwk_key == KEY


def test_a_late_removal_spares_the_next_device_with_its_deveui(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    old = register(trial, model)
    drain()
    fake.crash_before("DeviceService/Get")
    device_retire(device=old, actor=None)
    drain()
    fake.recover()
    trial2 = TrialFactory.create(organization=trial.organization, devices=9)
    new = register(trial2, model, app_key=OTHER)
    rows = Job.objects.filter(kind=JOB, state=JobState.QUEUED).order_by("-created_at")
    NetworkServer.objects.update(fault="")
    assert provision_job(payload=rows[0].payload) is None  # the newer one first
    assert provision_job(payload=rows[1].payload) is None
    assert state(old)[:2] == ("absent", "done")
    assert state(new)[:2] == ("present", "done")
    application = ServerApplication.objects.get(trial=trial2).remote_id
    assert fake.state.devices[EUI].application_id == application
    assert fake.state.keys[EUI].nwk_key == OTHER


def test_name_and_profile_follow_the_device(fake: FakeChirpStack, trial: Trial, model: DeviceModel) -> None:
    device = register(trial, model)
    drain()
    newer = DeviceModelFactory.create()
    server = NetworkServer.objects.get()
    device_edit(device=device, actor=None, changes={"name": "堰", "model": newer})
    drain()
    assert state(device)[1:] == ("refused", NO_PROFILE)
    profile_save(profile=ModelProfile(model=newer, server=server, profile_id=fake.add_profile()), actor=None)
    drain()
    assert state(device)[1:] == ("done", "")
    assert fake.state.devices[EUI].name == "堰"
    assert len(fake.named("DeviceService/Create")) == 1


def test_another_server_takes_over(fake: FakeChirpStack, trial: Trial, model: DeviceModel) -> None:
    device = register(trial, model)
    drain()
    with FakeChirpStack() as second:
        other = NetworkServerFactory.create(address=second.address, tenant=second.tenant)
        newer = DeviceModelFactory.create()
        ModelProfile.objects.create(model=newer, server=other, profile_id=second.add_profile())
        device_edit(device=device, actor=None, changes={"model": newer})
        drain()
        assert (set(fake.state.devices), set(second.state.devices)) == (set(), {EUI})


def test_foreign_devices_are_not_touched(fake: FakeChirpStack, trial: Trial, model: DeviceModel) -> None:
    foreign = fake.add_application("someone else's")
    fake.add_device(EUI, foreign, next(iter(fake.state.profiles)))
    device = register(trial, model)
    drain()
    assert state(device)[1:] == ("refused", "exists")
    device_retire(device=device, actor=None)
    drain()
    assert fake.state.devices[EUI].application_id == foreign
    assert state(device)[:2] == ("absent", "done")


def test_an_application_deleted_there_is_made_again(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    register(trial, model)
    drain()
    fake.state.applications.clear()
    fake.state.devices.clear()
    fake.state.keys.clear()
    device = register(trial, model, dev_eui="70b3d57ed0060002")
    drain()
    assert state(device)[1] == "done"
    assert fake.state.devices["70b3d57ed0060002"].application_id in fake.state.applications


def edit_state(trial: Trial, to: TrialState, actor: Any) -> None:
    edit = StateEdit(to, clock.local_date(), "理由" if to == TrialState.STOPPED else "")
    trial_apply(trial=trial, edit=TrialEdit(state=edit), actor=actor)


def test_a_paused_trial_is_switched_off_and_on(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel, cast: Cast
) -> None:
    device = register(trial, model)
    drain()
    edit_state(trial, TrialState.PAUSED, cast.staff)
    drain()
    assert state(device) == ("disabled", "done", "")
    assert fake.state.devices[EUI].is_disabled
    late = register(Trial.objects.get(pk=trial.pk), model, dev_eui="70b3d57ed0060002")
    drain()
    assert state(late) == ("disabled", "done", "")
    assert set(fake.state.devices) == {EUI}  # it is made when the trial goes on
    edit_state(trial, TrialState.ACTIVE, cast.staff)
    drain()
    assert not fake.state.devices[EUI].is_disabled
    assert set(fake.state.keys) == {EUI, late.dev_eui}


def test_after_a_trial_devices_are_off_and_some_days_later_gone(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel, cast: Cast
) -> None:
    device = register(trial, model)
    drain()
    day = timedelta(days=1)
    trial.refresh_from_db()
    last = datetime.combine(trial.ends_on, time(12), clock.TOKYO)
    for moment, wanted in ((last, "present"), (last + day, "disabled"), (last + 30 * day, "disabled")):
        provisions_follow(now=moment)
        drain()
        assert state(device)[:2] == (wanted, "done")
    assert fake.state.devices[EUI].is_disabled
    assert provisions_follow(now=last + 31 * day) == 1
    drain()
    assert fake.state.devices == {}
    assert Device.objects.filter(pk=device.pk).exists()
    assert provisions_follow(now=last + 32 * day) == 0
    SiteSettings(devices_delete_after_days=400).save()
    forget()
    assert provisions_follow(now=last + 33 * day) == 1  # the setting: off there again, if it is there
    drain()
    assert state(device) == ("disabled", "done", "")


def test_who_changes_a_device_that_was_just_retired_does_not_bring_it_back(
    fake: FakeChirpStack, trial: Trial, model: DeviceModel
) -> None:
    """A page that was read a moment before is answered with what it says, not with what it knew."""
    device = register(trial, model)
    seen_before = Device.objects.get(pk=device.pk)
    device_retire(device=device, actor=None)
    device_edit(device=seen_before, actor=None, changes={"name": "堰"})
    provision_again(row=Provision.objects.get(), actor=None)
    assert Provision.objects.get().wanted == "absent"
    drain()
    assert fake.state.devices == {}
