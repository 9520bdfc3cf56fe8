"""``{% load joint_tags %}``: partners and consents of an application, wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from apps.calls.enums import JointState
from apps.calls.models import Application
from apps.calls.selectors.consent import ConsentRow, consent_rows, is_askable
from apps.calls.selectors.joint import JointRow, joint_rows

register = template.Library()
register.filter("askable", is_askable)


@register.simple_tag
def joint_partners(application: Application) -> list[JointRow]:
    """The partners of ``application``. One query."""
    return joint_rows(application)


@register.simple_tag
def unconfirmed(rows: Iterable[JointRow]) -> int:
    """How many of the partners have not answered yet."""
    return sum(row.joint.state == JointState.INVITED for row in rows)


@register.simple_tag
def facility_consents(application: Application) -> list[ConsentRow]:
    """The consents asked for ``application``. One query."""
    return consent_rows(application)
