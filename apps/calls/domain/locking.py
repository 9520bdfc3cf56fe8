"""Locks that acts on an application take together."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from apps.calls.domain.application import application_lock
from apps.calls.domain.mails import decision_batch, waitlist_batch
from apps.calls.models import Application
from apps.outbox.enums import MessageState
from apps.outbox.models import Message


def _held_mails(application: Application) -> QuerySet[Message]:
    return Message.objects.filter(
        state=MessageState.HELD,
        batch__in=(decision_batch(application.call.code), waitlist_batch(application)),
        dedupe_key__startswith="calls-decision-",
        dedupe_key__contains=f":{application.pk}:",
    )


def application_lock_with_mails(application: Application) -> tuple[Application, list[Message]]:
    """The application as it is now and its held decision mails, all locked.

    Mails are locked before applications, as releasing does. When the application was decided between
    the two locks, both are let go and taken again: no mail stays behind unseen.
    """
    while True:
        point = transaction.savepoint()
        mails = list(_held_mails(application).select_for_update())
        row = application_lock(application)
        held = set(_held_mails(application).values_list("pk", flat=True))
        if held == {mail.pk for mail in mails}:
            transaction.savepoint_commit(point)
            return row, mails
        transaction.savepoint_rollback(point)
