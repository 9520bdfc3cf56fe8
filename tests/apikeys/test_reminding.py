"""The mails before a key ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.core import mail

from apps.apikeys.domain import (
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    docs_key_create,
    keys_remind,
    personal_key_create,
)
from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.outbox.domain import outbox_drain
from apps.outbox.models import Message
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


def make(cast: Cast, days: int = 365, name: str = "集計") -> ApiKey:
    return api_key_create(
        organization=cast.organization,
        actor=cast.owner,
        name=name,
        scopes=["read:data"],
        expires_at=clock.now() + timedelta(days=days),
    )[0]


def on(key: ApiKey, days_before: float) -> datetime:
    return key.expires_at - timedelta(days=days_before)


def told() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("created_at").values_list("to_email", "template"))


def test_two_mails_to_each_who_may_replace_it_and_no_more(cast: Cast) -> None:
    key = make(cast)
    assert keys_remind(now=on(key, 31)) == 0
    assert keys_remind(now=on(key, 29.5)) == 2
    assert keys_remind(now=on(key, 29)) == 0
    assert keys_remind(now=on(key, 6.9)) == 2
    assert [keys_remind(now=on(key, days)) for days in (6, 1, 0.01, -1)] == [0, 0, 0, 0]
    assert sorted(told()) == [
        ("colleague@example.jp", "apikeys-ending"),
        ("colleague@example.jp", "apikeys-ending"),
        ("owner@example.jp", "apikeys-ending"),
        ("owner@example.jp", "apikeys-ending"),
    ]


def test_one_mail_tells_of_all_keys_in_the_readers_language(cast: Cast) -> None:
    cast.owner.language = "en"
    cast.owner.save()
    make(cast, name="一つ目")
    key = make(cast, name="二つ目")
    assert keys_remind(now=on(key, 20)) == 2
    outbox_drain()
    english, japanese = (
        next(row for row in mail.outbox if name in row.to[0]) for name in ("owner", "colleague")
    )
    assert english.subject == "2 API keys end soon"
    for row in (english, japanese):
        assert "一つ目" in row.body
        assert "二つ目" in row.body
        assert f"/o/{cast.organization.pk}/keys/" in row.body
    assert "/en/o/" in english.body
    assert japanese.subject != english.subject


def test_after_a_long_rest_only_the_later_mail_is_sent(cast: Cast) -> None:
    key = make(cast)
    assert keys_remind(now=on(key, 3)) == 2
    assert keys_remind(now=on(key, 2)) == 0


@pytest.mark.parametrize(("days", "before", "mails"), [(30, 29.9, 0), (30, 6, 2), (7, 6.9, 0), (90, 29, 2)])
def test_a_short_key_is_not_spoken_of_on_its_first_day(
    days: int, before: float, mails: int, cast: Cast
) -> None:
    key = make(cast, days=days)
    assert keys_remind(now=on(key, before)) == mails


def test_nothing_is_said_of_keys_that_end_on_purpose(cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    replaced, revoked = make(cast), make(cast)
    new, _token = api_key_rotate(key=replaced, actor=cast.owner, overlap=timedelta(days=7))
    api_key_revoke(key=revoked, actor=cast.owner)
    docs_key_create(actor=cast.owner, organization=cast.organization, trial=trial)
    assert keys_remind(now=clock.now() + timedelta(days=6)) == 0
    assert keys_remind(now=on(new, 20)) == 2


def test_a_person_is_told_of_their_own_keys(cast: Cast) -> None:
    key, _token = personal_key_create(person=cast.stranger, name="開いたデータ")
    assert keys_remind(now=on(key, 5)) == 1
    message = Message.objects.get()
    assert message.to_email == cast.stranger.email
    assert "/account/keys/" in message.body


@pytest.mark.django_db(transaction=True)
def test_rounds_at_the_same_moment_tell_of_a_key_once(cast: Cast) -> None:
    for turn in range(5):
        key = make(cast, name=f"集計{turn}")
        assert sum(at_once([partial(keys_remind, now=on(key, 29.5))] * 4)) == 2
        ApiKey.objects.all().delete()
