"""A reviewer from the invitation's mail to the last score: on a phone, and by keyboard alone."""

from __future__ import annotations

import re

import pytest

from apps.accounts.models import User
from apps.calls.domain.assigning import assignments_change
from apps.calls.domain.panel import About, reviewers_invite
from apps.calls.domain.reminding import reviewers_tell
from apps.calls.models import Application, Call, Review, ReviewConflict, Reviewer
from apps.calls.rules.marks import score_unit
from apps.calls.rules.people import Invitee
from tests.factories.people import UserFactory
from tests.factories.review import review_call, submitted
from tests.journeys.stage import Person, Stage, Variant

EXPERT = "senmonka@daigaku.example.jp"
TITLES = {
    "2026-101": "用水路のごみ詰まりを、水位差で知る",
    "2026-102": "雪の下の消火栓をさがす",
    "2026-103": "通学路の雪の深さを測る",
    "2026-104": "古い蔵の湿りを比べる",
}


def invited(stage: Stage, *codes: str) -> Call:
    """A call under review with ``codes``; its staff have invited the expert a moment ago."""
    stage.outbox()
    call = review_call(code="2026", title="センサーネットワーク 実証実験公募（見本）")
    for number, code in enumerate(codes):
        submitted(call, code=code, title=TITLES[code], org_name=f"見本の会社{number + 1}")
    staff = UserFactory.create(email="tanto@city.example.jp", name="高野", is_staff=True, is_superuser=True)
    reviewers_invite(
        call=call,
        actor=staff,
        people=[Invitee("評価 はな", EXPERT, "見本大学 工学部")],
        about=About(language="ja"),
    )
    return call


def assigns(call: Call) -> None:
    """Staff give everything to the expert and send the one mail that says so."""
    staff, expert = User.objects.get(name="高野"), Reviewer.objects.get(call=call)
    pairs = [(expert.pk, row.pk) for row in Application.objects.filter(call=call)]
    assignments_change(call=call, actor=staff, add=pairs)
    assert reviewers_tell(call=call, actor=staff, reviewers=[expert.pk]) == 1


def link_in_mail(stage: Stage, number: int, path: str) -> str:
    """The link below ``path`` in the mail of that number to the expert, as in a browser of hers."""
    mails = stage.wait(
        f"mail {number}", lambda: len(found := _letters(stage)) >= number and found[number - 1]
    )
    found = re.search(rf"https?://[^/\s]+({path}\S*)", mails[1])
    assert found, mails[1]
    return str(found.group(1))


def _letters(stage: Stage) -> list[tuple[str, str]]:
    """Mails to the expert that are no sign-in codes."""
    return [mail for mail in stage.mails_to(EXPERT) if "/panel/" in mail[1] or "/admin/" in mail[1]]


def scores(call: Call, code: str) -> list[int | None]:
    review = Review.objects.get(assignment__application__code=code)
    assert review.handed_in_at is not None
    by_criterion = {row.criterion_id: row.value for row in review.scores.all()}
    return [by_criterion[row.pk] for row in call.criteria.order_by("order")]


@pytest.mark.variants("phone-ja")
def test_reviewer_from_the_invitation_to_the_last_score(stage: Stage, variant: Variant) -> None:
    call = invited(stage, *TITLES)
    person = stage.person("はな", variant)
    person.goto(link_in_mail(stage, 1, "/panel/"))
    person.look("reviewer-invitation")
    person.tap("main a.button-primary")
    person.sign_in(EXPERT)
    person.tap("main form .button-primary")
    states_ties(person)
    assigns(call)
    person.goto(link_in_mail(stage, 2, "/admin/"))
    person.look("reviewer-to-declare")
    person.tap("main a[href$='/declare/']")
    declares(person)
    scores_one(person, call, "2026-101", "4", "8")
    steps_back(person, "2026-102")
    person.goto("/admin/review/")
    person.tap("a.button[href$='/2026-104/']")
    scores_one(person, call, "2026-104", "5", "10")
    person.goto("/admin/review/")
    person.look("reviewer-all-done")
    assert (scores(call, "2026-101"), scores(call, "2026-104")) == ([4, 8], [5, 10])
    kinds = ReviewConflict.objects.values_list("application__code", "kind", "source")
    assert set(kinds) == {
        ("2026-103", "hard", "declared"),
        ("2026-104", "soft", "declared"),
        ("2026-102", "hard", "recused"),
    }


def states_ties(person: Person) -> None:
    page = person.page
    page.locator("input[name='tie-0-organization_name']").wait_for()
    person.look("reviewer-ties")
    person.submit()
    page.locator("[aria-invalid=true]").first.wait_for()
    person.look("reviewer-ties-missing")
    page.locator("input[name='tie-0-organization_name']").fill("見本の農業組合")
    page.locator("select[name='tie-0-kind']").select_option("research")
    page.locator("main form .button-primary").first.click()
    page.wait_for_url(re.compile(r"/admin/review/$"))
    person.look("reviewer-nothing-yet")


def declares(person: Person) -> None:
    """None, stepping back, hard and soft: what is hard is gone at once."""
    page = person.page
    person.look("reviewer-declare")
    for code, kind in (("101", "none"), ("102", "none"), ("103", "hard"), ("104", "soft")):
        page.locator(f"input[name='2026-{code}-kind'][value={kind}]").check(force=True)
    page.locator("[name='2026-103-note']").fill("家族が勤めています。")
    page.locator("main form .button-primary").first.click()
    page.locator("[aria-invalid=true]").first.wait_for()
    page.locator("[name='2026-104-note']").fill("3年前に、蔵の会と一緒に調べました。")
    page.locator("main form .button-primary").first.click()
    page.wait_for_url(re.compile(r"/admin/review/$"))
    person.look("reviewer-home")
    assert page.get_by_text(TITLES["2026-103"]).count() == 0
    assert person.page.request.get(f"{person.stage.url}/admin/review/2026-103/").status == 404


def scores_one(person: Person, call: Call, code: str, first: str, second: str) -> None:
    page = person.page
    person.goto(f"/admin/review/{code}/")
    assert page.get_by_text("見本の会社").count() == 0
    for criterion, value in zip(call.criteria.order_by("order"), (first, second), strict=True):
        page.locator(f"input[name={score_unit(criterion.pk)}][value='{value}']").check(force=True)
    page.locator("#id_comment_city").fill("困りごとがはっきりしています。")
    page.locator("#id_comment_applicant").fill("雪の日の電池を、先に確かめてください。")
    person.look(f"reviewer-sheet-{code}")
    page.locator("button[name=hand_in]").click()
    person.see_message("Handed in. Thank you.")
    person.look(f"reviewer-handed-in-{code}")


def steps_back(person: Person, code: str) -> None:
    """Recusing acts at once: the page is gone."""
    page = person.page
    person.goto(f"/admin/review/{code}/")
    person.tap("a[href$='/recuse/']")
    person.look("reviewer-recuse")
    page.locator("main textarea").fill("読んでみて、前に助言した計画だと気づきました。")
    page.locator("main form button[type=submit]").first.click()
    person.settle()
    assert page.request.get(f"{person.stage.url}/admin/review/{code}/").status == 404


@pytest.mark.variants("desktop-ja")
def test_reviewer_by_keyboard_from_the_link_to_the_last_score(stage: Stage, variant: Variant) -> None:
    call = invited(stage, "2026-101")
    person = stage.person("はな", variant)
    person.goto(link_in_mail(stage, 1, "/panel/"))
    person.tab_to("main a.button-primary")
    person.enter()
    signs_in_by_key(person)
    person.tab_to("main form .button-primary")
    person.enter()
    person.tick_by_key("none")
    person.tab_to("main form .button-primary")
    person.enter()
    assigns(call)
    person.goto(link_in_mail(stage, 2, "/admin/"))
    person.tab_to("a[href$='/declare/']")
    person.enter()
    person.tab_to("input[name='2026-101-kind']")
    person.press("Space")
    person.tab_to("main form .button-primary")
    person.enter()
    person.tab_to("a.button[href$='/2026-101/']")
    person.enter()
    for criterion, value in zip(call.criteria.order_by("order"), ("3", "6"), strict=True):
        unit = score_unit(criterion.pk)
        person.tab_to(f"input[name={unit}]")
        person.press("Space")
        person.tab_to(f"input[name={unit}][value='{value}']")
    person.write("comment_city", "小さく始められる計画です。")
    person.tab_to("button[name=hand_in]")
    person.enter()
    person.see_message("Handed in. Thank you.")
    person.look("reviewer-keyboard-done")
    assert scores(call, "2026-101") == [3, 6]


def signs_in_by_key(person: Person) -> None:
    """The address and the code from the mail, typed."""
    before = len(person.stage.mails_to(EXPERT))
    person.tab_to("input[type=email]")
    person.press("Control+a")
    person.type(EXPERT)
    person.enter()
    code = person.code(EXPERT, before)
    person.tab_to("input[name=code]")
    person.type(code)
    person.enter()
