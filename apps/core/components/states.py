"""The states people see, each a shape, a word and a colour."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy


class State(NamedTuple):
    icon: str
    tone: str
    word: str | Promise


CALL = {
    "before": State("dashed-ring", "quiet", pgettext_lazy("call", "Not open yet")),
    "open": State("disc", "good", pgettext_lazy("call", "Open")),
    "closing": State("clock-disc", "attention", pgettext_lazy("call", "Closing soon")),
    "review": State("dots-disc", "info", pgettext_lazy("call", "In review")),
    "results": State("check-disc", "key", pgettext_lazy("call", "Results published")),
    "ended": State("hollow-square", "quiet", pgettext_lazy("call", "Ended")),
}
DEVICE = {
    "ok": State("check-disc", "good", pgettext_lazy("device", "Receiving")),
    "late": State("triangle", "attention", pgettext_lazy("device", "Late")),
    "silent": State("cross-square", "error", pgettext_lazy("device", "Not receiving")),
    "never": State("dashed-ring", "edge", pgettext_lazy("device", "Nothing received yet")),
    "paused": State("pause-ring", "quiet", pgettext_lazy("device", "Paused")),
}
RIVER = {
    "normal": State("river-1", "river-normal", pgettext_lazy("river", "Normal")),
    "raised": State("river-2", "river-raised", pgettext_lazy("river", "Somewhat high")),
    "high": State("river-3", "river-high", pgettext_lazy("river", "High")),
    "extreme": State("river-4", "river-extreme", pgettext_lazy("river", "Very high")),
    "unknown": State("pause-ring", "river-unknown", pgettext_lazy("river", "Under inspection")),
}
OUTCOME = {
    "worked": State("worked", "outcome", pgettext_lazy("outcome", "Worked")),
    "partly": State("partly", "outcome", pgettext_lazy("outcome", "Partly worked")),
    "did_not": State("not-worked", "outcome", pgettext_lazy("outcome", "Did not work")),
    "stopped": State("stopped", "outcome", pgettext_lazy("outcome", "Ended early")),
}
TASK = {
    "done": State("check-disc", "good", pgettext_lazy("task", "Done")),
    "draft": State("", "info", pgettext_lazy("task", "Started")),
    "todo": State("", "quiet", pgettext_lazy("task", "Not started")),
}
TRIAL = {
    "upcoming": State("dashed-ring", "quiet", pgettext_lazy("trial", "About to begin")),
    "running": State("disc", "good", pgettext_lazy("trial", "Running")),
    "ended": State("hollow-square", "quiet", pgettext_lazy("trial", "Ended")),
    "paused": State("pause-ring", "attention", pgettext_lazy("trial", "Paused")),
    "stopped": State("stopped", "quiet", pgettext_lazy("trial", "Ended early")),
    "withdrawn": State("cross-square", "quiet", pgettext_lazy("trial", "Withdrawn")),
}
#: Something sent to a device.
DOWNLINK = {
    "queued": State("dashed-ring", "info", pgettext_lazy("downlink", "Waiting here")),
    "handed": State("clock-disc", "info", pgettext_lazy("downlink", "Waiting for the device")),
    "sent": State("disc", "good", pgettext_lazy("downlink", "Sent")),
    "acknowledged": State("check-disc", "good", pgettext_lazy("downlink", "Acknowledged")),
    "unanswered": State("triangle", "attention", pgettext_lazy("downlink", "Not acknowledged")),
    "expired": State("hollow-square", "quiet", pgettext_lazy("downlink", "Expired")),
    "failed": State("cross-square", "error", pgettext_lazy("downlink", "Not sent")),
    "cancelled": State("pause-ring", "quiet", pgettext_lazy("downlink", "Cancelled")),
}
#: A file that is being made.
EXPORT = {
    "waiting": State("dashed-ring", "info", pgettext_lazy("export", "Waiting")),
    "running": State("clock-disc", "info", pgettext_lazy("export", "Being made")),
    "done": State("check-disc", "good", pgettext_lazy("export", "Ready")),
    "failed": State("cross-square", "error", pgettext_lazy("export", "Failed")),
    "cancelled": State("pause-ring", "quiet", pgettext_lazy("export", "Cancelled")),
    "expired": State("hollow-square", "quiet", pgettext_lazy("export", "Deleted")),
}
GATEWAY = {
    "ok": State("check-disc", "good", pgettext_lazy("gateway", "Heard")),
    "late": State("triangle", "attention", pgettext_lazy("gateway", "Not heard for hours")),
    "silent": State("cross-square", "error", pgettext_lazy("gateway", "Silent")),
    "never": State("dashed-ring", "edge", pgettext_lazy("gateway", "Never heard")),
    "removed": State("pause-ring", "quiet", pgettext_lazy("gateway", "Taken down")),
    "stray": State("triangle", "info", pgettext_lazy("gateway", "Heard, not entered")),
}
#: A gateway on the public map.
ANTENNA = {
    "exact": State("antenna", "key", pgettext_lazy("antenna", "Antenna")),
    "about": State("antenna-about", "key", pgettext_lazy("antenna", "Antenna (to about 1 km)")),
}
#: What was heard from a place.
REACH = {
    "good": State("check-disc", "good", pgettext_lazy("reach", "Received well")),
    "weak": State("triangle", "attention", pgettext_lazy("reach", "Received, but weakly")),
    "unknown": State("dashed-ring", "edge", pgettext_lazy("reach", "No observation yet")),
}
#: What a company asked to change during its trial.
CHANGE = {
    "asked": State("dots-disc", "info", pgettext_lazy("change", "The city is looking at it")),
    "approved": State("check-disc", "good", pgettext_lazy("change", "Approved")),
    "partly": State("check-disc", "attention", pgettext_lazy("change", "Approved in part")),
    "declined": State("hollow-square", "quiet", pgettext_lazy("change", "Not approved")),
    "taken_back": State("pause-ring", "quiet", pgettext_lazy("change", "Taken back")),
}
APPLICATION = {
    "draft": State("dashed-ring", "info", pgettext_lazy("application", "Draft")),
    "submitted": State("dots-disc", "info", pgettext_lazy("application", "Received")),
    "returned": State("triangle", "attention", pgettext_lazy("application", "Please correct")),
    "adopted": State("check-disc", "key", pgettext_lazy("application", "Adopted")),
    "waitlisted": State("clock-disc", "attention", pgettext_lazy("application", "On the waiting list")),
    "declined": State("hollow-square", "quiet", pgettext_lazy("application", "Not adopted")),
    "accepted": State("check-disc", "good", pgettext_lazy("application", "Trial accepted")),
    "turned_down": State("hollow-square", "quiet", pgettext_lazy("application", "Trial turned down")),
    "withdrawn": State("pause-ring", "quiet", pgettext_lazy("application", "Withdrawn")),
}
EVENT = {
    "open": State("disc", "good", pgettext_lazy("event", "Seats free")),
    "few": State("clock-disc", "attention", pgettext_lazy("event", "Few seats left")),
    "full": State("triangle", "attention", pgettext_lazy("event", "Full, waiting list")),
    "closed": State("dashed-ring", "quiet", pgettext_lazy("event", "Registration ended")),
    "now": State("dots-disc", "info", pgettext_lazy("event", "Taking place now")),
    "past": State("hollow-square", "quiet", pgettext_lazy("event", "Over")),
    "cancelled": State("cross-square", "error", pgettext_lazy("event", "Called off")),
}
REGISTRATION = {
    "registered": State("check-disc", "good", pgettext_lazy("registration", "You have a seat")),
    "waiting": State("clock-disc", "attention", pgettext_lazy("registration", "On the waiting list")),
    "cancelled": State("pause-ring", "quiet", pgettext_lazy("registration", "Cancelled")),
}
#: Tones for tags of other states.
TONES = ("quiet", "good", "attention", "error", "info", "key")

FAMILIES = {
    "call": CALL,
    "application": APPLICATION,
    "trial": TRIAL,
    "change": CHANGE,
    "device": DEVICE,
    "downlink": DOWNLINK,
    "export": EXPORT,
    "gateway": GATEWAY,
    "antenna": ANTENNA,
    "reach": REACH,
    "river": RIVER,
    "outcome": OUTCOME,
    "task": TASK,
    "event": EVENT,
    "registration": REGISTRATION,
}
#: Families whose states stand in a frame.
OUTLINED = ("call", "application", "trial", "change", "task", "event", "registration")
