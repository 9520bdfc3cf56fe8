"""Every pair of states: what the table has works for those it names, everything else is refused."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.calls.domain.call import call_create, call_publish, call_update, call_withdraw
from apps.calls.domain.workflow import (
    APPLICATION_STEPS,
    CALL_STEPS,
    application_state_set,
    call_state_set,
)
from apps.calls.enums import PUBLIC_WORDS, STAFF_WORDS, ApplicationState, CallState
from apps.calls.models import Call
from apps.core import clock
from apps.core.errors import Conflict, NotAllowed
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory, CallFactory

ALLOWED = {
    ("draft", "submitted"): "writer",
    ("submitted", "withdrawn"): "writer",
    ("submitted", "returned"): "staff",
    ("returned", "returned"): "staff",
    ("returned", "submitted"): "writer or staff",
    ("returned", "withdrawn"): "writer",
    ("withdrawn", "draft"): "writer",
    ("submitted", "adopted"): "staff",
    ("submitted", "waitlisted"): "staff",
    ("submitted", "declined"): "staff",
    ("adopted", "submitted"): "staff",
    ("waitlisted", "submitted"): "staff",
    ("declined", "submitted"): "staff",
    ("adopted", "withdrawn"): "writer",
    ("waitlisted", "withdrawn"): "writer",
    ("declined", "withdrawn"): "writer",
    ("waitlisted", "adopted"): "staff",
    ("waitlisted", "declined"): "staff",
    ("adopted", "accepted"): "answerer",
    ("adopted", "turned_down"): "answerer or staff",
}
WHO = {
    "writer": {"owner", "colleague"},
    "answerer": {"owner"},
    "answerer or staff": {"owner", "staff"},
    "staff": {"staff"},
    "writer or staff": {"owner", "colleague", "staff"},
}


def test_the_table_is_what_the_test_says() -> None:
    assert {(step.source, step.target) for step in APPLICATION_STEPS} == set(ALLOWED)
    assert set(STAFF_WORDS) == set(PUBLIC_WORDS) == set(ApplicationState)


@pytest.mark.parametrize("person", ["owner", "colleague", "reader", "stranger", "reviewer", "staff"])
def test_each_pair_of_states_for_each_person(cast: Cast, person: str) -> None:
    call = CallFactory.create()
    actor = getattr(cast, person)
    for source, target in product(ApplicationState, ApplicationState):
        application = ApplicationFactory.create(
            call=call,
            state=source,
            created_by=cast.reviewer if source == ApplicationState.DRAFT else cast.owner,
            organization=cast.organization,
            submitted_at=None if source == ApplicationState.DRAFT else clock.now(),
        )
        if source == ApplicationState.DRAFT:
            application.created_by = cast.owner
        at = clock.now() if target != ApplicationState.DRAFT else None
        changes: dict[str, Any] = {"submitted_at": at}
        allowed = ALLOWED.get((source, target))
        if allowed is None:
            with pytest.raises(Conflict):
                application_state_set(application=application, target=target, actor=actor, changes=changes)
        elif person not in WHO[allowed]:
            with pytest.raises(NotAllowed):
                application_state_set(application=application, target=target, actor=actor, changes=changes)
        else:
            application_state_set(application=application, target=target, actor=actor, changes=changes)
        application.refresh_from_db()
        done = allowed is not None and person in WHO[allowed]
        assert application.state == (target if done else source)
        assert application.version == (2 if done else 1)
        application.delete()


@pytest.mark.parametrize(("source", "target"), list(product(CallState, CallState)))
def test_each_pair_of_states_of_a_call(cast: Cast, source: CallState, target: CallState) -> None:
    call = CallFactory.create(state=source)
    with pytest.raises((NotAllowed, Conflict)):
        call_state_set(call=call, target=target, actor=cast.owner, now=clock.now())
    call = CallFactory.create(state=source)
    if (source, target) in CALL_STEPS:
        call_state_set(call=call, target=target, actor=cast.staff, now=clock.now())
        call.refresh_from_db()
        assert call.state == target
    else:
        with pytest.raises(Conflict):
            call_state_set(call=call, target=target, actor=cast.staff, now=clock.now())


def test_a_call_is_made_changed_published_and_taken_off(cast: Cast) -> None:
    now = clock.now()
    call = Call(
        code="2030",
        fiscal_year=2030,
        title="  公募\n2030 ",
        summary="概要",
        opens_at=now,
        closes_at=now + timedelta(days=1),
        decision_on=clock.local_date() + timedelta(days=1),
        trial_from=clock.local_date() + timedelta(days=1),
        trial_until=clock.local_date() + timedelta(days=1),
        state=CallState.PUBLISHED,
    )
    call_create(call=call, actor=cast.staff)
    call.refresh_from_db()
    assert (call.title, call.state, call.published_at) == ("公募 2030", CallState.DRAFT, None)
    call.title = "新しい題名"
    call_update(call=call, actor=cast.staff)
    assert AuditEntry.objects.get(action="call.update").data["fields"] == ["title"]
    call_publish(call=call, actor=cast.staff, now=now)
    call.refresh_from_db()
    assert (call.state, call.published_at) == (CallState.PUBLISHED, now)
    call_withdraw(call=call, actor=cast.staff)
    call.refresh_from_db()
    assert call.state == CallState.CLOSED
    actions = list(AuditEntry.objects.order_by("at").values_list("action", flat=True))
    assert actions == ["call.create", "call.update", "call.publish", "call.withdraw"]


def test_only_staff_write_calls(cast: Cast) -> None:
    call = CallFactory.create()
    for write in (call_update, call_withdraw):
        with pytest.raises(NotAllowed):
            write(call=call, actor=cast.owner)
    call.refresh_from_db()
    assert call.state == CallState.PUBLISHED
