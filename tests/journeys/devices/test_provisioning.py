"""Provisioning: staff choose a model's profile, a device reaches the server, is lost there, and is mended.

A ChirpStack that speaks real gRPC and the real outbox.
"""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.devices.domain import device_register
from apps.devices.models import Device, Drift, Provision
from tests.factories.devices import DeviceModelFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant
from tests.network.fake_chirpstack import FakeChirpStack

STAFF, ENGINEER = "kato@city.example.jp", "ito@mizuoto.example.jp"
EUI, KEY = "70b3d57ed0060001", "8f3c2a1b9d4e5f60718293a4b5c6d7e8"


@pytest.mark.variants("phone-ja")
def test_provisioning_mends_what_the_server_lost(stage: Stage, variant: Variant) -> None:
    with FakeChirpStack() as fake:
        NetworkServerFactory.create(name="市のChirpStack", address=fake.address, tenant=fake.tenant)
        fake.add_profile("AS923 1.0.3", mac_version=3)
        User.objects.create_user(STAFF, name="加藤", is_staff=True, is_superuser=True)
        company = OrganizationFactory.create(name="株式会社みずおと技研")
        person = UserFactory.create(email=ENGINEER, name="伊藤", language=variant.language)
        MembershipFactory.create(organization=company, user=person, role="engineer")
        model = DeviceModelFactory.create(name="WL-10")
        trial = TrialFactory.create(organization=company, devices=3)
        stage.command("outbox_drain", "--forever", "--every", "0.3")

        staff = stage.person("staff", variant)
        staff.goto("/admin/devices/modelprofile/add/")
        staff.sign_in(STAFF)
        staff.look("profile-add")
        staff.page.locator("select[name=model]").select_option(str(model.pk))
        staff.page.locator("select[name=choice]").select_option(label="AS923 1.0.3 (EU868 · 1.0.3)")
        staff.tap("input[name=_save]")

        device = device_register(
            trial=trial, actor=person, model=model, name="水門", dev_eui=EUI, join_eui="0" * 16, app_key=KEY
        )
        stage.wait("the device on the server", lambda: EUI in fake.state.keys)
        stage.wait("its row", lambda: Provision.objects.filter(state="done").exists())
        del fake.state.devices[EUI], fake.state.keys[EUI]
        compares_and_mends(stage, staff)
        stage.wait("the device again", lambda: EUI in fake.state.keys)
        refused(stage, staff, fake, device)


def compares_and_mends(stage: Stage, staff: Person) -> None:
    """Without waiting for the night."""
    staff.goto("/admin/devices/drift/")
    staff.look("drift-none")
    staff.tap("main button[value=compare]")
    stage.wait("the comparison", lambda: Drift.objects.exists())
    staff.goto("/admin/")
    staff.tap("main a[href$='/devices/drift/']")
    staff.look("drift")
    staff.tap("main button[value=mend]")
    staff.page.get_by_text("70b3d57ed0060001").wait_for(state="detached")


def refused(stage: Stage, staff: Person, fake: FakeChirpStack, device: Device) -> None:
    """Somebody else has the DevEUI: staff read the server's sentence, the engineer ours."""
    stage.wait("its row", lambda: Provision.objects.filter(state="done").exists())
    fake.state.devices[EUI].application_id = fake.add_application("somebody's")
    row = Provision.objects.get()
    staff.goto(f"/admin/devices/provision/{row.pk}/change/")
    staff.tap("main form[action$='/again/'] button")
    stage.wait("the refusal", lambda: Provision.objects.filter(state="refused").exists())
    staff.goto(f"/admin/devices/provision/{row.pk}/change/")
    staff.page.get_by_text("another application").wait_for()
    staff.look("provision-refused")
    engineer = stage.person("engineer", staff.variant)
    engineer.goto(f"/o/{device.organization_id}/devices/{device.pk}/")
    engineer.sign_in(ENGINEER)
    engineer.page.get_by_text("DevEUI", exact=False).first.wait_for()
    assert engineer.page.get_by_text("another application").count() == 0
    engineer.look("device-refused")
