"""The life of a key: kinds, networks, secrets of the server, replacing, its last use."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from apps.apikeys.domain import (
    api_key_create,
    api_key_digest_again,
    api_key_revoke,
    api_key_rotate,
    api_key_used,
    docs_key_create,
    personal_key_create,
)
from apps.apikeys.enums import KeyKind
from apps.apikeys.errors import KeyRefused
from apps.apikeys.models import ApiKey
from apps.apikeys.rules import PREFIXES, address_shortened, holds_token, is_within, networks_read, token_make
from apps.apikeys.selectors import access_keys, key_of_token, key_rows
from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


def make(cast: Cast, **values) -> tuple[ApiKey, str]:
    filled = {"name": "集計", "scopes": ["read:data"], **values}
    return api_key_create(organization=cast.organization, actor=cast.colleague, **filled)


@pytest.mark.parametrize("kind", KeyKind.values)
def test_each_kind_has_its_own_beginning(kind: str) -> None:
    _lookup, token = token_make(kind)
    assert token.split("_")[0] == PREFIXES[kind]
    assert holds_token(f"https://portal.example/?a=1&key={token}&b=2")
    assert not holds_token(token[:-1])


def test_a_key_from_before_there_were_kinds_works(cast: Cast) -> None:
    key, token = make(cast)
    ApiKey.objects.filter(pk=key.pk).update(digest_mark="")
    assert token.startswith("mty_")
    assert key_of_token(token) == key


def test_a_key_belongs_to_an_organization_or_a_person(cast: Cast) -> None:
    key, _token = make(cast)
    own, _token = personal_key_create(person=cast.stranger, name="開いたデータ")
    for row, values in (
        (key, {"person": cast.owner}),
        (key, {"organization": None}),
        (own, {"organization": cast.other}),
        (own, {"scopes": ["read:open", "read:data"]}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.filter(pk=row.pk).update(**values)


def test_a_person_has_five_keys_at_most_and_none_while_the_account_is_closed(cast: Cast) -> None:
    _key, token = personal_key_create(person=cast.stranger, name="1")
    for number in range(4):
        personal_key_create(person=cast.stranger, name=f"{number}")
    with pytest.raises(Conflict) as refusal:
        personal_key_create(person=cast.stranger, name="6")
    assert refusal.value.code == "too_many_keys"
    cast.stranger.is_active = False
    cast.stranger.save()
    with pytest.raises(KeyRefused) as refused:
        key_of_token(token)
    assert refused.value.code == "key_revoked"


def test_the_key_of_the_docs_page_reads_one_trial_for_an_hour(cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    now = clock.now()
    values = {"organization": cast.organization, "trial": trial, "now": now}
    first, token = docs_key_create(actor=cast.reader, **values)
    assert (first.kind, first.scopes) == ("docs", ["read:data", "read:devices"])
    assert (list(first.trials.all()), first.expires_at) == ([trial], now + timedelta(hours=1))
    docs_key_create(actor=cast.owner, **values)
    assert key_of_token(token) == first
    docs_key_create(actor=cast.reader, **values)
    with pytest.raises(KeyRefused):
        key_of_token(token)
    listed = access_keys(actor=cast.owner, organization=cast.organization.pk)[1]
    assert listed.count() == 2
    with pytest.raises(NotAllowed):
        docs_key_create(actor=cast.stranger, **values)
    foreign = TrialFactory.create(organization=cast.other)
    with pytest.raises(InvalidInput):
        docs_key_create(actor=cast.reader, organization=cast.organization, trial=foreign)


def test_the_key_of_the_docs_page_ends_with_the_membership_of_its_maker(cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    _key, token = docs_key_create(actor=cast.reader, organization=cast.organization, trial=trial)
    _key, staying = make(cast)
    cast.organization.memberships.all().delete()
    with pytest.raises(KeyRefused) as refused:
        key_of_token(token)
    assert refused.value.code == "key_revoked"
    assert key_of_token(staying).organization == cast.organization  # a program of the company goes on


def test_networks_are_read_in_every_form() -> None:
    read, wrong = networks_read("203.0.113.7, 2001:db8::1/32\n10.0.0.9/8、203.0.113.7 どこか 1.2.3.4/33")
    assert read == ["203.0.113.7/32", "2001:db8::/32", "10.0.0.0/8"]
    assert wrong == ["どこか", "1.2.3.4/33"]


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("203.0.113.200", True),
        ("203.0.114.1", False),
        ("::ffff:203.0.113.1", True),
        ("2001:db8:5::1", True),
        ("2001:db9::1", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_an_address_lies_in_a_network_or_not(address: str, inside: bool) -> None:
    assert is_within(address, ["203.0.113.0/24", "2001:db8::/32"]) is inside
    assert is_within(address, [])


def test_a_key_is_refused_from_other_networks_with_its_own_code(cast: Cast) -> None:
    key, token = make(cast, networks=["203.0.113.0/24"])
    assert key_of_token(token, address="203.0.113.9") == key
    with pytest.raises(KeyRefused) as refusal:
        key_of_token(token, address="198.51.100.1")
    assert (refusal.value.status, refusal.value.code) == (403, "key_network")
    assert "198.51.100.1" in refusal.value.message
    assert "203.0.113" not in refusal.value.message


def test_too_many_or_wrong_networks_are_refused_at_their_field(cast: Cast) -> None:
    for networks in (["300.1.1.1"], [f"10.0.{n}.0/24" for n in range(21)]):
        with pytest.raises(InvalidInput) as refusal:
            make(cast, networks=networks)
        assert set(refusal.value.fields) == {"networks"}


@pytest.mark.parametrize(
    ("address", "kept"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("", ""), ("local", "")],
)
def test_of_an_address_only_the_network_is_kept(address: str, kept: str, cast: Cast) -> None:
    assert address_shortened(address) == kept
    key, _token = make(cast)
    api_key_used(key=key, address=address, agent="curl/8.0\u202e " + "x" * 500)
    key.refresh_from_db()
    assert (key.last_used_from, key.last_used_agent[:8], len(key.last_used_agent)) == (kept, "curl/8.0", 120)


def test_the_servers_secret_changes_and_no_key_stops(cast: Cast, settings) -> None:
    used, used_token = make(cast)
    unused, unused_token = make(cast)
    before = settings.API_KEY_SECRETS
    settings.API_KEY_SECRETS = ["the-new-secret-of-the-server", *before]
    for token in (used_token, unused_token):
        key_of_token(token)
    old = used.digest
    api_key_digest_again(key=used, token=used_token)
    used.refresh_from_db()
    assert used.digest != old
    settings.API_KEY_SECRETS = ["the-new-secret-of-the-server"]
    assert key_of_token(used_token) == used
    with pytest.raises(KeyRefused):
        key_of_token(unused_token)


def test_a_digest_is_made_again_once(cast: Cast, settings, django_assert_num_queries) -> None:
    key, token = make(cast)
    settings.API_KEY_SECRETS = ["newer", *settings.API_KEY_SECRETS]
    with django_assert_num_queries(1):
        api_key_digest_again(key=key, token=token)
    with django_assert_num_queries(0):
        api_key_digest_again(key=key, token=token)


def test_a_key_takes_the_place_of_another_and_both_work_for_a_while(cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    now = clock.now()
    key, token = make(cast, trials=[trial], networks=["10.0.0.0/8"])
    new, new_token = api_key_rotate(key=key, actor=cast.owner, overlap=timedelta(days=7), now=now)
    assert (new.name, new.scopes, new.networks) == (key.name, key.scopes, key.networks)
    assert (list(new.trials.all()), new.family, new.created_by) == ([trial], key.family, cast.owner)
    assert abs(new.expires_at - now - timedelta(days=365)) < timedelta(minutes=1)
    for text in (token, new_token):
        key_of_token(text, now=now + timedelta(days=6))
    with pytest.raises(KeyRefused) as refusal:
        key_of_token(token, now=now + timedelta(days=7))
    assert refusal.value.code == "key_replaced"
    make(cast, name="あとの鍵")
    rows = key_rows(access_keys(actor=cast.owner, organization=cast.organization.pk)[1])
    assert [(row.key.name, row.state) for row in rows] == [
        ("あとの鍵", "usable"),
        ("集計", "usable"),
        ("集計", "ending"),
    ]
    entry = AuditEntry.objects.get(action="api_key.rotate")
    assert (entry.data["replaces"], entry.actor_label) == (key.lookup, cast.owner.email)


def test_without_overlap_the_old_key_ends_now(cast: Cast) -> None:
    key, token = make(cast)
    api_key_rotate(key=key, actor=cast.owner, overlap=timedelta(0))
    with pytest.raises(KeyRefused) as refused:
        key_of_token(token)
    assert refused.value.code == "key_replaced"
    assert [row.state for row in key_rows(ApiKey.objects.order_by("created_at"))] == ["replaced", "usable"]


def test_an_overlap_never_makes_the_old_key_live_longer(cast: Cast) -> None:
    now = clock.now()
    key, _token = make(cast, expires_at=now + timedelta(hours=2))
    api_key_rotate(key=key, actor=cast.owner, overlap=timedelta(days=30), now=now)
    key.refresh_from_db()
    assert key.expires_at == now + timedelta(hours=2)


def test_what_cannot_be_replaced_is_refused(cast: Cast) -> None:
    key, _token = make(cast)
    api_key_rotate(key=key, actor=cast.owner, overlap=timedelta(days=1))
    revoked, _token = make(cast)
    api_key_revoke(key=revoked, actor=cast.owner)
    for row, code in ((key, "key_replaced"), (revoked, "key_ended")):
        with pytest.raises(Conflict) as refusal:
            api_key_rotate(key=row, actor=cast.owner, overlap=timedelta(days=1))
        assert refusal.value.code == code
    with pytest.raises(InvalidInput):
        api_key_rotate(key=key, actor=cast.owner, overlap=timedelta(days=31))


@pytest.mark.django_db(transaction=True)
def test_two_replace_one_key_at_once_and_one_is_refused(cast: Cast) -> None:
    key, _token = make(cast)

    def rotate() -> str:
        try:
            return api_key_rotate(key=key, actor=cast.owner, overlap=timedelta(days=1))[1]
        finally:
            connections.close_all()

    results = at_once([rotate, rotate])
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "str"]
    assert ApiKey.objects.filter(family=key.family).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_key_revoked_in_the_same_second_is_refused(cast: Cast) -> None:
    """While it is used all the time: from the moment that revoking has answered, no call gets in."""
    key, token = make(cast)
    answered: list[bool] = []

    def use() -> list[tuple[bool, bool]]:
        seen = []
        for _ in range(60):
            over = bool(answered)
            try:
                key_of_token(token)
                seen.append((over, True))
            except KeyRefused:
                seen.append((over, False))
        connections.close_all()
        return seen

    def revoke() -> None:
        api_key_revoke(key=key, actor=cast.owner)
        answered.append(True)
        connections.close_all()

    *uses, done = at_once([use, use, revoke])
    assert done is None
    assert not [row for seen in uses for row in seen if row == (True, True)]
    with pytest.raises(KeyRefused):
        key_of_token(token)
