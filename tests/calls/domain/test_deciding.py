"""Deciding quietly, signing by a second person, making final all or none, taking back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.calls.domain import application_submit, application_turn_down, application_withdraw
from apps.calls.domain.deciding import decision_save, decision_sign, decisions_sign
from apps.calls.domain.intake import application_return
from apps.calls.domain.publishing import decisions_publish, decisions_take_back
from apps.calls.enums import ApplicationState, Outcome
from apps.calls.models import Application, Call, Decision, ReviewPhase
from apps.calls.selectors.deliberation import board_of, granted_load, load_of
from apps.calls.selectors.publishing import final_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.outbox.domain import batch_release
from apps.outbox.models import Message
from tests.calls.conftest import PLEDGES
from tests.cast import Cast
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final, quiet, signed
from tests.factories.people import UserFactory
from tests.factories.scores import criteria, reviewed, reviewer


@pytest.fixture
def application(cast: Cast) -> Application:
    call = CallFactory.create(code="2026", device_quota=50, message_quota=5000)
    return SubmittedFactory.create(call=call, created_by=cast.owner, organization=cast.organization)


def another(application: Application, cast: Cast) -> Application:
    row: Application = SubmittedFactory.create(
        call=application.call, created_by=cast.stranger, organization=cast.other
    )
    return row


def versions(*rows: Application) -> dict[uuid.UUID, int]:
    found = Decision.objects.filter(application__in=rows)
    return dict(found.values_list("application_id", "version"))


# Deciding


def test_a_quiet_decision_changes_nothing_for_the_applicant(application: Application, cast: Cast) -> None:
    row = quiet(application, cast.staff, "decline", note="電波の試験をもう一度")
    assert (row.outcome, row.version, row.decided_by, row.signed_by) == ("decline", 1, cast.staff, None)
    before = Application.objects.get()
    assert (before.state, before.version, before.decided_at) == ("submitted", application.version, None)
    assert not Message.objects.exists()
    assert AuditEntry.objects.get(action="application.decide").data["to"] == "decline"


@pytest.mark.parametrize(
    ("outcome", "fields"),
    [
        ("decline", {"reason"}),
        ("waitlist", {"reason", "rank"}),
        ("conditions", {"conditions"}),
        ("nonsense", {"outcome"}),
    ],
)
def test_what_an_outcome_cannot_be_without(
    application: Application, cast: Cast, outcome: str, fields: set[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        decision_save(application=application, actor=cast.staff, version=0, outcome=outcome, reason=" ")
    assert set(refused.value.fields) == fields
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"granted_devices": 0}, "granted_devices"),
        ({"granted_messages": -1}, "granted_messages"),
        ({"granted_devices": 3_000_000_000}, "granted_devices"),
        ({"reason": "長" * 2001}, "reason"),
        ({"note": "長" * 5001}, "note"),
        ({"outcome": "waitlist", "reason": "数", "rank": 40_000}, "rank"),
    ],
)
def test_impossible_values(application: Application, cast: Cast, values: dict[str, Any], field: str) -> None:
    given = {"outcome": "adopt", **values}
    with pytest.raises(InvalidInput) as refused:
        decision_save(application=application, actor=cast.staff, version=0, **given)
    assert list(refused.value.fields) == [field]


def test_the_version_of_the_page_counts(application: Application, cast: Cast) -> None:
    quiet(application, cast.staff)
    with pytest.raises(Conflict) as refused:
        decision_save(application=application, actor=cast.staff, version=0, outcome="adopt")
    assert refused.value.code == "changed"


def test_leaving_it_open_again_keeps_counting(application: Application, cast: Cast) -> None:
    assert decision_save(application=application, actor=cast.staff, version=0, outcome="") is None
    first = quiet(application, cast.staff)
    again = decision_save(application=application, actor=cast.staff, version=first.version, outcome="")
    assert again is not None
    assert (again.outcome, again.version) == ("", 2)
    # Somebody who saw the first decision cannot make the third final.
    third = quiet(application, cast.staff)
    assert third.version == 3


def test_a_change_takes_the_signature_and_the_same_again_does_not(
    application: Application, cast: Cast
) -> None:
    row = signed(application, cast.staff)
    same = quiet(application, cast.staff)
    assert same.signed_by == row.signed_by
    changed = quiet(application, cast.staff, granted_devices=3)
    assert (changed.signed_by, changed.signed_at, changed.version) == (None, None, row.version + 1)


@pytest.mark.parametrize("person", ["owner", "stranger", "reviewer"])
def test_only_staff_decide_sign_and_make_final(application: Application, cast: Cast, person: str) -> None:
    actor = getattr(cast, person)
    with pytest.raises(NotAllowed):
        decision_save(application=application, actor=actor, version=0, outcome="adopt")
    row = quiet(application, cast.staff)
    with pytest.raises(NotAllowed):
        decision_sign(decision=row, actor=actor, version=1)
    with pytest.raises(NotAllowed):
        decisions_publish(call=application.call, versions={application.pk: 1}, actor=actor)
    with pytest.raises(NotAllowed):
        decisions_take_back(call=application.call, versions={application.pk: 1}, actor=actor)


@pytest.mark.parametrize("state", ["draft", "returned", "withdrawn", "adopted", "accepted", "turned_down"])
def test_what_does_not_wait_for_a_decision_is_not_decided(
    application: Application, cast: Cast, state: str
) -> None:
    Application.objects.update(state=state)
    with pytest.raises(Conflict) as refused:
        quiet(application, cast.staff)
    assert refused.value.code == "state"


# Signing


def test_whoever_decided_cannot_sign(application: Application, cast: Cast) -> None:
    row = quiet(application, cast.staff)
    with pytest.raises(Conflict) as refused:
        decision_sign(decision=row, actor=cast.staff, version=row.version)
    assert refused.value.code == "own"


def test_signing_twice_is_once_and_another_is_told(application: Application, cast: Cast) -> None:
    second, third = UserFactory.create_batch(2, is_staff=True)
    row = quiet(application, cast.staff)
    first = decision_sign(decision=row, actor=second, version=1)
    assert decision_sign(decision=row, actor=second, version=1).version == first.version == 2
    with pytest.raises(Conflict) as refused:
        decision_sign(decision=row, actor=third, version=2)
    assert refused.value.code == "signed"


def test_what_was_changed_since_is_not_signed(application: Application, cast: Cast) -> None:
    row = quiet(application, cast.staff)
    quiet(application, cast.staff, granted_devices=3)
    with pytest.raises(Conflict) as refused:
        decision_sign(decision=row, actor=UserFactory.create(is_staff=True), version=row.version)
    assert refused.value.code == "changed"


def test_several_are_signed_all_or_none(application: Application, cast: Cast) -> None:
    other = another(application, cast)
    second = UserFactory.create(is_staff=True)
    quiet(application, cast.staff)
    quiet(other, second)
    with pytest.raises(Conflict) as refused:
        decisions_sign(call=application.call, versions={application.pk: 1, other.pk: 1}, actor=second)
    assert refused.value.code == "own"
    assert other.code in refused.value.message
    assert not Decision.objects.filter(signed_by__isnull=False).exists()
    assert decisions_sign(call=application.call, versions={application.pk: 1}, actor=second) == 1
    with pytest.raises(InvalidInput):
        decisions_sign(call=application.call, versions={}, actor=second)
    with pytest.raises(Conflict):
        decisions_sign(call=CallFactory.create(), versions={application.pk: 2}, actor=second)


# Making final


def refused_final(call: Call, chosen: dict[uuid.UUID, int], actor: Any) -> str:
    """Why nothing was made final."""
    before = list(Application.objects.order_by("pk").values_list("state", "version"))
    with pytest.raises(Conflict) as refused:
        decisions_publish(call=call, versions=chosen, actor=actor)
    assert list(Application.objects.order_by("pk").values_list("state", "version")) == before
    return str(refused.value.message)


def test_all_outcomes_together_with_one_mail_each(application: Application, cast: Cast) -> None:
    rows = [application, *[another(application, cast) for _n in range(3)]]
    for row, outcome in zip(rows, Outcome, strict=True):
        signed(row, cast.staff, outcome)
    batch = decisions_publish(call=application.call, versions=versions(*rows), actor=cast.staff)
    assert batch == "decision-2026"
    states = dict(Application.objects.values_list("pk", "state"))
    assert [states[row.pk] for row in rows] == ["adopted", "adopted", "waitlisted", "declined"]
    assert sorted(Message.objects.values_list("state", "batch")) == [("held", "decision-2026")] * 4
    entry = AuditEntry.objects.get(action="call.decisions_final")
    assert entry.data == {
        "decisions": 4,
        "outcomes": {"adopt": 1, "conditions": 1, "waitlist": 1, "decline": 1},
    }


def test_one_that_cannot_stops_all(application: Application, cast: Cast) -> None:
    other = another(application, cast)
    signed(application, cast.staff)
    quiet(other, cast.staff)
    words = refused_final(application.call, versions(application, other), cast.staff)
    assert other.code in words
    assert application.code not in words
    assert not Message.objects.exists()


def test_twice(application: Application, cast: Cast) -> None:
    final(application, cast.staff)
    refused_final(application.call, {application.pk: 2}, cast.staff)
    refused_final(application.call, versions(application), cast.staff)
    assert Message.objects.count() == 1


def test_changed_after_the_preview(application: Application, cast: Cast) -> None:
    seen = {application.pk: signed(application, cast.staff).version}
    signed(application, cast.staff, "decline")
    assert "見ている間に変わりました" in refused_final(application.call, seen, cast.staff)


def test_withdrawn_meanwhile(application: Application, cast: Cast) -> None:
    seen = {application.pk: signed(application, cast.staff).version}
    application_withdraw(application=application, actor=cast.owner)
    assert "応募者が取り下げました" in refused_final(application.call, seen, cast.staff)


def test_sent_back_meanwhile_and_handed_in_again(application: Application, cast: Cast) -> None:
    seen = {application.pk: signed(application, cast.staff).version}
    application_return(
        application=application,
        actor=cast.staff,
        version=application.version,
        message="場所を書いてください。",
        until=clock.now() + timedelta(days=7),
    )
    assert "差し戻しています" in refused_final(application.call, seen, cast.staff)
    application_submit(application=application, actor=cast.owner, pledges=PLEDGES)
    assert "再提出されました" in refused_final(application.call, seen, cast.staff)
    quiet(application, cast.staff, granted_devices=5)
    final(application, cast.staff, granted_devices=5)
    assert Application.objects.get().state == ApplicationState.ADOPTED


def test_one_place_on_the_waiting_list_for_one(application: Application, cast: Cast) -> None:
    other, third = another(application, cast), another(application, cast)
    for row in (application, other):
        signed(row, cast.staff, "waitlist", rank=1)
    words = refused_final(application.call, versions(application, other), cast.staff)
    assert "補欠1位が重なっています" in words
    decisions_publish(call=application.call, versions=versions(application), actor=cast.staff)
    assert "重なっています" in refused_final(application.call, versions(other), cast.staff)
    final(third, cast.staff, "waitlist", rank=2)


def test_comments_go_along_when_asked_and_never_from_under_a_seal(
    application: Application, cast: Cast
) -> None:
    criteria(application.call)
    reviewed(application, reviewer(application.call, "甲野"), 4, 4, applicant="場所を先に確かめてください。")
    signed(application, cast.staff)
    call, chosen = application.call, versions(application)
    now = clock.now()
    phase = ReviewPhase.objects.create(
        call=call,
        name="審査",
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
        sealed=True,
    )
    with pytest.raises(Conflict) as refused:
        decisions_publish(call=call, versions=chosen, actor=cast.staff, comments=True)
    assert refused.value.code == "sealed"
    phase.delete()
    decisions_publish(call=call, versions=chosen, actor=cast.staff, comments=True)
    body = Message.objects.get().body
    assert "場所を先に確かめてください。" in body
    assert "甲野" not in body


def test_nothing_chosen_and_another_call(application: Application, cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        decisions_publish(call=application.call, versions={}, actor=cast.staff)
    signed(application, cast.staff)
    assert refused_final(CallFactory.create(), versions(application), cast.staff)
    assert refused_final(application.call, {uuid.uuid4(): 1}, cast.staff)


# Taking back


def test_taken_back_it_is_a_quiet_decision_again_and_its_mail_never_leaves(
    application: Application, cast: Cast
) -> None:
    row = final(application, cast.staff)
    assert decisions_take_back(call=row.call, versions=versions(row), actor=cast.staff) == 1
    kept = Decision.objects.get()
    assert (kept.published_at, kept.published_by) == (None, None)
    assert kept.signed_by is not None
    assert batch_release(batch="decision-2026", actor=cast.staff) == 0
    decisions_publish(call=row.call, versions=versions(row), actor=cast.staff)
    assert sorted(Message.objects.values_list("state", flat=True)) == ["discarded", "held"]


def test_what_was_told_or_never_final_is_not_taken_back(application: Application, cast: Cast) -> None:
    other = another(application, cast)
    signed(other, cast.staff)
    final(application, cast.staff)
    batch_release(batch="decision-2026", actor=cast.staff)
    for row in (application, other):
        with pytest.raises(Conflict):
            decisions_take_back(call=row.call, versions=versions(row), actor=cast.staff)
    with pytest.raises(InvalidInput):
        decisions_take_back(call=application.call, versions={}, actor=cast.staff)
    assert Application.objects.get(pk=application.pk).state == "adopted"


def test_a_stale_page_takes_nothing_back(application: Application, cast: Cast) -> None:
    row = final(application, cast.staff)
    with pytest.raises(Conflict):
        decisions_take_back(call=row.call, versions={row.pk: 1}, actor=cast.staff)


def test_what_moved_up_is_not_taken_back_and_counts_as_adopted(application: Application, cast: Cast) -> None:
    other = another(application, cast)
    final(application, cast.staff)
    final(other, cast.staff, "waitlist")
    batch_release(batch="decision-2026", actor=cast.staff)
    application_turn_down(application=application, actor=cast.owner)
    other.refresh_from_db()
    assert (other.state, other.decision_is_told) == ("adopted", False)
    board = board_of(application.call)
    assert [(row.outcome, row.adopting) for row in board.rows] == [("adopt", False), ("adopt", True)]
    assert load_of(application.call, board.rows) == granted_load(application.call)
    assert granted_load(application.call).devices == 12
    with pytest.raises(Conflict):
        decisions_take_back(call=application.call, versions=versions(other), actor=cast.staff)
    assert final_of(application.call) == []


def test_what_is_granted_counts_quiet_and_final_adoptions(application: Application, cast: Cast) -> None:
    quiet(application, cast.staff, granted_devices=7, granted_messages=100)
    final(another(application, cast), cast.staff, "conditions", granted_devices=5, granted_messages=200)
    quiet(another(application, cast), cast.staff, "waitlist", granted_devices=90)
    Call.objects.update(capacity_devices=10, capacity_messages=300)
    call = Call.objects.get()
    load = granted_load(call)
    assert (load.devices, load.messages, load.devices_share) == (12, 300, 120)
    assert (load.over_devices, load.over_messages) == (True, False)
    assert load_of(call, board_of(call).rows) == load
