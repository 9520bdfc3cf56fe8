"""``{% load attachment_tags %}``: the files of an application."""

from __future__ import annotations

from django import template

from apps.calls.models import Application, Attachment
from apps.calls.selectors import attachments

register = template.Library()


@register.simple_tag
def attachments_of(application: Application) -> list[Attachment]:
    """``{% attachments_of application as files %}``"""
    return attachments.attachments_of(application)
