"""Mask zones on their pages: drawn, changed, taken away by those who manage the trial."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.calls.enums import PersonalData
from apps.telemetry.models import MaskZone
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
PLACE = {"name": "見本の家", "latitude": "36.701234", "longitude": "137.215678", "radius_m": "50"}


@pytest.fixture
def trial(cast: Cast) -> Trial:
    application = ApplicationFactory.create(personal_data=PersonalData.YES, organization=cast.organization)
    return TrialFactory.create(application=application, organization=cast.organization)


def address(name: str, trial: Trial, *more: object) -> str:
    return reverse(f"telemetry:{name}", args=[trial.organization_id, trial.code, *more])


def test_mask_zone_is_drawn_changed_and_taken_away(client: Client, cast: Cast, trial: Trial) -> None:
    client.force_login(cast.owner)
    assert client.post(address("mask-list", trial), PLACE).status_code == 302
    zone = MaskZone.objects.get()
    assert (round(zone.centre.y, 6), round(zone.centre.x, 6), zone.radius_m) == (36.701234, 137.215678, 50)
    assert "見本の家" in client.get(address("mask-list", trial)).content.decode()
    assert client.post(address("mask-edit", trial, zone.pk), {**PLACE, "radius_m": "80"}).status_code == 302
    zone.refresh_from_db()
    assert zone.radius_m == 80
    assert "36.70" not in str(list(AuditEntry.objects.values_list("data", flat=True)))
    assert client.post(address("mask-remove", trial, zone.pk)).status_code == 302
    assert not MaskZone.objects.exists()


def test_mask_zone_needs_a_radius_and_a_trial_with_personal_data(
    client: Client, cast: Cast, trial: Trial
) -> None:
    client.force_login(cast.owner)
    assert client.post(address("mask-list", trial), {**PLACE, "radius_m": "5"}).status_code == 422
    other = TrialFactory.create(organization=cast.organization)
    assert client.post(address("mask-list", other), PLACE).status_code == 409
    assert client.get(address("mask-link", other)).status_code == 204
    assert "masks" in client.get(address("mask-link", trial)).content.decode()
