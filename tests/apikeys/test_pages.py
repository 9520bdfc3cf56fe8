from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.apikeys.domain import api_key_create, personal_key_create
from apps.apikeys.models import ApiKey, ApiUsage
from apps.core import clock
from tests.cast import Cast
from tests.factories.trials import TrialFactory


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def key(cast: Cast) -> ApiKey:
    return api_key_create(
        organization=cast.organization, actor=cast.owner, name="集計サーバー", scopes=["read:data"]
    )[0]


def pages(cast: Cast, key: ApiKey) -> dict[str, str]:
    organization = cast.organization.pk
    return {
        "list": reverse("apikeys:key-list", args=[organization]),
        "new": reverse("apikeys:key-new", args=[organization]),
        "revoke": reverse("apikeys:key-revoke", args=[organization, key.pk]),
    }


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        ("owner", {"list": 200, "new": 200, "revoke": 200}),
        ("colleague", {"list": 200, "new": 200, "revoke": 200}),
        ("reader", {"list": 200, "new": 403, "revoke": 403}),
        ("stranger", {"list": 404, "new": 404, "revoke": 404}),
        ("reviewer", {"list": 404, "new": 404, "revoke": 404}),
        ("staff", {"list": 200, "new": 403, "revoke": 403}),
    ],
)
def test_each_of_the_cast_on_each_page(actor: str, status: dict, cast: Cast, key: ApiKey) -> None:
    client = signed_in(getattr(cast, actor))
    addresses = pages(cast, key)
    assert {name: client.get(url).status_code for name, url in addresses.items()} == status
    writes = {name: client.post(addresses[name], {}).status_code for name in ("new", "revoke")}
    expected = {200: {"new": 422, "revoke": 302}}.get(
        status["new"], {"new": status["new"], "revoke": status["new"]}
    )
    assert writes == expected


def test_nobody_signed_in_is_asked_to_sign_in(cast: Cast, key: ApiKey, client: Client) -> None:
    answers = [client.get(url) for url in pages(cast, key).values()]
    assert {answer.status_code for answer in answers} == {302}


def test_a_key_of_another_organization_is_not_found(cast: Cast, key: ApiKey) -> None:
    url = reverse("apikeys:key-revoke", args=[cast.other.pk, key.pk])
    assert signed_in(cast.stranger).post(url).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_a_new_key_is_shown_once_and_never_again(cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    client = signed_in(cast.colleague)
    url = reverse("apikeys:key-new", args=[cast.organization.pk])
    data = {"name": "集計", "scopes": ["read:data"], "trials": [str(trial.pk)], "lifetime": "90"}
    answer = client.post(url, data)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    (token,) = set(re.findall(r"mty_\w{8}_\w{38}", answer.content.decode()))
    key = ApiKey.objects.get()
    assert (key.scopes, list(key.trials.all()), key.created_by) == (["read:data"], [trial], cast.colleague)
    listed = client.get(reverse("apikeys:key-list", args=[cast.organization.pk])).content.decode()
    assert key.lookup in listed
    assert token not in listed
    assert token not in client.get(url).content.decode()


def test_what_is_missing_is_said_and_nothing_is_made(cast: Cast) -> None:
    foreign = TrialFactory.create(organization=cast.other)
    url = reverse("apikeys:key-new", args=[cast.organization.pk])
    data = {"name": "x" * 81, "trials": [str(foreign.pk)], "lifetime": "9999"}
    answer = signed_in(cast.owner).post(url, data)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "scopes", "trials", "lifetime"}
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_queries(rows: int, cast: Cast, django_assert_num_queries) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    for number in range(rows):
        api_key_create(
            organization=cast.organization,
            actor=cast.owner,
            name=f"{number}",
            scopes=["read:data"],
            trials=[trial],
        )
    client = signed_in(cast.owner)
    client.get("/healthz")
    with django_assert_num_queries(10):
        client.get(reverse("apikeys:key-list", args=[cast.organization.pk]))


def test_a_key_is_replaced_and_the_new_one_shown_once(cast: Cast, key: ApiKey) -> None:
    client = signed_in(cast.colleague)
    url = reverse("apikeys:key-rotate", args=[cast.organization.pk, key.pk])
    answer = client.post(url, {"overlap": "24"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    (token,) = set(re.findall(r"mty_\w{8}_\w{38}", answer.content.decode()))
    new = ApiKey.objects.get(replaces=key)
    for row in (key, new):
        page = client.get(reverse("apikeys:key-detail", args=[cast.organization.pk, row.pk])).content.decode()
        assert f"mty_{key.lookup}" in page
        assert f"mty_{new.lookup}" in page
        assert token not in page
    again = client.post(url, {"overlap": "24"})
    assert again.status_code == 422
    assert ApiKey.objects.count() == 2


def test_networks_that_cannot_be_read_are_told_at_their_field(cast: Cast) -> None:
    url = reverse("apikeys:key-new", args=[cast.organization.pk])
    data = {"name": "集計", "scopes": ["read:data"], "lifetime": "90", "networks": "10.0.0.0/8\nどこか"}
    answer = signed_in(cast.owner).post(url, data)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"networks"}
    assert "どこか" in answer.content.decode()


def test_the_page_of_a_key_shows_its_days(cast: Cast, key: ApiKey) -> None:
    url = reverse("apikeys:key-detail", args=[cast.organization.pk, key.pk])
    client = signed_in(cast.reader)
    assert client.get(url).context["days"] == []
    today = clock.local_date()
    ApiUsage.objects.create(key=key, day=today, source="a", calls=1234, refused=56)
    ApiUsage.objects.create(key=key, day=today - timedelta(days=29), source="a", calls=7)
    ApiUsage.objects.create(key=key, day=today - timedelta(days=30), source="a", calls=987_654)
    answer = client.get(url)
    page = answer.content.decode()
    assert "1,234" in page
    assert "987,654" not in page  # a number that no identifier holds
    values = answer.context["chart"]["series"][0]["values"]
    assert (len(values), values[0], values[-1]) == (30, 7, 1234)
    listed = client.get(reverse("apikeys:key-list", args=[cast.organization.pk]))
    assert "1,241" in listed.content.decode()


def test_a_person_makes_uses_and_ends_a_key_for_open_data(cast: Cast) -> None:
    client = signed_in(cast.stranger)
    answer = client.post(reverse("apikeys:own-new"), {"name": "町の水位", "lifetime": "90"})
    (token,) = set(re.findall(r"mtyp_\w{8}_\w{38}", answer.content.decode()))
    key = ApiKey.objects.get()
    assert (key.person, key.organization, key.scopes) == (cast.stranger, None, ["read:open"])
    listed = client.get(reverse("apikeys:own-list")).content.decode()
    assert key.lookup in listed
    assert token not in listed
    assert client.get(reverse("apikeys:own-detail", args=[key.pk])).status_code == 200
    assert client.post(reverse("apikeys:own-rotate", args=[key.pk]), {"overlap": "0"}).status_code == 200
    new = ApiKey.objects.get(replaces=key)
    done = client.post(reverse("apikeys:own-revoke", args=[new.pk]))
    assert (done.status_code, done["Location"]) == (302, reverse("apikeys:own-list"))
    assert not ApiKey.objects.usable(clock.now()).exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_own_list_asks_the_same_number_of_queries(
    rows: int, cast: Cast, django_assert_num_queries
) -> None:
    for number in range(rows):
        personal_key_create(person=cast.stranger, name=f"{number}")
    client = signed_in(cast.stranger)
    client.get("/healthz")
    with django_assert_num_queries(8):
        client.get(reverse("apikeys:own-list"))


def test_staff_see_the_use_and_revoke_but_never_the_key(cast: Cast, key: ApiKey) -> None:
    client = signed_in(cast.staff)
    page = client.get(reverse("admin:apikeys_apikey_change", args=[key.pk])).content.decode()
    assert key.lookup in page
    assert key.digest not in page
    action = {"action": "revoke", "_selected_action": [str(key.pk)]}
    assert client.post(reverse("admin:apikeys_apikey_changelist"), action).status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is not None
