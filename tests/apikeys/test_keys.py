from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import pytest

from apps.apikeys.domain import api_key_create, api_key_revoke, api_key_used
from apps.apikeys.errors import KeyRefused
from apps.apikeys.models import ApiKey
from apps.apikeys.rules import ALPHABET, checksum, token_lookup, token_make
from apps.apikeys.selectors import key_of_token
from apps.apikeys.selectors import keys as selectors
from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import InvalidInput
from tests.cast import Cast
from tests.factories.trials import TrialFactory


@pytest.fixture
def made(cast: Cast) -> tuple[ApiKey, str]:
    return api_key_create(
        organization=cast.organization,
        actor=cast.colleague,
        name=" 集計\u202eサーバー ",
        scopes=["read:data"],
    )


def test_a_key_has_the_form_that_scanners_know() -> None:
    lookup, token = token_make()
    prefix, part, rest = token.split("_")
    assert (prefix, part, len(part), len(rest)) == ("mty", lookup, 8, 38)
    assert set(part + rest) <= set(ALPHABET)
    assert checksum(token[:-6]) == token[-6:]
    assert token_lookup(token) == lookup
    assert token_make()[1] != token


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: t + "0", lambda t: t.lower(), lambda t: "", str.upper]
)
def test_a_mistyped_key_is_known_without_the_database(spoil, django_assert_num_queries) -> None:
    _lookup, token = token_make()
    assert token_lookup(spoil(token)) is None


def test_one_wrong_character_fails_the_checksum() -> None:
    _lookup, token = token_make()
    wrong = "a" if token[20] != "a" else "b"
    assert token_lookup(token[:20] + wrong + token[21:]) is None


def test_only_an_hmac_under_its_own_secret_is_kept(made: tuple[ApiKey, str], settings) -> None:
    key, token = made
    key.refresh_from_db()
    assert (
        key.digest
        == hmac.new(settings.API_KEY_SECRETS[0].encode(), token.encode(), hashlib.sha256).hexdigest()
    )
    assert key.name == "集計サーバー"
    secret = token.split("_")[2]
    kept = [str(value) for value in ApiKey.objects.filter(pk=key.pk).values().get().values()]
    kept += [str(entry.data) + entry.object_label for entry in AuditEntry.objects.all()]
    assert not [text for text in kept if secret[:12] in text]
    settings.API_KEY_SECRETS = ["another-secret-of-the-server"]
    with pytest.raises(KeyRefused):
        key_of_token(token)


def test_a_key_is_valid_for_a_year_unless_told(made: tuple[ApiKey, str]) -> None:
    key, token = made
    assert key_of_token(token) == key
    assert timedelta(days=364) < key.expires_at - clock.now() <= timedelta(days=365)
    with pytest.raises(KeyRefused) as refusal:
        key_of_token(token, now=key.expires_at)
    assert refusal.value.code == "key_expired"


def test_a_revoked_key_ends_at_once(made: tuple[ApiKey, str], cast: Cast) -> None:
    key, token = made
    api_key_revoke(key=key, actor=cast.owner)
    again = api_key_revoke(key=key, actor=cast.owner)
    assert again.revoked_at is not None
    with pytest.raises(KeyRefused) as refusal:
        key_of_token(token)
    assert refusal.value.code == "key_revoked"
    assert AuditEntry.objects.filter(action="api_key.revoke").count() == 1


def test_the_digest_is_compared_in_constant_time_known_or_not(made: tuple[ApiKey, str], monkeypatch) -> None:
    key, _token = made
    compared: list[tuple[str, str]] = []

    def spy(left: str, right: str) -> bool:
        compared.append((left, right))
        return hmac.compare_digest(left, right)

    monkeypatch.setattr(selectors, "digest_equal", spy)
    forged = f"mty_{key.lookup}_{'a' * 32}"
    unknown = f"mty_{'0' * 8}_{'a' * 32}"
    for body in (forged, unknown):
        with pytest.raises(KeyRefused) as refusal:
            key_of_token(body + checksum(body))
        assert refusal.value.code == "key_invalid"
    assert [right for _left, right in compared] == [key.digest, "0" * 64]


def test_use_is_noted_at_most_once_a_minute(made: tuple[ApiKey, str], django_assert_num_queries) -> None:
    key, _token = made
    first = clock.now()
    api_key_used(key=key, now=first)
    with django_assert_num_queries(0):
        api_key_used(key=key, now=first + timedelta(seconds=59))
    api_key_used(key=key, now=first + timedelta(seconds=60))
    key.refresh_from_db()
    assert key.last_used_at == first + timedelta(seconds=60)


def test_what_cannot_be_is_refused_by_field(cast: Cast) -> None:
    foreign = TrialFactory.create(organization=cast.other)
    with pytest.raises(InvalidInput) as refusal:
        api_key_create(
            organization=cast.organization,
            actor=cast.owner,
            name="\u200b",
            scopes=["write:all"],
            trials=[foreign],
            expires_at=clock.now(),
        )
    assert set(refusal.value.fields) == {"name", "scopes", "trials", "expires_at"}
    assert not ApiKey.objects.exists()
