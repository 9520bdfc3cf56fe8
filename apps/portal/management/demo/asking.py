"""Questions about the open call, a talk that waits for a date, visits, and an organization twice."""

from __future__ import annotations

from typing import Any

from apps.calls.domain.asking import question_ask, question_publish, question_save
from apps.calls.domain.consultation import consultation_save
from apps.calls.domain.outreach import visit_save
from apps.calls.models import Call, Consultation, OutreachVisit, PublicQuestion
from apps.organizations.domain import organization_save
from apps.organizations.models import Organization
from apps.portal.management.demo.fixture import Fixture


def load_asking(fixture: Fixture) -> int:
    """All at once, if nothing of the kind is there."""
    data = fixture.read("asking")
    call = Call.objects.filter(code=data["call"]).first()
    kinds = (PublicQuestion, Consultation, OutreachVisit)
    if call is None or any(kind.objects.exists() for kind in kinds):
        return 0
    for row in data["questions"]:
        _question(fixture, call, row)
    for row in data["consultations"]:
        made = row.pop("made")
        talk = consultation_save(consultation=Consultation(call=call, **row), actor=fixture.staff)
        Consultation.objects.filter(pk=talk.pk).update(created_at=fixture.moment(made), handled_by=None)
    double = Organization(**data["double"])
    organization_save(organization=double, actor=fixture.staff, changed=[])
    for row in data["visits"]:
        day, next_on = row.pop("day"), row.pop("next_on")
        visit = OutreachVisit(visited_on=fixture.day(day), call=call, staff=fixture.staff, **row)
        visit.next_on = fixture.day(next_on) if next_on is not None else None
        visit_save(visit=visit, actor=fixture.staff)
    return sum(kind.objects.count() for kind in kinds)


def _question(fixture: Fixture, call: Call, row: dict[str, Any]) -> None:
    question = question_ask(
        call=call, text=row["original"], email=row.get("email", ""), now=fixture.moment(row["asked"])
    )
    if "answered" not in row:
        return
    texts = {name: row[name] for name in ("text", "text_en", "answer", "answer_en")}
    question = question_save(question=question, actor=fixture.staff, version=question.version, **texts)
    at = fixture.moment(row["answered"])
    question_publish(question=question, actor=fixture.staff, now=at)
    if "corrected" in row:
        PublicQuestion.objects.filter(pk=question.pk).update(corrected_at=fixture.moment(row["corrected"]))
