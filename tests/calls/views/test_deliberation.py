"""Staff's deliberation: the page, the map, one application, signing, making final, taking back."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.calls.models import Application, Call, Decision, ReviewConflict, ReviewPhase
from apps.core import clock, site
from apps.outbox.models import Message
from tests.calls.views.test_walk import hidden
from tests.cast import Cast
from tests.factories.calls import SENSOR, CallFactory, SubmittedFactory
from tests.factories.deciding import final, quiet, signed
from tests.factories.joint import ConfirmedFactory, ConsentFactory
from tests.factories.people import UserFactory
from tests.factories.scores import criteria, reviewed, reviewer

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "＝HYPERLINK()", "\t=1")


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


@pytest.fixture
def second(db: None) -> User:
    return UserFactory.create(is_staff=True, is_superuser=True)


@pytest.fixture
def call(db: None) -> Call:
    return CallFactory.create(code="2026", capacity_devices=30, capacity_messages=60_000)


def application(call: Call, cast: Cast, **values: Any) -> Application:
    given: dict[str, Any] = {"call": call, "created_by": cast.owner, "organization": cast.organization}
    row: Application = SubmittedFactory.create(**{**given, **values})
    return row


def page(name: str, pk: Any) -> str:
    return reverse(f"admin:calls_decision_{name}", args=[pk])


def codes(text: str) -> list[str]:
    return re.findall(r'<tr id="a-([^"]+)"', text)


def test_the_page_shows_scores_and_orders_by_them(staff: Client, cast: Cast, call: Call) -> None:
    criteria(call)
    one, two, three = (application(call, cast, code=f"2026-90{n}") for n in (1, 2, 3))
    first, other = reviewer(call, "甲野"), reviewer(call, "乙山")
    reviewed(one, first, 2, 2)
    reviewed(one, other, 5, 5)
    reviewed(two, first, 4, 4)
    text = staff.get(page("board", call.pk)).content.decode()
    assert codes(text) == ["2026-902", "2026-901", "2026-903"]
    assert "点は1–5で2.0, 5.0。中央値3.5、平均3.5" in text
    assert text.count("<circle cx=") == 3
    by_spread = staff.get(page("board", call.pk), {"order": "spread"}).content.decode()
    assert codes(by_spread)[0] == "2026-901"
    by_code = staff.get(page("board", call.pk), {"order": "code"}).content.decode()
    assert codes(by_code) == ["2026-901", "2026-902", "2026-903"]
    assert three.code in text


def test_filters_and_words(staff: Client, cast: Cast, call: Call) -> None:
    one = application(call, cast, code="2026-901", themes=["snow"], title="雪の重さを知る")
    two = application(call, cast, code="2026-902", title="水門の開き")
    quiet(one, cast.staff)
    for query, expected in (
        ({"decision": "open"}, ["2026-902"]),
        ({"decision": "adopt"}, ["2026-901"]),
        ({"decision": "unsigned"}, ["2026-901"]),
        ({"theme": "snow"}, ["2026-901"]),
        ({"q": "水門"}, ["2026-902"]),
        ({"q": "見つからない"}, []),
        ({"decision": "nonsense", "order": "nonsense"}, ["2026-901", "2026-902"]),
    ):
        text = staff.get(page("board", call.pk), query).content.decode()
        assert sorted(codes(text)) == expected, query
    signed(one, cast.staff)
    assert codes(staff.get(page("board", call.pk), {"decision": "ready"}).content.decode()) == [one.code]
    Application.objects.filter(pk=two.pk).update(state="withdrawn")
    assert codes(staff.get(page("board", call.pk)).content.decode()) == [one.code]


def test_a_sealed_phase_hides_every_score_until_it_ends(staff: Client, cast: Cast, call: Call) -> None:
    criteria(call)
    row = application(call, cast)
    reviewed(row, reviewer(call, "甲野"), 4, 4, city="市への意見", applicant="応募者への意見")
    phase = ReviewPhase.objects.create(
        call=call,
        name="一次審査",
        starts_at=clock.now() - timedelta(days=1),
        ends_at=clock.now() + timedelta(days=1),
        sealed=True,
    )
    board, panel = page("board", call.pk), page("panel", row.pk)
    for address in (board, panel):
        text = staff.get(address).content.decode()
        assert "まで封をしています" in text
        assert "市への意見" not in text
        assert "<circle cx=" not in text
        assert "甲野" not in text
    ReviewPhase.objects.filter(pk=phase.pk).update(starts_at=clock.now() + timedelta(hours=1))
    assert "<circle cx=" not in staff.get(board).content.decode()  # planned, not begun
    table = b"".join(staff.get(page("csv", call.pk)).streaming_content).decode()  # type: ignore[attr-defined]
    assert "4.0" not in table
    assert "まで封をしています" in table
    now = clock.now()
    ReviewPhase.objects.filter(pk=phase.pk).update(starts_at=now - timedelta(days=1), ends_at=now)
    assert "<circle cx=" in staff.get(board).content.decode()
    assert "市への意見" in staff.get(panel).content.decode()


def test_notes_tell_who_stepped_back_and_what_changed(staff: Client, cast: Cast, call: Call) -> None:
    criteria(call)
    row = application(call, cast, personal_data="yes")
    who, gone = reviewer(call), reviewer(call)
    reviewed(row, who, 4, 4)
    ReviewConflict.objects.create(
        reviewer=gone, application=row, kind="hard", source="recused", ground="words"
    )
    text = staff.get(page("board", call.pk)).content.decode()
    assert "審査員1人が審査から外れました" in text
    assert "個人情報" in text
    assert "変わりました" not in text
    Application.objects.filter(pk=row.pk).update(revision=2)
    assert "審査員1人の採点の後に変わりました" in staff.get(page("board", call.pk)).content.decode()


def decide(staff: Client, row: Application, **data: Any) -> Any:
    text = staff.get(page("panel", row.pk)).content.decode()
    start = {"version": hidden(text, "version"), "granted_devices": "12", "granted_messages": "1728"}
    return staff.post(page("panel", row.pk), {**start, **data})


def test_one_application_is_decided_signed_made_final_and_taken_back(
    staff: Client, client: Client, cast: Cast, call: Call, second: User
) -> None:
    row = application(call, cast, code="2026-901", sensors=[{**SENSOR, "count": 40}], device_count=40)
    text = staff.get(page("panel", row.pk)).content.decode()
    assert 'name="granted_devices" value="40"' in text
    assert decide(staff, row, outcome="decline").status_code == 422
    assert decide(staff, row, outcome="conditions").status_code == 422
    response = decide(staff, row, outcome="adopt", granted_devices="40")
    assert response.status_code == 302
    said = staff.get(response.headers["Location"]).content.decode()
    assert "40台を認めています。ネットワークが受け止められるのは30台です" in said
    assert "署名を待っています" in staff.get(page("board", call.pk)).content.decode()

    sign = page("sign", call.pk)
    key = f"{row.pk}:1"
    text = staff.get(sign).content.decode()
    assert key not in text  # one's own cannot be ticked
    assert staff.post(sign, {"decision": key}).status_code == 409
    client.force_login(second)
    assert key in client.get(sign).content.decode()
    assert client.post(sign, {}).status_code == 422
    assert client.post(sign, {"decision": key}).status_code == 302
    assert not Message.objects.exists()

    publish = page("publish", call.pk)
    text = client.get(publish).content.decode()
    assert f"{row.pk}:2" in text
    assert "日本語 1" in text
    assert client.post(publish, {"decision": f"{row.pk}:1"}).status_code == 409
    assert client.post(publish, {"decision": f"{row.pk}:2"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "adopted"
    assert Message.objects.get().state == "held"
    assert client.post(publish, {"decision": f"{row.pk}:2"}).status_code == 409
    board = client.get(page("board", call.pk)).content.decode()
    assert "確定、通知はまだ" in board

    back = page("take_back", call.pk)
    assert f"{row.pk}:3" in client.get(back).content.decode()
    assert client.post(back, {"decision": f"{row.pk}:3"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "submitted"


def test_a_second_form_loses_nothing_that_was_typed(staff: Client, cast: Cast, call: Call) -> None:
    row = application(call, cast)
    old = {"version": "0", "outcome": "decline", "reason": "届きません。"}
    quiet(row, UserFactory.create(is_staff=True))
    response = staff.post(page("panel", row.pk), old)
    assert response.status_code == 409
    text = response.content.decode()
    assert "ほかの職員が先に決めたか、署名しました" in text
    assert "届きません。" in text
    assert staff.post(page("panel", row.pk), {**old, "version": hidden(text, "version")}).status_code == 302
    assert Decision.objects.get().outcome == "decline"


def test_keeping_can_go_on_to_the_next_that_is_open(staff: Client, cast: Cast, call: Call) -> None:
    one, two = (application(call, cast, code=f"2026-90{n}") for n in (1, 2))
    response = decide(staff, one, outcome="adopt", next="1")
    assert response.headers["Location"] == page("panel", two.pk)
    response = decide(staff, two, outcome="waitlist", reason="機器の数", rank="1", next="1")
    assert response.headers["Location"] == page("panel", two.pk)
    assert decide(staff, two, outcome="").status_code == 302
    assert Decision.objects.get(application=two).outcome == ""


def test_what_was_told_is_only_read(staff: Client, cast: Cast, call: Call) -> None:
    row = final(application(call, cast), cast.staff, "decline")
    Application.objects.update(decision_published_at=clock.now())
    text = staff.get(page("panel", row.pk)).content.decode()
    assert "応募者に通知しました" in text
    assert 'name="outcome"' not in text
    assert staff.post(page("panel", row.pk), {"version": "3", "outcome": "adopt"}).status_code == 409


def test_the_tables_are_safe_from_formulas(staff: Client, cast: Cast, call: Call) -> None:
    criteria(call)
    for number, text in enumerate(FORMULAS):
        application(call, cast, code=f"2026-90{number}", title=text, org_name=text)
    response = staff.get(page("csv", call.pk))
    table = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(table)))
    assert len(rows) == 1 + len(FORMULAS)
    assert all(cell[:1] not in "=+-@＝\t" for row in rows[1:] for cell in row if cell)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(staff.get(page("xlsx", call.pk)).streaming_content)))  # type: ignore[attr-defined]
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(action="decision.export").count() == 2


def test_the_map_lists_every_place_with_its_number(staff: Client, cast: Cast, call: Call) -> None:
    row = application(call, cast, code="2026-901")
    other = application(call, cast, code="2026-902", places=[], place_undecided=True)
    text = staff.get(page("map", call.pk)).content.decode()
    assert '<li data-marker="1" id="a-2026-901">' in text
    assert '"number": 1' in text
    assert other.code in text.split("場所のない応募")[1]
    quiet(row, cast.staff, "waitlist")
    assert '"state": "waitlisted"' in staff.get(page("map", call.pk)).content.decode()


#: Beyond those of the admin's frame; what is kept ready is made anew here.
QUERIES = {"board": 22, "map": 21, "sign": 2, "publish": 8, "take_back": 2}


def counted(staff: Client, address: str) -> int:
    """How many queries a page takes, the city's settings read anew."""
    site.forget()
    with CaptureQueriesContext(connection) as seen:
        response = staff.get(address)
        if response.streaming:
            b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert response.status_code == 200
    return len(seen)


def own_queries(staff: Client, address: str) -> int:
    """How many it takes beyond the admin's frame, whose count of what waits is known by then."""
    frame = reverse("admin:password_change")
    staff.get(frame)
    return counted(staff, address) - counted(staff, frame)


def full(call: Call, cast: Cast, number: int) -> None:
    """``number`` of each: reviewed and open, decided, signed, final; each with a partner and a consent."""
    who = [reviewer(call), reviewer(call)]
    for n in range(number):
        rows = [
            application(call, cast, created_by=UserFactory.create(), title=f"題{n}-{k}") for k in range(4)
        ]
        for row in rows:
            ConfirmedFactory.create(application=row)
            ConsentFactory.create(application=row)
            for person in who:
                reviewed(row, person, 3, 4, city="意見")
        quiet(rows[1], UserFactory.create(is_staff=True))
        signed(rows[2], cast.staff)
        final(rows[3], cast.staff, "waitlist", rank=Decision.objects.count() + 1)


@pytest.mark.parametrize("name", QUERIES)
def test_the_pages_take_as_many_queries_for_three_rows_as_for_one(
    staff: Client, cast: Cast, call: Call, name: str
) -> None:
    criteria(call)
    for number in (1, 3):
        full(call, cast, number)
        assert own_queries(staff, page(name, call.pk)) == QUERIES[name]


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_the_tables_take_as_many_queries_for_three_rows_as_for_one(
    staff: Client, cast: Cast, call: Call, name: str
) -> None:
    criteria(call)
    for number in (1, 3):
        full(call, cast, number)
        assert counted(staff, page(name, call.pk)) == 38


def test_one_application_takes_as_many_queries_for_three_reviews_as_for_one(
    staff: Client, cast: Cast, call: Call
) -> None:
    criteria(call)
    row = application(call, cast)
    staff.get(page("panel", row.pk))
    for number in (1, 2):
        for _n in range(number):
            who = reviewer(call)
            reviewed(row, who, 3, 4, city="意見")
            ReviewConflict.objects.create(
                reviewer=reviewer(call), application=row, kind="soft", source="declared", ground="words"
            )
            application(call, cast)
        assert own_queries(staff, page("panel", row.pk)) == 22


def test_kept_rows_are_made_anew_when_anything_changed(staff: Client, cast: Cast, call: Call) -> None:
    criteria(call)
    row = application(call, cast)
    who = reviewer(call)
    reviewed(row, who, 3, 4)
    board = page("board", call.pk)
    staff.get(board)
    assert own_queries(staff, board) == 5
    assert "2台" not in staff.get(board).content.decode()
    ReviewConflict.objects.create(reviewer=who, application=row, kind="hard", source="found", ground="domain")
    text = staff.get(board).content.decode()
    assert "採点1件を除いています" in text
    assert "<circle cx=" not in text


def test_the_list_of_calls(staff: Client, cast: Cast, call: Call) -> None:
    address = reverse("admin:calls_decision_changelist")
    assert "まとめる応募がまだありません" in staff.get(address).content.decode()
    for number in (1, 2):
        for _n in range(number):
            other = CallFactory.create()
            application(other, cast)
            quiet(application(other, cast), cast.staff)
        assert own_queries(staff, address) == 2
        text = staff.get(address).content.decode()
    assert text.count("/board/") == 3
    decision = Decision.objects.first()
    assert decision is not None
    change = reverse("admin:calls_decision_change", args=[decision.pk])
    assert staff.get(change).headers["Location"] == page("panel", decision.application_id)
