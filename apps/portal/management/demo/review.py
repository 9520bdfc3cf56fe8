"""The review of the snow call, half-way: its panel, who reads what, what was handed in, decided so far."""

from __future__ import annotations

from typing import Any

from apps.calls.domain.assigning import assignments_change
from apps.calls.domain.conflict import NONE, conflict_declare, conflict_recuse, ties_state
from apps.calls.domain.panel import About, reviewer_accept, reviewers_invite
from apps.calls.domain.phase import phase_save
from apps.calls.domain.reviewing import review_hand_in, review_save
from apps.calls.enums import ConflictKind
from apps.calls.models import Application, Call, ReviewAssignment, Reviewer, ReviewPhase
from apps.calls.rules import marks
from apps.calls.rules.people import Invitee
from apps.core.tokens import new_token
from apps.portal.management.demo.decisions import decide
from apps.portal.management.demo.fixture import Fixture
from apps.portal.management.demo.past import mails_left


def load_review(fixture: Fixture) -> int:
    """By the acts of staff and reviewers, each at its time; nothing when the call has phases."""
    data = fixture.read("review")
    call = Call.objects.get(code=data["call"])
    if ReviewPhase.objects.filter(call=call).exists():
        return 0
    invited = fixture.moment(data["invited_at"])
    for row in data["phases"]:
        times = {name: fixture.moment(row[name]) for name in ("starts_at", "ends_at")}
        phase_save(call=call, actor=fixture.staff, values={**row, **times}, now=invited)
    for row in data["reviewers"]:
        _invite(fixture, call, row, data["invited_at"])
    _assign(fixture, call, data)
    for row in data["recused"]:
        _hand_in_some(fixture, call, data, row["email"])
        conflict_recuse(
            assignment=_assignment(call, row["email"], row["application"]),
            actor=fixture.people[row["email"]],
            reason=row["note"],
            now=fixture.moment(row["at"]),
        )
    done = {row["email"] for row in data["recused"]}
    for row in data["reviews"]:
        if row["email"] not in done:
            _hand_in_some(fixture, call, data, row["email"])
    begun = data["begun"]
    _write(fixture, call, begun["email"], begun["application"], begun["scores"], begun["at"])
    for row in data["decisions"]:
        decide(fixture, _application(call, row["application"]), row, row["decided"], row.get("signed"))
    return Reviewer.objects.filter(call=call).count()


def _application(call: Call, number: str) -> Application:
    return Application.objects.get(call=call, code=f"{call.fiscal_year}-{number}")


def _assignment(call: Call, email: str, number: str) -> ReviewAssignment:
    return ReviewAssignment.objects.get(
        reviewer__email=email, application=_application(call, number), removed_at=None
    )


def _invite(fixture: Fixture, call: Call, row: dict[str, Any], day: list[Any]) -> None:
    """Invited, accepted a day later, ties stated: the mails of then are not sent again."""
    asked, answered = fixture.moment(day), fixture.moment([day[0] + 1, "19:30"])
    user = fixture.people[row["email"]]
    person = Invitee(row["name"], row["email"], row["affiliation"])
    with mails_left(asked):
        about = About(themes=row["themes"])
        reviewers_invite(call=call, actor=fixture.staff, people=[person], about=about, now=asked)
    # The mailed link is a secret that nobody keeps: the sample's reviewers get another one.
    token, hashed = new_token()
    reviewer = Reviewer.objects.get(call=call, email=row["email"])
    Reviewer.objects.filter(pk=reviewer.pk).update(token_hash=hashed)
    with mails_left(answered):
        reviewer = reviewer_accept(token=token, actor=user, now=answered)
    ties_state(reviewer=reviewer, actor=user, ties=row["ties"], now=answered)


def _assign(fixture: Fixture, call: Call, data: dict[str, Any]) -> None:
    """Staff give the applications out; each reviewer says whether there is a conflict."""
    day = data["assigned_at"]
    reviewers = {row.email: row for row in Reviewer.objects.filter(call=call)}
    pairs = [
        (reviewers[email].pk, _application(call, number).pk)
        for email, numbers in data["assignments"].items()
        for number in numbers
    ]
    assignments_change(call=call, actor=fixture.staff, add=pairs, now=fixture.moment(day))
    soft = {(row["email"], row["application"]): row["note"] for row in data["declared_soft"]}
    for email, numbers in data["assignments"].items():
        for number in numbers:
            if number in data["undeclared"].get(email, ()):
                continue
            note = soft.get((email, number), "")
            conflict_declare(
                assignment=_assignment(call, email, number),
                actor=fixture.people[email],
                kind=ConflictKind.SOFT if note else NONE,
                note=note,
                now=fixture.moment([day[0] + 1, "20:00"]),
            )


def _hand_in_some(fixture: Fixture, call: Call, data: dict[str, Any], email: str) -> None:
    """The reviews of one person, handed in at that moment."""
    for row in data["reviews"]:
        if row["email"] == email:
            for number, scores in row["scores"].items():
                code = _write(fixture, call, email, number, scores, row["at"])
                review_hand_in(
                    actor=fixture.people[email],
                    code=code,
                    revision=_application(call, number).revision,
                    now=fixture.moment(row["at"]),
                )


def _write(fixture: Fixture, call: Call, email: str, number: str, scores: list[Any], at: list[Any]) -> str:
    """``scores`` by criterion (None: cannot judge, "": not yet), then both comments; the code."""
    application = _application(call, number)
    criteria = list(call.criteria.order_by("order"))
    *values, city, applicant = scores
    told = {
        marks.score_unit(criterion.pk): marks.CANNOT if value is None else str(value)
        for criterion, value in zip(criteria, values, strict=True)
    }
    review_save(
        actor=fixture.people[email],
        code=application.code,
        revision=application.revision,
        values={**told, "comment_city": city, "comment_applicant": applicant},
        now=fixture.moment(at),
    )
    return application.code
