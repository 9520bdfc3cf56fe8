"""Staff from the closing of a call to the released mails: phases, panel, deliberation, two signatures."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.calls.domain.conflict import NONE, conflict_declare, ties_state
from apps.calls.domain.panel import reviewer_accept
from apps.calls.domain.reviewing import review_hand_in, review_save
from apps.calls.models import Application, Call, CallCriterion, Decision, Letter, ReviewAssignment, Reviewer
from apps.calls.rules.marks import score_unit
from apps.core import clock
from apps.outbox.models import Message
from tests.factories.calls import CallFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.review import submitted
from tests.journeys.call.server import signed_in
from tests.journeys.stage import Person, Stage, Variant

EXPERTS = {"hana@daigaku.example.jp": "評価 はな", "riku@kosen.example.jp": "審 りく"}
ADOPTED, BOUND, WAITING, REFUSED = "2026-101", "2026-102", "2026-103", "2026-104"
TITLES = {
    ADOPTED: "用水路のごみ詰まりを、水位差で知る",
    BOUND: "雪の下の消火栓をさがす",
    WAITING: "通学路の雪の深さを測る",
    REFUSED: "坂の写真を5分ごとに送る",
}


def closed_call() -> Call:
    """A call that closed an hour ago, with four applications of four companies."""
    now = clock.now()
    call: Call = CallFactory.create(
        code="2026", title="センサーネットワーク 実証実験公募（見本）", closes_at=now - timedelta(hours=1)
    )
    Call.objects.filter(pk=call.pk).update(capacity_devices=40, capacity_messages=60_000)
    for order, name in enumerate(("困りごとから始まっているか", "進め方に無理がないか")):
        CallCriterion.objects.create(call=call, order=order, name=name, weight=2 - order)
    for number, (code, title) in enumerate(TITLES.items()):
        person = UserFactory.create(email=f"kaisha{number + 1}@example.jp")
        company = OrganizationFactory.create(name=f"見本の会社{number + 1}", kind="association")
        MembershipFactory.create(organization=company, user=person)
        submitted(
            call,
            code=code,
            title=title,
            created_by=person,
            organization=company,
            org_name=company.name,
            org_kind="association",
            corporate_number="",
            contact_email=person.email,
        )
    return call


def staff_member(stage: Stage, variant: Variant, email: str, name: str) -> Person:
    user = User.objects.create_user(email, name=name, is_staff=True, is_superuser=True)
    person = stage.person(name, variant)
    signed_in(person, user)
    return person


def application(code: str) -> Application:
    return Application.objects.get(code=code)


@pytest.mark.variants("desktop-ja")
def test_review_staff_from_the_closing_to_the_released_mails(stage: Stage, variant: Variant) -> None:
    stage.outbox()
    call = closed_call()
    staff = staff_member(stage, variant, "tanto@city.example.jp", "高野")
    plans_phases(staff, call)
    invites(staff, call)
    accepts(stage, call)
    gives_out(staff, call)
    experts_score(call)
    staff.goto(f"/admin/calls/call/{call.pk}/review/")
    staff.look("staff-progress")
    decides(staff, call)
    chief = staff_member(stage, variant, "kacho@city.example.jp", "大村")
    signs(chief, call)
    makes_final(staff, call)
    assert not [mail for mail in Message.objects.filter(state="sent") if "decision" in mail.template]
    releases(staff)
    told(stage)


def plans_phases(staff: Person, call: Call) -> None:
    page = staff.page
    staff.goto(f"/admin/calls/call/{call.pk}/review/phases/")
    staff.look("staff-phases-none")
    page.locator("form[action$='/propose/'] .button-primary").click()
    page.locator(".review-phases li").first.wait_for()
    staff.look("staff-phases")
    page.locator(".review-phases a.button").first.click()
    page.locator("[name^=starts_at]").first.wait_for()
    staff.fill_moment("starts_at", clock.now() - timedelta(minutes=30))
    staff.look("staff-phase")
    staff.submit()
    page.locator(".review-phases li").first.wait_for()


def invites(staff: Person, call: Call) -> None:
    """Names are pasted; who gets a mail is seen before it leaves."""
    page = staff.page
    staff.goto(f"/admin/calls/call/{call.pk}/review/panel/")
    staff.tap("a[href$='/invite/']")
    lines = "\n".join(f"{name} <{email}> 見本大学" for email, name in EXPERTS.items())
    staff.fill(people=f"{lines}\n高野 <tanto@city.example.jp>")
    staff.submit()
    page.locator("table").first.wait_for()
    staff.look("staff-invite-refused")
    assert page.locator("button[name=send]").count() == 0
    staff.fill(people=lines)
    page.locator("main form .button").first.click()
    page.locator("button[name=send]").wait_for()
    staff.look("staff-invite")
    page.locator("button[name=send]").click()
    page.wait_for_url(re.compile("/panel/$"))
    staff.look("staff-panel")


def accepts(stage: Stage, call: Call) -> None:
    """The experts' half is tests/journeys/review/test_reviewer.py: here they say yes behind the scene."""
    for email, name in EXPERTS.items():
        mails = stage.wait(f"the invitation of {name}", lambda email=email: stage.mails_to(email))
        found = re.search(r"/panel/([\w-]+)/", mails[-1][1])
        assert found
        user = UserFactory.create(email=email, name=name)
        part = reviewer_accept(token=found.group(1), actor=user)
        ties_state(reviewer=part, actor=user, ties=[])


def gives_out(staff: Person, call: Call) -> None:
    """Evenly by one act, then one mail each."""
    page = staff.page
    staff.goto(f"/admin/calls/call/{call.pk}/review/assign/evenly/?wanted=2")
    staff.look("staff-evenly")
    page.locator("form[method=post] .button-primary").last.click()
    page.wait_for_url(re.compile("/assign/$"))
    staff.look("staff-assigned")
    assert ReviewAssignment.objects.count() == 2 * len(TITLES)
    staff.goto(f"/admin/calls/call/{call.pk}/review/tell/")
    staff.look("staff-tell")
    page.locator("main form[method=post] .button-primary").click()
    page.wait_for_url(re.compile("/review/$"))


def experts_score(call: Call) -> None:
    marks = {ADOPTED: ("5", "4"), BOUND: ("4", "4"), WAITING: ("4", "3"), REFUSED: ("4", "1")}
    criteria = list(call.criteria.order_by("order"))
    for part in Reviewer.objects.filter(call=call):
        assert part.user is not None
        for seat in part.assignments.select_related("application"):
            conflict_declare(assignment=seat, actor=part.user, kind=NONE)
            code = seat.application.code
            values = {score_unit(row.pk): mark for row, mark in zip(criteria, marks[code], strict=True)}
            values |= {"comment_city": f"{part.name}の意見", "comment_applicant": "図がわかりやすい。"}
            review_save(actor=part.user, code=code, revision=1, values=values)
            review_hand_in(actor=part.user, code=code, revision=1)


def decides(staff: Person, call: Call) -> None:
    """One of each outcome, from the list that lies side by side."""
    page = staff.page
    staff.goto(f"/admin/calls/decision/{call.pk}/board/")
    page.locator(".board-decision").first.wait_for()
    staff.look("staff-board")
    told = {
        ADOPTED: ("adopt", {"reason": "困りごとがはっきりしています。"}),
        BOUND: (
            "conditions",
            {"reason": "冬に役立ちます。", "conditions": "消防の担当課と場所を決めてください。"},
        ),
        WAITING: ("waitlist", {"reason": "ほかの実証の枠があいたらお願いします。", "rank": "1"}),
        REFUSED: ("decline", {"reason": "写真はこの網では送れません。"}),
    }
    for code, (outcome, values) in told.items():
        staff.goto(f"/admin/calls/decision/{call.pk}/board/")
        page.locator(f"#a-{code} a[href*='outcome={outcome}']").click()
        page.locator("#decision form").wait_for()
        staff.choose("outcome", outcome)
        staff.fill(**values)
        if code == ADOPTED:
            staff.look("staff-decide")
        page.locator("#decision form .button-primary").click()
        staff.settle()
        assert Decision.objects.get(application__code=code).outcome == outcome
    assert set(Application.objects.values_list("state", flat=True)) == {"submitted"}


def signs(chief: Person, call: Call) -> None:
    """A second person signs all four; who decided could not."""
    chief.goto(f"/admin/calls/decision/{call.pk}/sign/")
    for code in TITLES:
        chief.page.locator(f"#d-{code}").check()
    chief.look("staff-sign")
    chief.page.locator("main form .button-primary").click()
    chief.settle()
    assert Decision.objects.filter(signed_by__name="大村").count() == 4


def makes_final(staff: Person, call: Call) -> None:
    page = staff.page
    staff.goto(f"/admin/calls/decision/{call.pk}/publish/")
    staff.look("staff-final")
    page.locator("main form .button-primary").click()
    staff.settle()
    states = dict(Application.objects.values_list("code", "state"))
    assert states == {ADOPTED: "adopted", BOUND: "adopted", WAITING: "waitlisted", REFUSED: "declined"}
    staff.look("staff-made-final")


def releases(staff: Person) -> None:
    staff.goto("/admin/")
    staff.look("staff-queue")
    staff.release_batch()


def told(stage: Stage) -> None:
    """Everyone has one mail; whoever waits or was adopted has a letter with a number."""
    for number in range(1, 5):
        address = f"kaisha{number}@example.jp"
        stage.wait(f"the mail to {address}", lambda address=address: stage.mails_to(address))
        assert len(stage.mails_to(address)) == 1
    assert list(Letter.objects.order_by("serial").values_list("serial", flat=True)) == [1, 2, 3, 4]
    assert not Application.objects.filter(decision_published_at=None).exists()
    assert application(ADOPTED).answer_due_at is not None
