"""Every address the resolver knows, filled with the codes and ids of a scene."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from apps.audit.models import AuditEntry
from apps.calls.rules import SLUGS
from apps.events.models import Registration
from apps.outbox.models import Message
from apps.trials.models import Trial
from tests.calls.blind.scene import Scene

#: Where a visitor begins; some of these need not exist.
DOORS = (
    "/",
    "/en/",
    "/admin/",
    "/en/admin/",
    "/admin/review/",
    "/en/admin/review/",
    "/account/",
    "/applications/",
    "/sitemap.xml",
    "/robots.txt",
    "/reports/feed.atom",
    "/api/v1/",
    "/api/v1/schema",
    "/api/v1/openapi.json",
    "/trials/",
    "/nowhere/",
    "/metrics",
    "/healthz",
)
#: Pages that the admin gives each model.
_OF_MODEL = ("_changelist", "_add", "_history", "_delete", "_change")


def rows_of(scene: Scene) -> list[Model]:
    """Every row that stands for something of the marked application."""
    marked = scene.marked
    found: list[Model] = [scene.call, marked, scene.unassigned, scene.forbidden, marked.created_by]
    found += [scene.reviewer, scene.other, scene.phase, *scene.rows]
    found += [row.event for row in scene.rows if isinstance(row, Registration)]
    found += [row for row in (marked.organization, marked.copied_from) if row is not None]
    for name in ("attachments", "revisions", "joint_applicants", "variants", "read_marks"):
        found += list(getattr(marked, name).all())
    found += list(scene.call.criteria.all()) + list(scene.call.extra_questions.all())
    found += list(Message.objects.all()[:20]) + list(AuditEntry.objects.all()[:20])
    return found


def starts(scene: Scene) -> list[str]:
    """Doors, every route with everything that may stand in it, and the admin's lists for choosing.

    Pages of the marked application's own rows come first: staff have found everything there soon.
    """
    found = list(dict.fromkeys([*DOORS, *_filled(scene), *_autocomplete()]))
    own = {str(row.pk) for row in rows_of(scene)}
    return sorted(found, key=lambda a: (own.isdisjoint(a.split("/")), "/attachment" in a, "/outbox/" in a))


def _autocomplete() -> Iterator[str]:
    for model in admin.site._registry:
        for field in model._meta.get_fields():
            if getattr(field, "remote_field", None) and getattr(field, "concrete", False):
                names = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}"
                yield f"/admin/autocomplete/?term=&{names}&field_name={field.name}"


def _filled(scene: Scene) -> Iterator[str]:
    rows = rows_of(scene)
    for name, arguments, model in _routes(get_resolver(), ()):
        app = name.split(":")[0]
        own = [row for row in rows if row._meta.label_lower == model or (not model and _is_of(row, app))]
        if (model or app == "admin") and not name.endswith(_OF_MODEL):
            # A page of its own may be about the call or the application as well.
            own += [scene.call, scene.marked, scene.forbidden]
        known = [_values(scene, own, argument, alone=len(arguments) == 1) for argument in arguments]
        for chosen in itertools.islice(itertools.product(*known), 400):
            try:
                yield reverse(name, kwargs=dict(zip(arguments, chosen, strict=True)))
            except NoReverseMatch:
                continue


def _is_of(row: Model, app: str) -> bool:
    return row._meta.app_label == app


def _routes(
    resolver: URLResolver, spaces: tuple[str, ...], model: str = ""
) -> Iterator[tuple[str, list[str], str]]:
    """Name, arguments, and in the admin the label of the model whose pages they are."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            of_model = str(pattern.pattern).strip("/").replace("/", ".") if "admin" in spaces else ""
            yield from _routes(pattern, inner, of_model or model)
        elif pattern.name:
            arguments = list(getattr(pattern.pattern, "converters", {}))
            yield ":".join([*spaces, pattern.name]), arguments, model


def _values(scene: Scene, own: list[Model], argument: str, *, alone: bool) -> list[Any]:
    """What may stand at ``argument``, ``alone`` in its address or beside others.

    ``own``: the rows of the route's app, in the admin those of its model.
    """
    if argument in ("pk", "object_id", "id", "uuid", "variant", "assignment"):
        return [row.pk for row in own] or [uuid.UUID(int=1)]
    codes = [row.code for row in (scene.marked, scene.unassigned, scene.forbidden)[: 3 if alone else 1]]
    given: dict[str, list[Any]] = {
        "code": [*codes, scene.call.code, *Trial.objects.values_list("code", flat=True)[:1]],
        "call": [scene.call.code, scene.call.pk],
        "organization": [scene.marked.organization_id],
        "application": [scene.marked.pk, scene.forbidden.pk],
        "reviewer": [scene.reviewer.pk, scene.other.pk],
        "phase": [scene.phase.pk],
        "slug": list(SLUGS),
        "field": ["need", "org_name"],
        "year": [scene.call.fiscal_year],
        "number": [0, 1, 2],
        "revision": [1, 2],
        "kind": ["csv", "xlsx", "pdf"],
        "name": ["x.pdf"],
        "token": ["x" * 43],
        "app_label": ["calls", "organizations"],
        "content_type_id": [1],
        "batch": [f"decision-{scene.call.code}"],
    }
    return given.get(argument, [codes[0], uuid.uuid4(), 1])
