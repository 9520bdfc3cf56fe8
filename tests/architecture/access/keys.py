"""Rows of the table: API keys of a company and of a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apps.apikeys.domain import personal_key_create
from apps.apikeys.models import ApiKey
from tests.architecture.access.table import MEMBERS, NOWHERE, SIGNED_IN, WORKERS, ApiRow, Row, by_key
from tests.architecture.access.world import World


def company(w: World) -> dict[str, Any]:
    return {"organization": w.company}


def own_trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def company_key(w: World) -> dict[str, Any]:
    return {"organization": w.company, "pk": w.key.pk}


def own_key(w: World) -> dict[str, Any]:
    key = ApiKey.objects.filter(person=w.cast.owner).first()
    return {"pk": (key or personal_key_create(person=w.cast.owner, name="自分の鍵")[0]).pk}


#: The key is the owner's: to everyone else it does not exist.
OWN = NOWHERE.but(anonymous=302, owner=200)
REFUSED = WORKERS.but(colleague=422, owner=422)
PAGES = [
    Row("apikeys:key-list", MEMBERS, company),
    Row("apikeys:key-detail", MEMBERS, company_key),
    Row("apikeys:key-new", WORKERS, company),
    Row("apikeys:key-new", REFUSED, company, method="POST"),
    Row("apikeys:key-rotate", WORKERS, company_key),
    Row("apikeys:key-rotate", REFUSED, company_key, method="POST"),
    Row("apikeys:key-revoke", WORKERS, company_key),
    Row("apikeys:key-revoke", WORKERS.but(colleague=302, owner=302), company_key, method="POST"),
    Row("apikeys:trial-links", MEMBERS, own_trial),
    Row("apikeys:organization-links", MEMBERS, company),
    Row("apikeys:own-list", SIGNED_IN),
    Row("apikeys:own-links", SIGNED_IN),
    Row("apikeys:own-detail", OWN, own_key),
    Row("apikeys:own-new", SIGNED_IN),
    Row(
        "apikeys:own-new",
        SIGNED_IN.but(stranger=422, reader=422, colleague=422, owner=422, reviewer=422, staff=422),
        method="POST",
    ),
    Row("apikeys:own-rotate", OWN, own_key),
    Row("apikeys:own-rotate", OWN.but(owner=422), own_key, method="POST"),
    Row("apikeys:own-revoke", OWN, own_key),
    Row("apikeys:own-revoke", OWN.but(owner=302), own_key, method="POST"),
]
_KEY = by_key("api-key", other=200)
API: list[ApiRow] = [replace(_KEY, statuses={**_KEY.statuses, "unscoped": 200, "personal": 200})]
