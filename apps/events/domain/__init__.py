"""Writes of gatherings and registrations. Each locks the event first, so that seats are given one by one."""

from __future__ import annotations

from apps.events.domain.event import event_call_off, event_create, event_publish, event_tell, event_update
from apps.events.domain.registration import (
    attendance_mark,
    registration_add,
    registration_cancel,
    registration_put_first,
    registration_request,
)
from apps.events.domain.remind import remind
from apps.events.domain.seats import seats_change

__all__ = [
    "attendance_mark",
    "event_call_off",
    "event_create",
    "event_publish",
    "event_tell",
    "event_update",
    "registration_add",
    "registration_cancel",
    "registration_put_first",
    "registration_request",
    "remind",
    "seats_change",
]
