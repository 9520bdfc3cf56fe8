from apps.events.admin.attendees import AttendeePages
from apps.events.admin.event import EventAdmin

__all__ = ["AttendeePages", "EventAdmin"]
