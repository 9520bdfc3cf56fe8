"""A reviewer's pages: what is left, the blind sheet, saving and handing in."""

from __future__ import annotations

import html
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.calls import rules
from apps.calls.domain.attachment import attachment_add
from apps.calls.domain.revision import revision_add
from apps.calls.models import (
    Application,
    Call,
    CallCriterion,
    CallQuestion,
    Review,
    ReviewAssignment,
    ReviewPhase,
)
from apps.calls.rules.marks import CANNOT, score_unit
from apps.calls.selectors.reviews import scores_of_call
from apps.core import clock
from tests.cast import Cast
from tests.factories import files
from tests.factories.organizations import MembershipFactory
from tests.factories.people import UserFactory
from tests.factories.review import assigned, hand_in_anew, review_call, reviewer, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def call() -> Call:
    return review_call(code="2026", title="秋の公募")


@pytest.fixture
def expert(call: Call, cast: Cast) -> Any:
    return reviewer(call, cast.reviewer)


@pytest.fixture
def application(call: Call) -> Application:
    return submitted(call, title="用水路のごみ", plan="みずおと技研が㈱みずおと技研の前に置く。")


@pytest.fixture
def seat(expert: Any, application: Application) -> ReviewAssignment:
    return assigned(expert, application)


@pytest.fixture
def me(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.reviewer)
    return client


def address(seat: ReviewAssignment, name: str = "sheet", **more: Any) -> str:
    return reverse(f"admin:review-{name}", kwargs={"code": seat.application.code, **more})


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def units(call: Call) -> list[str]:
    return [score_unit(row.pk) for row in call.criteria.all()]


def whole(call: Call, **more: str) -> dict[str, str]:
    first, second = units(call)
    return {first: "4", second: CANNOT, "revision": "1", **more}


def test_the_admin_leads_a_reviewer_to_what_is_left(me: Client, seat: ReviewAssignment) -> None:
    answer = me.get(reverse("admin:index"), follow=True)
    assert answer.request["PATH_INFO"] == reverse("admin:review-home")
    assert "用水路のごみ" in text(answer)
    assert "秋の公募" in text(answer)
    assert reverse("admin:calls_application_changelist") not in text(answer)


def test_signing_in_leads_a_reviewer_to_what_is_left(me: Client, seat: ReviewAssignment) -> None:
    assert me.get(reverse("portal:after-sign-in"))["Location"] == reverse("admin:review-home")


def test_the_models_own_pages_stay_closed(me: Client, seat: ReviewAssignment) -> None:
    for name in ("calls_application_changelist", "calls_call_changelist", "accounts_user_changelist"):
        assert me.get(reverse(f"admin:{name}"), follow=True).status_code == 403


def test_what_comes_next_is_first(me: Client, expert: Any, call: Call) -> None:
    rows = [submitted(call, title=f"題{number}") for number in range(5)]
    seats = [assigned(expert, row) for row in rows]
    ReviewAssignment.objects.filter(pk=seats[0].pk).update(declared_at=None)
    me.post(address(seats[1]), {**whole(call), "hand_in": "1"})
    me.post(address(seats[2]), {"comment_city": "途中", "revision": "1"})
    me.post(address(seats[3]), {**whole(call), "hand_in": "1"})
    hand_in_anew(rows[3], plan="新しい計画")
    page = text(me.get(reverse("admin:review-home")))
    order = [page.index(f"題{number}</a>") for number in (3, 2, 4, 0, 1)]
    assert order == sorted(order)
    work = me.get(reverse("admin:review-home")).context["works"][0]
    assert (work.done, work.total, len(work.left), work.days_left) == (1, 5, 4, 9)
    assert work.next.code == rows[3].code


def test_days_left_are_days_of_the_calendar(me: Client, seat: ReviewAssignment) -> None:
    ReviewPhase.objects.update(ends_at=clock.now() + timedelta(minutes=1))
    assert me.get(reverse("admin:review-home")).context["works"][0].days_left in (0, 1)


@pytest.mark.parametrize("count", [1, 3])
def test_the_home_takes_the_same_queries(
    me: Client, expert: Any, call: Call, count: int, django_assert_num_queries: Any
) -> None:
    for _number in range(count):
        assigned(expert, submitted(call))
    me.get(reverse("admin:review-home"))
    with django_assert_num_queries(HOME):
        me.get(reverse("admin:review-home"))


HOME = 20


def test_the_sheet_says_everything_but_who(me: Client, seat: ReviewAssignment) -> None:
    page = text(me.get(address(seat)))
    assert "用水路のごみ" in page
    assert "水位計 WL-20" in page
    assert "婦中町の用水路" in page
    for telling in ("みずおと", "ミズオト", "4011001098993", "山田", "haru@", "総曲輪"):
        assert telling not in page
    assert page.count("（応募者名）") + page.count("(applicant)") >= 2


def test_the_sheet_shows_the_name_where_the_phase_does(me: Client, seat: ReviewAssignment) -> None:
    ReviewPhase.objects.update(hide_applicant=False)
    page = text(me.get(address(seat)))
    assert "株式会社みずおと技研" in page
    assert "haru@" not in page
    assert "4011001098993" not in page


def test_names_of_earlier_revisions_and_partners_are_hidden(me: Client, expert: Any, call: Call) -> None:
    row = submitted(call, org_name="カワセミ工房", plan="カワセミ工房とトビ水産が組む。")
    hand_in_anew(row, org_name="株式会社あたらしい")
    page = text(me.get(address(assigned(expert, row))))
    assert "カワセミ" not in page
    assert "とトビ水産が組む" in page


def test_extra_answers_are_on_the_sheet(me: Client, expert: Any, call: Call) -> None:
    question = CallQuestion.objects.create(call=call, label="冬はどうしますか", reason="雪のため")
    row = submitted(call)
    row.extra_answers = {str(question.pk): "みずおと技研の倉庫に入れます"}
    revision_add(row=row, actor=row.created_by, now=clock.now())
    row.save()
    page = text(me.get(address(assigned(expert, row))))
    assert "冬はどうしますか" in page
    assert "の倉庫に入れます" in page
    assert "みずおと" not in page


def test_it_is_kept_and_handed_in_without_script(me: Client, seat: ReviewAssignment, call: Call) -> None:
    answer = me.post(address(seat), {"comment_city": "良い", "revision": "1", "save": "1"}, follow=True)
    assert "良い" in text(answer)
    assert Review.objects.get().handed_in_at is None
    answer = me.post(address(seat), {"comment_city": "良い", "hand_in": "1", "revision": "1"})
    assert answer.status_code == 422
    assert len(answer.context["form"].errors) == 2
    other = assigned(seat.reviewer, submitted(call, title="次の応募"))
    answer = me.post(address(seat), {**whole(call, comment_city="良い"), "hand_in": "1"}, follow=True)
    assert Review.objects.get().handed_in_at is not None
    assert other.application.code in text(answer)
    assert answer.context["row"].step == "done"


@pytest.mark.parametrize("typed", ["9", "1.5", "良い", "-3"])
def test_a_score_that_is_none_is_refused_and_the_rest_kept(
    me: Client, seat: ReviewAssignment, call: Call, typed: str
) -> None:
    first, _second = units(call)
    answer = me.post(address(seat), {first: typed, "comment_city": "残る文", "revision": "1"})
    assert answer.status_code == 422
    assert first in answer.context["form"].errors
    assert "残る文" in text(answer)


def test_the_criterion_of_another_call_is_refused(me: Client, seat: ReviewAssignment) -> None:
    other = CallCriterion.objects.create(call=review_call(code="2027"), name="よそ")
    answer = me.post(address(seat), {score_unit(other.pk): "3", "comment_city": "残る文"})
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors()


def _end() -> None:
    ReviewPhase.objects.update(ends_at=clock.now())


def _withdraw() -> None:
    Application.objects.update(state="withdrawn")


def _remove() -> None:
    ReviewAssignment.objects.update(removed_at=clock.now())


@pytest.mark.parametrize(("change", "status"), [(_end, 422), (_withdraw, 422), (_remove, 404)])
def test_what_was_typed_too_late_stays_on_the_page(
    me: Client, seat: ReviewAssignment, call: Call, change: Any, status: int
) -> None:
    change()
    data = {**whole(call, comment_city="長い文を書いた"), "hand_in": "1"}
    answer = me.post(address(seat), data)
    assert answer.status_code == status
    assert "長い文を書いた" in text(answer)
    assert "用水路のごみ" not in text(answer)
    assert not Review.objects.exists()
    answer = me.post(address(seat, "save"), data)
    assert answer.status_code == (404 if status == 404 else 409)
    assert answer.json()["words"]


def test_autosave_answers_as_the_applicants_screens_do(
    me: Client, seat: ReviewAssignment, call: Call, cast: Cast
) -> None:
    first, second = units(call)
    empty = rules.bases_of({first: "", second: "", "comment_city": "", "comment_applicant": ""})

    data = {"bases": json.dumps(empty), "revision": "1", "pen": "a" * 24 + ":1"}
    answer = me.post(address(seat, "save"), {**data, first: "4", second: "99", "comment_city": "あ"})
    told = answer.json()
    assert set(told["saved"]) == {first, "comment_city"}
    assert list(told["refused"]) == [second]
    assert told["saved_at"]
    answer = me.post(address(seat, "save"), {**data, "pen": "b" * 24 + ":1", "comment_city": "い"})
    assert answer.json()["conflicts"] == ["comment_city"]
    assert "あ" in answer.json()["variants"]
    answer = me.post(address(seat, "save"), {**data, "writer_id": str(cast.owner.pk)})
    assert answer.status_code == 401
    assert Client().post(address(seat, "save"), data).status_code == 401


def test_two_windows_are_told_of_each_other(me: Client, seat: ReviewAssignment) -> None:
    bases = me.get(address(seat)).context["form"]["bases"].value()

    sent = {"bases": bases, "revision": "1"}
    me.post(address(seat), {**sent, "comment_city": "一つめ"})
    answer = me.post(address(seat), {**sent, "comment_city": "二つめ"})
    assert answer.status_code == 422
    assert "一つめ" in text(answer)
    again = answer.context["form"].data["bases"]
    me.post(address(seat), {"bases": again, "revision": "1", "comment_city": "二つめ"})
    assert Review.objects.get().comment_city == "二つめ"


def test_what_changed_is_shown_and_the_scores_are_confirmed(
    me: Client, seat: ReviewAssignment, call: Call
) -> None:
    me.post(address(seat), {**whole(call), "hand_in": "1"})
    hand_in_anew(
        Application.objects.get(pk=seat.application_id),
        learning="雪の日の失敗を、みずおと技研が書く。",
        representative="鷺沢 一",
        contact_phone="076-000-1111",
    )
    answer = me.get(address(seat))
    assert answer.context["row"].step == "changed"
    assert [change.label for change in answer.context["changes"]] == ["失敗したときに何がわかるか"] or len(
        answer.context["changes"]
    ) == 1
    assert "雪の日の失敗" in text(answer)
    assert "鷺沢" not in text(answer)
    assert "みずおと" not in text(answer)
    assert me.post(address(seat), {**whole(call), "hand_in": "1"}).status_code == 422
    me.post(address(seat), {**whole(call), "revision": "2", "hand_in": "1"})
    assert Review.objects.get().revision == 2


def _others(call: Call, seat: ReviewAssignment) -> None:
    place = assigned(reviewer(call, UserFactory.create(name="鷦鷯 ひらく")), seat.application)
    other = Client()
    other.force_login(place.reviewer.user)  # type: ignore[arg-type]
    other.post(address(place), {**whole(call, comment_city="市へのことば"), "hand_in": "1"})


@pytest.mark.parametrize(
    ("see", "names", "sealed", "before", "after"),
    [
        ("never", True, False, False, False),
        ("own", True, False, False, True),
        ("own", False, False, False, True),
        ("always", False, False, True, True),
        ("always", True, True, False, False),
    ],
)
def test_others_are_seen_as_the_phase_says(
    me: Client,
    seat: ReviewAssignment,
    call: Call,
    see: str,
    names: bool,
    sealed: bool,
    before: bool,
    after: bool,
) -> None:
    ReviewPhase.objects.update(see_scores=see, see_names=names, sealed=sealed)
    _others(call, seat)
    page = text(me.get(address(seat)))
    assert ("市へのことば" in page) == before
    me.post(address(seat), {**whole(call), "hand_in": "1"})
    page = text(me.get(address(seat)))
    assert ("市へのことば" in page) == after
    assert ("鷦鷯" in page) == (after and names)


def test_before_it_is_declared_nothing_is_read(me: Client, seat: ReviewAssignment) -> None:
    ReviewAssignment.objects.update(declared_at=None)
    page = text(me.get(address(seat)))
    assert "水位計" not in page
    assert me.get(address(seat, "file", revision=1, number=1)).status_code == 404


def test_outside_of_a_phase_only_ones_own_words_are_read(
    me: Client, seat: ReviewAssignment, call: Call
) -> None:
    me.post(address(seat), {**whole(call, comment_city="私の文"), "hand_in": "1"})
    _end()
    page = text(me.get(address(seat)))
    assert "私の文" in page
    assert "水位計" not in page


def _with_files(call: Call) -> Application:
    row = submitted(call)
    row.state = "draft"
    row.save()
    for name, raw in (
        ("みずおと計画書.pdf", files.plain_pdf(author="Pdf Ugui")),
        ("山田.jpg", files.gps_jpeg()),
    ):
        attachment_add(application=row, actor=row.created_by, file=io.BytesIO(raw), name=name)
    row.refresh_from_db()
    row.state = "submitted"
    revision_add(row=row, actor=row.created_by, now=clock.now())
    row.save()
    return row


def test_files_have_names_that_tell_nothing(me: Client, expert: Any, call: Call) -> None:
    place = assigned(expert, _with_files(call))
    number = place.application.revision
    page = text(me.get(address(place)))
    assert "みずおと" not in page
    answer = me.get(address(place, "file", revision=number, number=1))
    assert answer.status_code == 200
    assert "1.pdf" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"%PDF")
    assert b"Ugui" not in content
    for revision, item in ((number, 3), (number, 0), (number + 1, 1), (10**12, 1), (number, 10**12)):
        assert me.get(address(place, "file", revision=revision, number=item)).status_code == 404


def test_changed_files_are_told_without_their_names(me: Client, expert: Any, call: Call) -> None:
    row = _with_files(call)
    place = assigned(expert, row)
    me.post(address(place), {"comment_city": "読んだ", "revision": str(row.revision)})
    first = row.attachments.first()
    assert first is not None
    first.delete()
    hand_in_anew(row)
    answer = me.get(address(place))
    assert [change.label for change in answer.context["changes"]] == ["ファイル"]
    assert "山田.jpg" not in text(answer)


def test_a_file_that_was_removed_is_said_to_be(me: Client, expert: Any, call: Call) -> None:
    place = assigned(expert, _with_files(call))
    place.application.attachments.all().delete()
    answer = me.get(address(place, "file", revision=place.application.revision, number=1))
    assert answer.status_code == 404


def test_wide_scales_are_typed(me: Client, expert: Any, call: Call) -> None:
    wide = CallCriterion.objects.create(call=call, order=2, name="百点", scale_min=0, scale_max=100)
    place = assigned(expert, submitted(call))
    unit = score_unit(wide.pk)
    me.post(address(place), {unit: "８５", "revision": "1"})
    assert me.get(address(place)).context["form"][unit].value() == "85"
    answer = me.post(address(place), {unit: "85", f"cannot_{wide.pk.hex}": "on", "revision": "1"})
    assert unit in answer.context["form"].errors
    bases = me.get(address(place)).context["form"]["bases"].value()
    me.post(address(place), {f"cannot_{wide.pk.hex}": "on", "revision": "1", "bases": bases})
    assert Review.objects.get().scores.get(criterion=wide).cannot_judge


def test_staff_and_strangers_find_no_such_pages(cast: Cast, seat: ReviewAssignment) -> None:
    for user in (cast.staff, cast.owner, cast.stranger):
        client = Client()
        client.force_login(user)
        assert client.get(reverse("admin:review-home")).status_code == 404
        assert client.get(address(seat)).status_code == 404
        assert client.post(address(seat, "save"), {}).status_code == 404


def test_stepping_back_takes_effect_at_once(me: Client, seat: ReviewAssignment, call: Call) -> None:
    me.post(address(seat), {**whole(call), "hand_in": "1"})
    assert scores_of_call(call)[seat.application.pk].aggregate.count == 1
    answer = me.post(address(seat, "recuse"), {"reason": " "})
    assert answer.status_code == 422
    answer = me.post(address(seat, "recuse"), {"reason": "共同研究をしています。"}, follow=True)
    assert answer.request["PATH_INFO"] == reverse("admin:review-home")
    assert "用水路のごみ" not in text(answer)
    assert me.get(address(seat)).status_code == 404
    assert me.post(address(seat, "recuse"), {"reason": "もう一度"}).status_code == 404
    assert scores_of_call(call)[seat.application.pk].aggregate.count == 0


def test_a_reviewer_who_changes_employer_in_mid_review_reads_no_more(
    me: Client, seat: ReviewAssignment, call: Call, cast: Cast
) -> None:
    me.post(address(seat), {**whole(call), "hand_in": "1"})
    Application.objects.filter(pk=seat.application_id).update(organization=cast.organization)
    MembershipFactory.create(organization=cast.organization, user=cast.reviewer)
    assert me.get(address(seat)).status_code == 404
    assert "用水路のごみ" not in text(me.get(reverse("admin:review-home")))
    answer = me.post(address(seat), {**whole(call, comment_city="書きかけの文"), "hand_in": "1"})
    assert answer.status_code == 404
    assert "書きかけの文" in text(answer)
    assert scores_of_call(call)[seat.application.pk].aggregate.count == 0
