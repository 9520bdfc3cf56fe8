"""Each flag: on the row, and as a filter of the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.calls.models import Application, ApplicationRevision, ReadMark
from apps.calls.selectors.flags import FLAGS, flags_by_row, with_flag
from apps.core import clock
from tests.cast import Cast
from tests.factories.calls import SENSOR, CallFactory, SubmittedFactory
from tests.factories.joint import ConsentFactory, JointFactory

pytestmark = pytest.mark.django_db


def codes(application: Application, cast: Cast) -> set[str]:
    return {flag.code for flag in flags_by_row([application], actor=cast.staff)[application.pk]}


def read(application: Application, cast: Cast) -> Application:
    ReadMark.objects.create(
        application=application, user=cast.staff, revision=application.revision, read_at=clock.now()
    )
    return application


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        ({"personal_data": "yes"}, "personal"),
        ({"conformity": "unknown"}, "conformity"),
        ({"facilities": "undecided"}, "facility_undecided"),
        ({"facilities": "yes", "facility_name": "水門"}, "facility"),
        ({"sensors": [], "devices_undecided": True}, "devices"),
        ({"places": [], "place_undecided": True}, "place"),
        ({"sensors": [{**SENSOR, "count": 51, "interval_s": 86_400}]}, "over_devices"),
        ({"sensors": [{**SENSOR, "count": 50, "interval_s": 300}]}, "over_messages"),
        ({"sensors": [{**SENSOR, "payload_bytes": 243}]}, "radio"),
        ({"state": "returned", "return_until": clock.now() - timedelta(days=1)}, "overdue"),
    ],
)
def test_what_follows_from_the_answers(cast: Cast, values: dict[str, Any], flag: str) -> None:
    application = read(SubmittedFactory.create(**values), cast)
    plain = read(SubmittedFactory.create(), cast)
    assert codes(application, cast) == {flag}
    assert codes(plain, cast) == set()
    assert list(with_flag(Application.objects.all(), flag, actor=cast.staff)) == [application]


def test_reading_and_changes_since(cast: Cast) -> None:
    application = SubmittedFactory.create()
    assert codes(application, cast) == {"unread"}
    read(application, cast)
    Application.objects.filter(pk=application.pk).update(revision=2)
    application.refresh_from_db()
    assert codes(application, cast) == {"changed"}
    assert {flag.code for flag in flags_by_row([application], actor=cast.reviewer)[application.pk]} == {
        "unread"
    }


def test_the_grace_period(cast: Cast) -> None:
    now = clock.now()
    call = CallFactory.create(closes_at=now - timedelta(minutes=20), grace_minutes=30)
    late = read(SubmittedFactory.create(call=call, submitted_at=now - timedelta(minutes=5)), cast)
    values = {"submitted_at": now - timedelta(minutes=25), "title": "別の題", "corporate_number": ""}
    timely = read(SubmittedFactory.create(call=call, **values), cast)
    assert ApplicationRevision.objects.count() == 2
    assert "late" in codes(late, cast)
    assert codes(timely, cast) == set()


def test_doubles_are_of_the_same_call(cast: Cast) -> None:
    call = CallFactory.create()
    one = read(SubmittedFactory.create(call=call, corporate_number=""), cast)
    two = read(SubmittedFactory.create(call=call, corporate_number=""), cast)
    gone = read(SubmittedFactory.create(call=call, state="withdrawn", title="別", org_name="別"), cast)
    elsewhere = read(SubmittedFactory.create(), cast)
    assert codes(one, cast) == codes(two, cast) == {"double"}
    assert codes(gone, cast) == codes(elsewhere, cast) == set()


def test_partners_and_keepers(cast: Cast) -> None:
    application = read(SubmittedFactory.create(facilities="yes", facility_name="水門"), cast)
    JointFactory.create(application=application, state="invited")
    consent = ConsentFactory.create(application=application, asked_by=cast.staff)
    assert codes(application, cast) == {"joint", "facility"}
    consent.state = "declined"
    consent.save()
    application.joint_applicants.update(state="declined")
    assert codes(application, cast) == {"joint_declined", "facility_no"}
    consent.state = "approved"
    consent.save()
    application.joint_applicants.update(removed_at=clock.now())
    assert codes(application, cast) == set()


def test_an_unknown_flag_filters_nothing(cast: Cast) -> None:
    SubmittedFactory.create()
    assert with_flag(Application.objects.all(), "nothing", actor=cast.staff).count() == 1
    assert len({flag.code for flag in FLAGS}) == len(FLAGS)


@pytest.mark.parametrize("count", [1, 3, 30])
def test_the_same_queries_for_every_number_of_rows(
    cast: Cast, count: int, django_assert_num_queries: Any
) -> None:
    call = CallFactory.create()
    rows = SubmittedFactory.create_batch(count, call=call)
    flags_by_row(rows, actor=cast.staff)
    with django_assert_num_queries(1):
        flags_by_row(rows, actor=cast.staff)
