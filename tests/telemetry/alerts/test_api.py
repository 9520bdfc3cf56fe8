"""Rules and alerts by API: of the key's organization, in the trials it may look into."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.organizations.models import Organization
from apps.telemetry.models import AlertEpisode
from tests.factories.trials import TrialFactory
from tests.telemetry.alerts.conftest import Scene

pytestmark = pytest.mark.django_db


def asked(scene: Scene, path: str, organization: Organization | None = None, **more: Any) -> Any:
    owner = organization or scene.cast.organization
    _key, token = api_key_create(
        organization=owner, actor=scene.cast.owner, name="鍵", scopes=["read:data"], **more
    )
    return Client().get(f"/api/v1/{path}", headers={"authorization": f"Bearer {token}"})


def test_alerts_and_rules_by_api(scene: Scene) -> None:
    people = [scene.cast.owner.pk, scene.cast.colleague.pk]
    quiet: dict[str, Any] = {"quiet_from": time(22), "quiet_until": time(7)}
    rule = scene.rule(devices=[scene.device.pk], people=people, **quiet)
    scene.level(0, 1.9)
    (row,) = asked(scene, "alerts?state=open").json()["results"]
    assert (row["rule"], row["device_name"], row["value"], row["ended_at"]) == (
        str(rule.pk),
        "WL-01",
        1.9,
        None,
    )
    assert asked(scene, "alerts?state=over").json()["results"] == []
    (known,) = asked(scene, f"alert-rules?trial={scene.trial.code}").json()["results"]
    assert (known["on"], known["limit"], known["devices"]) == (True, 1.5, [str(scene.device.pk)])
    assert (known["mail_to"], known["quiet_from"], known["quiet_until"]) == (2, "22:00:00", "07:00:00")
    assert known["by_webhook"] is rule.by_webhook
    assert asked(scene, "alerts?state=dancing").status_code == 422
    assert asked(scene, "alerts?trial=2099-001%00").json()["results"] == []
    (same,) = asked(scene, f"alerts?device={scene.device.pk}").json()["results"]
    assert same["id"] == row["id"]
    assert asked(scene, f"alerts?device={rule.pk}").json()["results"] == []
    assert {asked(scene, f"alerts?device={one}").status_code for one in ("WL-01", "")} == {422}


def test_alerts_of_others_and_of_other_trials_are_not_told(scene: Scene) -> None:
    scene.rule()
    scene.level(0, 1.9)
    elsewhere = TrialFactory.create(organization=scene.cast.organization)
    for path in ("alerts", "alert-rules"):
        assert asked(scene, path, scene.cast.other).json()["results"] == []
        assert asked(scene, path, trials=[elsewhere]).json()["results"] == []


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_asks_as_much_for_one_as_for_three(
    scene: Scene, rows: int, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        rule = scene.rule(name=f"{number}", on=False)
        AlertEpisode.objects.create(rule=rule, device=scene.device, began_at=scene.now)
    _key, token = api_key_create(
        organization=scene.cast.organization, actor=scene.cast.owner, name="鍵", scopes=["read:data"]
    )
    headers = {"authorization": f"Bearer {token}"}
    client = Client()
    client.get("/api/v1/alerts", headers=headers)
    with django_assert_num_queries(3):
        assert len(client.get("/api/v1/alerts", headers=headers).json()["results"]) == rows
    with django_assert_num_queries(4):
        assert len(client.get("/api/v1/alert-rules", headers=headers).json()["results"]) == rows
