"""``{% load components %}``: one tag for each component; docs/design/look.md lists their props."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet, BoundField
from django.template import Context
from django.utils.safestring import SafeString

from apps.core.components import fields, icons, library
from apps.core.components.base import Component, ComponentError, render

register = template.Library()


def _plain(name: str, kind: type[Component]) -> None:
    """A tag without an end, all of whose arguments are named props."""

    def tag(context: Context, **props: Any) -> SafeString:
        return render(kind, props, context)

    register.simple_tag(tag, takes_context=True, name=name)


def _block(name: str, kind: type[Component]) -> None:
    """A tag with an end; what stands between is the component's body."""

    def tag(context: Context, content: SafeString, **props: Any) -> SafeString:
        return render(kind, {**props, "body": SafeString(content.strip())}, context)

    register.simple_block_tag(tag, takes_context=True, name=name)


for _name, _kind in {
    "button": library.Button,
    "status": library.Status,
    "tag": library.Tag,
    "verdict": library.Verdict,
    "empty": library.Empty,
    "task_list": library.TaskList,
    "steps": library.Steps,
    "meter": library.Meter,
    "answer_row": library.AnswerRow,
    "number": library.Number,
    "segmented": library.Segmented,
    "question_progress": library.QuestionProgress,
    "ridge": library.Ridge,
    "chart": library.Chart,
    "map": library.Map,
    "summary_row": library.SummaryRow,
}.items():
    _plain(_name, _kind)

for _name, _kind in {
    "notice": library.Notice,
    "dialog": library.Dialog,
    "live_answer": library.LiveAnswer,
}.items():
    _block(_name, _kind)


@register.simple_tag(takes_context=True)
def field(context: Context, bound: BoundField, **props: Any) -> SafeString:
    """``{% field form.title reason=… unit=… %}``"""
    return render(fields.Field, {"field": bound, **props}, context)


@register.simple_tag(takes_context=True)
def error_summary(context: Context, *forms: BaseForm | BaseFormSet[Any]) -> SafeString:
    """``{% error_summary form other_form %}``; nothing when nothing is wrong."""
    return render(fields.ErrorSummary, {"forms": forms}, context)


@register.simple_tag(takes_context=True)
def breadcrumb(context: Context, *parts: Any) -> SafeString:
    """``{% breadcrumb "Home" "/" "Calls" calls_url call.title %}``: label and address in turn."""
    if len(parts) % 2 == 0:
        raise ComponentError("breadcrumb: label and address in turn, and the label of this page last.")
    labels, addresses = parts[::2], (*parts[1::2], "")
    return render(library.Breadcrumb, {"crumbs": tuple(zip(labels, addresses, strict=True))}, context)


@register.simple_tag(takes_context=True)
def pagination(context: Context, page: Any, **props: Any) -> SafeString:
    """``{% pagination page %}``; keeps the page's other parameters."""
    request = context.get("request")
    if request is not None and "query" not in props:
        kept = request.GET.copy()
        kept.pop(props.get("parameter", "page"), None)
        props["query"] = kept.urlencode()
    return render(library.Pagination, {"page": page, **props}, context)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A small drawing; put the word beside it."""
    return icons.icon_svg(name, size)
