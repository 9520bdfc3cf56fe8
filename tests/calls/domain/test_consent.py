"""Consents of facilities' keepers: asking, answering once, and what a wrong link learns."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from apps.calls.domain.consent import (
    CONSENT_STEPS,
    consent_answer,
    consent_ask,
    consent_read,
    consent_remind,
    consent_void,
)
from apps.calls.enums import ConsentState
from apps.calls.models import Application, FacilityConsent
from apps.calls.selectors.consent import (
    access_consent_link,
    consent_rows,
    shown_answers,
    waiting_consents,
)
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, SubmittedFactory
from tests.factories.joint import ConsentFactory, answered

TOKEN = "c" * 43
ANSWER: dict[str, Any] = {"answer": "approved", "name": "宮田 守", "section": "施設管理課"}


@pytest.fixture
def application(cast: Cast) -> Application:
    row: Application = SubmittedFactory.create(
        created_by=cast.owner,
        organization=cast.organization,
        contact_phone="076-000-1234",
        personal_data="yes",
        personal_data_note="顔写真を扱います",
    )
    return row


def values(**changes: Any) -> dict[str, Any]:
    return {
        "facility": "婦中ふれあい館の屋上",
        "owner_name": "見本市 施設管理課",
        "email": "shisetsu@example.jp",
        "message": "屋上に受信機を1台置きます。",
        "due_on": clock.local_date() + timedelta(days=14),
        **changes,
    }


def token_in(mail: Message) -> str:
    found = re.search(r"/consent/([\w-]+)/", mail.body)
    assert found, mail.body
    return found.group(1)


# Asking


def test_asking_mails_a_link_and_nothing_of_the_contact(application: Application, cast: Cast) -> None:
    row = consent_ask(application=application, actor=cast.staff, **values(email=" Shisetsu@Example.jp"))
    mail = Message.objects.get()
    assert (mail.to_email, mail.state, mail.language) == ("shisetsu@example.jp", MessageState.QUEUED, "ja")
    assert access_consent_link(token=token_in(mail)) == row
    assert "屋上に受信機を1台置きます。" in mail.body
    for secret in ("haru@example.jp", "076-000-1234", "山田 はる", "顔写真", "総曲輪"):
        assert secret not in mail.body


@pytest.mark.parametrize("person", ["owner", "stranger", "reviewer"])
def test_only_the_city_asks_reminds_reads_and_voids(
    application: Application, cast: Cast, person: str
) -> None:
    actor, row = getattr(cast, person), answered(application=application)
    with pytest.raises(NotAllowed):
        consent_ask(application=application, actor=actor, **values())
    for act in (consent_remind, consent_read):
        with pytest.raises(NotAllowed):
            act(consent=row, actor=actor)
    with pytest.raises(NotAllowed):
        consent_void(consent=row, actor=actor, reason="理由")


@pytest.mark.parametrize("days", [-1, 367])
def test_the_day_must_make_sense(application: Application, cast: Cast, days: int) -> None:
    due = clock.local_date() + timedelta(days=days)
    with pytest.raises(InvalidInput) as refused:
        consent_ask(application=application, actor=cast.staff, **values(due_on=due))
    assert list(refused.value.fields) == ["due_on"]


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_nobody_is_asked_about_what_is_not_handed_in(cast: Cast, state: str) -> None:
    with pytest.raises(Conflict):
        consent_ask(application=ApplicationFactory.create(state=state), actor=cast.staff, **values())


def test_asking_the_same_twice_is_a_reminder_s_business(application: Application, cast: Cast) -> None:
    consent_ask(application=application, actor=cast.staff, **values())
    with pytest.raises(InvalidInput):
        consent_ask(application=application, actor=cast.staff, **values())
    assert Message.objects.count() == 1


def test_asking_anew_voids_the_earlier_one_and_its_link(application: Application, cast: Cast) -> None:
    first = ConsentFactory.create(application=application, token=TOKEN)
    second = consent_ask(application=application, actor=cast.staff, again=first, **values())
    first.refresh_from_db()
    assert (first.state, second.state) == (ConsentState.VOID, ConsentState.ASKED)
    with pytest.raises(NotFound):
        access_consent_link(token=TOKEN)


def test_a_reminder_brings_a_new_link_and_not_twice_at_once(application: Application, cast: Cast) -> None:
    row = ConsentFactory.create(application=application, token=TOKEN)
    consent_remind(consent=row, actor=cast.staff)
    with pytest.raises(NotFound):
        access_consent_link(token=TOKEN)
    assert access_consent_link(token=token_in(Message.objects.get())) == row
    with pytest.raises(Conflict):
        consent_remind(consent=row, actor=cast.staff)
    consent_remind(consent=row, actor=cast.staff, now=clock.now() + timedelta(hours=1))
    assert Message.objects.count() == 2


def test_an_expired_link_lives_again_by_a_reminder(application: Application, cast: Cast) -> None:
    row = ConsentFactory.create(
        application=application,
        token=TOKEN,
        due_on=clock.local_date() - timedelta(days=60),
        expires_at=clock.now() - timedelta(days=30),
    )
    assert consent_rows(application)[0].expired
    row = consent_remind(consent=row, actor=cast.staff)
    assert row.expires_at > clock.now()


# Answering


@pytest.mark.parametrize(
    ("answer", "comment", "action"),
    [
        ("approved", "", "consent.approve"),
        ("declined", "工事があります。", "consent.decline"),
        ("change", "平日だけなら。", "consent.change"),
    ],
)
def test_an_answer_is_kept_with_who_and_from_where_and_copied(
    application: Application, answer: str, comment: str, action: str
) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    given = {**ANSWER, "answer": answer}
    row = consent_answer(token=TOKEN, comment=comment, client="192.0.2.7", **given)
    assert (row.state, row.answered_by, row.answered_section) == (answer, "宮田 守", "施設管理課")
    assert row.answered_from == "192.0.2.7"
    assert CONSENT_STEPS[ConsentState.ASKED, ConsentState(answer)] == action
    copy = Message.objects.get(template="calls-consent-copy")
    assert copy.to_email == "shisetsu@example.jp"
    assert "施設管理課 宮田 守" in copy.body


@pytest.mark.parametrize(("client", "kept"), [("", None), ("unix:", None), ("2001:db8::1", "2001:db8::1")])
def test_an_odd_network_address_costs_no_answer(
    application: Application, client: str, kept: str | None
) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    assert consent_answer(token=TOKEN, client=client, **ANSWER).answered_from == kept


def test_of_two_answers_the_first_counts(application: Application) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    consent_answer(token=TOKEN, **ANSWER)
    with pytest.raises(Conflict) as refused:
        consent_answer(token=TOKEN, **{**ANSWER, "answer": "declined", "name": "別の人"}, comment="だめ")
    assert refused.value.code == "answered"
    row = access_consent_link(token=TOKEN)
    assert (row.state, row.answered_by) == ("approved", "宮田 守")
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"answer": "void"}, ["answer"]),
        ({"answer": "asked"}, ["answer"]),
        ({"answer": "declined"}, ["comment"]),
        ({"answer": "change", "comment": " \u200b "}, ["comment"]),
        ({"name": "\n", "section": ""}, ["answered_by", "answered_section"]),
        ({"name": "あ" * 201}, ["answered_by"]),
        ({"comment": "あ" * 3001}, ["comment"]),
    ],
)
def test_an_answer_that_is_not_complete_is_refused(
    application: Application, changes: dict[str, Any], fields: list[str]
) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    with pytest.raises(InvalidInput) as refused:
        consent_answer(token=TOKEN, **{**ANSWER, **changes})
    assert sorted(refused.value.fields) == fields
    assert access_consent_link(token=TOKEN).state == ConsentState.ASKED


def test_unknown_expired_and_void_links_are_the_same(application: Application) -> None:
    ConsentFactory.create(application=application, token="expired", expires_at=clock.now())
    ConsentFactory.create(application=application, token="void", state=ConsentState.VOID)
    words = set()
    for token in ("unknown", "expired", "void", "", "\ud800", "%00"):
        with pytest.raises(NotFound) as refused:
            consent_answer(token=token, **ANSWER)
        words.add(refused.value.message)
    assert len(words) == 1


def test_a_withdrawn_application_needs_no_answer(application: Application) -> None:
    ConsentFactory.create(application=application, token=TOKEN)
    Application.objects.filter(pk=application.pk).update(state="withdrawn")
    with pytest.raises(Conflict) as refused:
        consent_answer(token=TOKEN, **ANSWER)
    assert refused.value.code == "state"
    assert FacilityConsent.objects.get().state == ConsentState.ASKED


# Afterwards


def test_a_void_answer_keeps_its_words_and_its_reason(application: Application, cast: Cast) -> None:
    row = answered(application=application, token=TOKEN)
    with pytest.raises(InvalidInput):
        consent_void(consent=row, actor=cast.staff, reason=" ")
    row = consent_void(consent=row, actor=cast.staff, reason="担当でない人が答えました。")
    assert (row.state, row.answered_by) == (ConsentState.VOID, "宮田 守")
    assert not Message.objects.exists()
    with pytest.raises(NotFound):
        access_consent_link(token=TOKEN)
    with pytest.raises(Conflict):
        consent_void(consent=row, actor=cast.staff, reason="もう一度")
    with pytest.raises(Conflict):
        consent_remind(consent=row, actor=cast.staff)


def test_work_is_what_is_late_and_what_nobody_read(application: Application, cast: Cast) -> None:
    ConsentFactory.create(application=application, facility="間に合う")
    ConsentFactory.create(
        application=application, facility="遅い", due_on=clock.local_date() - timedelta(days=1)
    )
    unread = answered(application=application, facility="読んでいない")
    answered(application=SubmittedFactory.create(state="withdrawn"), facility="取り下げ")
    assert waiting_consents(cast.owner) == []
    assert [item.title for item in waiting_consents(cast.staff)] == ["読んでいない", "遅い"]
    consent_read(consent=unread, actor=cast.staff)
    assert [item.title for item in waiting_consents(cast.staff)] == ["遅い"]


def test_the_keeper_sees_nothing_of_the_contact_and_no_empty_answer(application: Application) -> None:
    names = {row.name for row in shown_answers(application)}
    assert names == {"org_name", "title", "plan", "sensors", "period_from", "period_until"}
    application.sensors = []
    assert "sensors" not in {row.name for row in shown_answers(application)}
