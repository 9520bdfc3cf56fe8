"""Applications as their company reads them, and the one door to each."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.calls import rules
from apps.calls.enums import ApplicationState
from apps.calls.models import Application
from apps.calls.models.application import ApplicationQuerySet
from apps.calls.permissions import may_write
from apps.calls.selectors.calls import asks_of
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.enums import ENGINEERING_ROLES
from apps.organizations.models import Organization


def answers_of(application: Application) -> dict[str, Any]:
    """The answers as they are stored, by field."""
    return {name: getattr(application, name) for name in rules.FIELDS}


def problems_of(application: Application) -> rules.Problems:
    """What is missing or wrong before the application can be handed in."""
    return rules.problems(rules.clean_answers(answers_of(application)), asks_of(application.call))


def is_correctable(application: Application, now: datetime) -> bool:
    """It was handed in, and each screen may still be corrected. A decision that was not told makes no
    difference to that."""
    return application.public_state == ApplicationState.SUBMITTED and application.call.is_open(now)


def access_application(*, actor: Any, code: str, write: bool = False) -> Application:
    """The application ``code``. ``NotFound`` for strangers, ``NotAllowed`` for those who only read."""
    application = (
        Application.objects.visible_to(actor)
        .select_related("call", "organization", "created_by")
        .filter(code=code)
        .first()
    )
    if application is None:
        raise NotFound(_("There is no such application."))
    if write and not may_write(actor, application):
        raise NotAllowed(_("You can read this application but not change it."))
    return application


def applications_of(actor: Any) -> ApplicationQuerySet:
    """Those the actor began, shares, or whose organization the actor belongs to, newest first."""
    return Application.objects.of_actor(actor).select_related("call", "organization")


def organization_applications(*, actor: Any, organization: uuid.UUID) -> list[Application]:
    """The applications that one organization leads or shares and the actor may see, newest first."""
    rows = Application.objects.visible_to(actor).of_organization(organization)
    return list(rows.select_related("call").order_by("-created_at"))


def organizations_of(actor: Any) -> list[Organization]:
    """The organizations the actor may apply for."""
    return list(
        Organization.objects.filter(memberships__user=actor, memberships__role__in=ENGINEERING_ROLES)
        .distinct()
        .order_by("name")
    )


def task_rows(application: Application, problems: rules.Problems) -> list[dict[str, Any]]:
    """The tasks with their questions: title, and of each question title, slug, minutes and state
    (done, draft, todo)."""
    answers = answers_of(application)
    asked = rules.questions_of(asks_of(application.call))
    tasks = []
    for task in rules.TASKS:
        rows = [_question_row(item, answers, problems) for item in asked if item.task == task.slug]
        tasks.append({"title": task.title, "questions": rows})
    return tasks


def _question_row(item: rules.Question, answers: rules.Answers, problems: rules.Problems) -> dict[str, Any]:
    begun = any(answers[name] not in (None, "", False, [], {}) for name in item.fields)
    faulty = any(name.split(".", 1)[0] in item.fields for name in problems)
    state = ("draft" if begun else "todo") if faulty else "done"
    return {"title": item.title, "slug": item.slug, "minutes": item.minutes, "state": state}
