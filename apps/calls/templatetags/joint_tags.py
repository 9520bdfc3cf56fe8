"""``{% load joint_tags %}``: partners and consents of an application, wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template import Context

from apps.calls.enums import JointState
from apps.calls.models import Application
from apps.calls.permissions import may_lead
from apps.calls.selectors.consent import ConsentRow, consent_rows, is_askable
from apps.calls.selectors.joint import JointRow, joint_rows, recipients_of, takes_partners

register = template.Library()
register.filter("askable", is_askable)


@register.simple_tag
def joint_partners(application: Application) -> list[JointRow]:
    """The partners of ``application``. One query."""
    return joint_rows(application)


@register.simple_tag(takes_context=True)
def leads(context: Context, application: Application) -> bool:
    """Whether the reader of the page leads ``application`` (and is not only a joint applicant)."""
    request = context.get("request")
    return request is not None and may_lead(request.user, application)


@register.simple_tag(takes_context=True)
def may_invite(context: Context, application: Application) -> bool:
    """Whether the reader of the page may add joint applicants to ``application`` now."""
    return takes_partners(application) and leads(context, application)


@register.simple_tag
def mail_count(application: Application) -> int:
    """How many mails a receipt or decision of ``application`` is: the lead's and each partner's."""
    return len(recipients_of(application))


@register.simple_tag
def unconfirmed(rows: Iterable[JointRow]) -> int:
    """How many of the partners have not answered yet."""
    return sum(row.joint.state == JointState.INVITED for row in rows)


@register.simple_tag
def facility_consents(application: Application) -> list[ConsentRow]:
    """The consents asked for ``application``. One query."""
    return consent_rows(application)
