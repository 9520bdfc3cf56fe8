"""Masks: the engineer draws a zone around a home; a message that could not be stored is stored after all."""

from __future__ import annotations

import pytest

from apps.calls.enums import PersonalData
from apps.core import clock
from apps.organizations.enums import Role
from apps.telemetry.models import DeadLetter, MaskZone, Uplink
from tests.factories.calls import ApplicationFactory
from tests.factories.devices import DeviceFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Stage, Variant

ENGINEER = "mori@tracker.example.jp"


@pytest.mark.variants("phone-ja")
def test_masks_are_drawn_and_a_dead_letter_is_stored(stage: Stage, variant: Variant) -> None:
    company = OrganizationFactory.create(name="見守り計測株式会社")
    user = UserFactory.create(email=ENGINEER, name="森 葉子", language=variant.language)
    MembershipFactory.create(organization=company, user=user, role=Role.ENGINEER)
    application = ApplicationFactory.create(personal_data=PersonalData.YES, organization=company)
    trial = TrialFactory.create(application=application, organization=company, code="2026-022")
    device = DeviceFactory.create(trial=trial, model=None, dev_eui="02fe000000000401")
    DeadLetter.objects.create(
        reason="unknown_device", topic=topic_of(device), payload=encoded(uplink_event(device)),
        payload_hash="0" * 64, dev_eui=device.dev_eui, received_at=clock.now(),
    )  # fmt: skip
    stage.outbox()
    engineer = stage.person("engineer", variant)
    engineer.goto(f"/o/{company.pk}/dead-letters/")
    engineer.sign_in(ENGINEER)
    engineer.look("letters")
    engineer.submit()
    assert Uplink.objects.get().device_id == device.pk
    engineer.look("letters-none")
    engineer.goto(f"/o/{company.pk}/trials/{trial.code}/masks/")
    engineer.look("masks-none")
    engineer.fill(name="見本の家", latitude="36.70123", longitude="137.21567")
    engineer.submit()
    assert MaskZone.objects.get().radius_m == 50
    engineer.look("masks")
