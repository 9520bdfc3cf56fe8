"""The tables of events: public pages, the own page behind a link, staff's acts."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import EVERYONE, NOWHERE, STAFF, Row, all_get
from tests.architecture.access.world import EVENT_TOKEN, World


def event(w: World) -> dict[str, Any]:
    return {"pk": w.event.pk}


def draft(w: World) -> dict[str, Any]:
    return {"pk": w.draft_event.pk}


def token(w: World) -> dict[str, Any]:
    return {"token": EVENT_TOKEN}


def seat(w: World) -> dict[str, Any]:
    return {"pk": w.event.pk, "registration": w.seat.pk}


def waiting(w: World) -> dict[str, Any]:
    return {"pk": w.event.pk, "registration": w.waiting.pk}


def expected(w: World) -> dict[str, Any]:
    return {"expected": "2"}


def capacity(w: World) -> dict[str, Any]:
    return {"capacity": "2"}


PAGES = [
    Row("events:event-list", EVERYONE),
    Row("events:event-detail", EVERYONE, event),
    Row("events:event-detail", NOWHERE, draft, query="?draft"),
    Row("events:event-calendar", EVERYONE, event),
    Row("calls:calls-of-event", EVERYONE, event),
    Row("events:event-register", EVERYONE, event),
    Row("events:event-register", all_get(422), event, method="POST"),
    Row("events:event-registered", EVERYONE, event),
    # Whoever holds the link.
    Row("events:registration", EVERYONE, token),
    Row("events:registration-calendar", EVERYONE, token),
    Row("events:registration-cancel", EVERYONE, token),
    Row("events:registration-cancel", all_get(302), token, method="POST"),
]
DONE = STAFF.but(staff=302)
POST_ONLY = STAFF.but(staff=405)
ACTS = [
    Row("admin:events_event_preview", STAFF, draft),
    Row("admin:events_event_preview", STAFF, draft, method="POST"),
    Row("admin:events_event_publish", STAFF, draft),
    Row("admin:events_event_publish", DONE, draft, method="POST"),
    Row("admin:events_event_call_off", STAFF, event),
    Row("admin:events_event_call_off", DONE, event, method="POST", data=expected),
    Row("admin:events_event_tell", STAFF, event),
    Row("admin:events_event_tell", DONE, event, method="POST", data=expected),
    Row("admin:events_event_attendees", STAFF, event),
    Row("admin:events_event_attendees", STAFF, event, method="POST"),
    Row("admin:events_event_print", STAFF, event),
    Row("admin:events_event_print", STAFF, event, method="POST"),
    Row("admin:events_event_csv", STAFF, event),
    Row("admin:events_event_csv", STAFF, event, method="POST"),
    Row("admin:events_event_add_by_hand", STAFF, event),
    Row("admin:events_event_add_by_hand", STAFF, event, method="POST"),
    Row("admin:events_event_seats", STAFF, event),
    Row("admin:events_event_seats", DONE, event, method="POST", data=capacity),
    Row("admin:events_event_cancel_registration", STAFF, seat),
    Row("admin:events_event_cancel_registration", DONE, seat, method="POST"),
    Row("admin:events_event_put_first", POST_ONLY, waiting),
    Row("admin:events_event_put_first", DONE, waiting, method="POST"),
    Row("admin:events_event_mark_attended", POST_ONLY, seat),
    Row("admin:events_event_mark_attended", DONE, seat, method="POST"),
]
