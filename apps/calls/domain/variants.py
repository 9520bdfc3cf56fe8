"""The other text where two people wrote into one field: kept, shown, and settled by a person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls import rules
from apps.calls.domain.answers import answers_write
from apps.calls.domain.application import application_lock, writable
from apps.calls.enums import VariantChoice
from apps.calls.models import AnswerVariant, Application
from apps.calls.selectors.applications import answers_of
from apps.calls.selectors.variants import variant_seen
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    import uuid

    from apps.accounts.models import User

_DAYS = ("period_from", "period_until")


def variant_keep(
    *, application: Application, field: str, value: Any, actor: User, pen: str, now: datetime
) -> AnswerVariant | None:
    """Keep ``value`` beside what is stored in ``field``. The application must be locked.

    While one page goes on writing, its variant follows it. Nothing is kept of an empty answer.
    """
    if rules.is_nothing(value):
        return None
    value = str(value) if field in _DAYS else value
    opened = list(application.variants.filter(field=field, settled_at=None))
    same = next((item for item in opened if rules.digest(item.value) == rules.digest(value)), None)
    if same is not None:
        return same
    mine = (item for item in opened if pen and item.pen == pen and item.author_id == actor.pk)
    variant = next(mine, None) or AnswerVariant(application=application, field=field, author=actor, pen=pen)
    variant.value, variant.created_at = value, now
    variant.full_clean()
    variant.save()
    return variant


@transaction.atomic
def variant_settle(
    *,
    application: Application,
    variant_id: uuid.UUID,
    choice: VariantChoice,
    seen: str,
    actor: User,
    now: datetime | None = None,
) -> Application:
    """Settle one field: the other text, the one that stands, or both. Settling twice does it once.

    ``seen`` is ``variant_seen`` of what was shown. Raises ``Conflict`` (``code="changed"``) when a text
    changed since, ``InvalidInput`` when both together are too long. What is replaced stays in the history.
    """
    now = now or clock.now()
    row = application_lock(application)
    writable(row, actor)
    variant = row.variants.filter(pk=variant_id).first()
    if variant is None or variant.settled_at is not None:
        return row
    stored = rules.unit_value(answers_of(row), variant.field)
    if seen != variant_seen(stored, variant.value):
        raise Conflict(_("One of the two texts changed meanwhile. Please look again."), code="changed")
    if choice == VariantChoice.USE:
        _replace(row, variant.field, _value_of(variant), actor, now)
        _keep_replaced(row, variant.field, stored, actor, now)
    elif choice == VariantChoice.BOTH and rules.may_join(variant.field, stored, variant.value):
        _replace(row, variant.field, rules.joined(variant.field, stored, variant.value), actor, now)
    variant.settled_at, variant.settled_by = now, actor
    variant.save(update_fields=["settled_at", "settled_by"])
    record(
        action="application.settle",
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"field": variant.field, "choice": str(choice)},
    )
    return row


def _value_of(variant: AnswerVariant) -> Any:
    return parse_date(variant.value) if variant.field in _DAYS else variant.value


def _replace(row: Application, unit: str, value: Any, actor: Any, now: datetime) -> None:
    _kept, refused = rules.kept_answers({unit: value})
    if refused:
        raise InvalidInput(_("Both together are too long. Please shorten one first."), fields=refused)
    answers_write(row=row, values={unit: value}, actor=actor, now=now)


def _keep_replaced(row: Application, unit: str, stored: Any, actor: Any, now: datetime) -> None:
    """What stood there before goes to the history, settled."""
    if rules.is_nothing(stored):
        return
    value = str(stored) if unit in _DAYS else stored
    old = AnswerVariant(application=row, field=unit, value=value, author=actor, created_at=now)
    old.settled_at, old.settled_by = now, actor
    old.full_clean()
    old.save()
