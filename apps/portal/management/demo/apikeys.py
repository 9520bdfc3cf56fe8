"""API keys with some weeks of use. Their texts are thrown away: nobody can use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.apikeys.domain import (
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    api_key_used,
    key_refusal_note,
    personal_key_create,
)
from apps.apikeys.models import ApiKey, ApiUsage
from apps.portal.management.demo.fixture import Fixture


def load_api_keys(fixture: Fixture) -> int:
    """A key of that name that is there already is left alone."""
    return sum(_key(fixture, row) for row in fixture.read("apikeys"))


def _key(fixture: Fixture, row: dict[str, Any]) -> int:
    name, made = row["name"], fixture.moment(row["made"])
    values: dict[str, Any] = {"name": name, "networks": row.get("networks", ()), "now": made}
    values["expires_at"] = made + timedelta(days=365)
    if "person" in row:
        person = fixture.people[row["person"]]
        if person.api_keys.filter(name=name).exists():
            return 0
        key, _token = personal_key_create(person=person, **values)
    else:
        owner = fixture.organizations.get(row["organization"])
        if owner is None or owner.api_keys.filter(name=name).exists():
            return 0
        actor = fixture.people[row["by"]]
        key, _token = api_key_create(organization=owner, actor=actor, scopes=row["scopes"], **values)
    ApiKey.objects.filter(pk=key.pk).update(created_at=made)
    _use(fixture, key, row)
    _end(fixture, key, row)
    for told in row.get("turned_away", ()):
        at = fixture.now - timedelta(minutes=told["minutes"])
        values = {"reason": told["reason"], "address": told["address"], "agent": told["agent"], "now": at}
        for _call in range(told["calls"]):
            key_refusal_note(key=key, **values)
    return 1


def _use(fixture: Fixture, key: ApiKey, row: dict[str, Any]) -> None:
    refused = row.get("refused", {})
    ApiUsage.objects.bulk_create(
        ApiUsage(
            key=key, day=fixture.day(-back), source="demo", calls=calls, refused=refused.get(str(back), 0)
        )
        for back, calls in enumerate(row["calls"])
        if calls
    )
    if used := row.get("used"):
        at = fixture.now - timedelta(minutes=used["minutes"])
        api_key_used(key=key, address=used["address"], agent=used["agent"], now=at)


def _end(fixture: Fixture, key: ApiKey, row: dict[str, Any]) -> None:
    if "replaced" in row:
        key.refresh_from_db()
        overlap = timedelta(hours=row["replaced"]["hours"])
        api_key_rotate(key=key, actor=fixture.people[row["by"]], overlap=overlap, now=fixture.now)
    if "revoked" in row:
        api_key_revoke(key=key, actor=fixture.people[row["by"]], now=fixture.moment(row["revoked"]))
