"""What each state of a device is called, what it means, and what to do: plain words, no radio jargon."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Severity(StrEnum):
    """How much a state matters; the first two need attention."""

    ERROR = "error"
    ATTENTION = "attention"
    WAITING = "waiting"
    GOOD = "good"
    OFF = "off"


class Code(StrEnum):
    """States of a device, the most important first: this is the order in which they are shown."""

    RETIRED = "retired"
    TRIAL_OVER = "trial_over"
    PAUSED = "paused"
    TRIAL_PAUSED = "trial_paused"
    SERVER_REFUSED = "server_refused"
    SERVER_WAITING = "server_waiting"
    KEYS_WRONG = "keys_wrong"
    NONCE_USED = "nonce_used"
    COUNTER_RESET = "counter_reset"
    SILENT = "silent"
    CODEC_STOPPED = "codec_stopped"
    DECODE_FAILED = "decode_failed"
    OVER_QUOTA = "over_quota"
    BATTERY_LOW = "battery_low"
    LATE = "late"
    JOINED = "joined"
    WAITING_JOIN = "waiting_join"
    MOVED = "moved"
    CHANGE_WAITING = "change_waiting"
    NO_CODEC = "no_codec"
    SENDING = "sending"


class Words(NamedTuple):
    """``text`` and ``to_do`` may hold %(time)s, %(interval)s, %(model)s, %(fault)s, %(battery)s."""

    severity: Severity
    label: str | Promise
    text: str | Promise
    to_do: str | Promise


_NOTHING = _("Nothing to do.")

WORDS: dict[Code, Words] = {
    Code.RETIRED: Words(
        Severity.OFF,
        pgettext_lazy("device", "Retired"),
        _("The device is no longer in use. Its data stays."),
        _NOTHING,
    ),
    Code.TRIAL_OVER: Words(
        Severity.OFF,
        _("The trial has ended"),
        _("The trial is over. What the device sent so far stays."),
        _("Switch the device off and take it home."),
    ),
    Code.PAUSED: Words(
        Severity.OFF,
        pgettext_lazy("device", "Paused"),
        _("The device is paused. Whether it sends is not watched."),
        _("To let it go on, ask the secretariat."),
    ),
    Code.TRIAL_PAUSED: Words(
        Severity.OFF,
        _("The trial is paused"),
        _("While the trial is paused, whether the device sends is not watched."),
        _("Nothing to do until the trial goes on."),
    ),
    Code.SERVER_REFUSED: Words(
        Severity.ERROR,
        _("The network server said no"),
        _("The city’s network server did not take this device: %(fault)s"),
        _(
            "Compare DevEUI, JoinEUI and key with the label and the maker’s papers and correct them. "
            "If they are right, tell the secretariat: it sees the same message."
        ),
    ),
    Code.SERVER_WAITING: Words(
        Severity.WAITING,
        _("Waiting for the network server"),
        _("What you entered has not reached the city’s network server yet."),
        _(
            "Nothing to do: it is tried again by itself. Switch the device on when this has gone. "
            "If it lasts longer than an hour, tell the secretariat."
        ),
    ),
    Code.KEYS_WRONG: Words(
        Severity.ERROR,
        _("The keys do not match"),
        _("The network heard the device (%(time)s) but turned it away: its key is not the one entered here."),
        _(
            "Write the keys again: copy the AppKey from the maker’s file, and check that it belongs to this "
            "DevEUI. Then switch the device off and on."
        ),
    ),
    Code.NONCE_USED: Words(
        Severity.ERROR,
        _("Turned away: a join number used before"),
        _(
            "The network turned the device away (%(time)s): it asked to join with a number that it had used "
            "before (DevNonce)."
        ),
        _(
            "Leave it on for an hour: many devices try the next number by themselves. If it still does not "
            "get in, its count was set back, for example by new firmware. Ask the secretariat to clear the "
            "used numbers, then switch the device off and on."
        ),
    ),
    Code.COUNTER_RESET: Words(
        Severity.ERROR,
        _("The device counts from the start again"),
        _(
            "The device began to count its messages anew (%(time)s). The network takes them for old ones and "
            "drops them."
        ),
        _(
            "Switch the device off and on so that it joins again. If it is set to ABP, set it to OTAA: then "
            "each start is a new join."
        ),
    ),
    Code.SILENT: Words(
        Severity.ERROR,
        pgettext_lazy("device", "Not receiving"),
        _("Nothing has arrived since %(time)s. It usually sends every %(interval)s."),
        _(
            "Check power and battery first, then the antenna and its position: was the device moved, or "
            "something put in front of it? If it has a button, press it to send once."
        ),
    ),
    Code.CODEC_STOPPED: Words(
        Severity.ATTENTION,
        _("Its codec is stopped"),
        _("The codec of %(model)s was stopped because it held up others. Messages are kept as they come."),
        _(
            "The device needs no change, and nothing is lost. Is the model your organization’s own? Mend its "
            "codec in the workspace. Else the secretariat does. Then what was kept is decoded."
        ),
    ),
    Code.DECODE_FAILED: Words(
        Severity.ATTENTION,
        _("What arrives cannot be decoded"),
        _(
            "Since %(time)s messages arrive, but the codec of %(model)s cannot decode them. They are kept as "
            "they come."
        ),
        _(
            "Check in the settings that the model is right. If it is your organization’s own, mend its codec "
            "in the workspace; else send the secretariat one of the raw messages from the CSV. When the "
            "codec is corrected, what was kept can be decoded."
        ),
    ),
    Code.OVER_QUOTA: Words(
        Severity.ATTENTION,
        _("Over today’s messages"),
        _("The trial has used up today’s messages. What arrives is kept, but not decoded."),
        _(
            "Let the devices send less often, or ask the secretariat for more messages: then what was kept "
            "is decoded. At 0:00 counting begins again."
        ),
    ),
    Code.BATTERY_LOW: Words(
        Severity.ATTENTION,
        _("Battery low"),
        _("The device reported %(battery)s%% of battery (%(time)s)."),
        _("Change or charge the battery before it stops."),
    ),
    Code.LATE: Words(
        Severity.ATTENTION,
        pgettext_lazy("device", "Late"),
        _("The last one came at %(time)s. It usually sends every %(interval)s."),
        _("Wait for the next one or two: radio loses a message now and then."),
    ),
    Code.JOINED: Words(
        Severity.WAITING,
        _("Joined; nothing sent yet"),
        _("The network let the device in (%(time)s). Its first message is still to come."),
        _("Wait for one sending interval, or make the device send once."),
    ),
    Code.WAITING_JOIN: Words(
        Severity.WAITING,
        _("Waiting for the first join"),
        _("The network has not heard this device yet."),
        _(
            "Switch the device on. Nothing after ten minutes? Check that it is made for AS923 and set to "
            "OTAA, that DevEUI and JoinEUI are those of the label, and try a place by a window or outdoors."
        ),
    ),
    Code.MOVED: Words(
        Severity.WAITING,
        _("Nothing since it was moved here"),
        _(
            "The device was moved into this trial (%(time)s); nothing has come since. What came before then "
            "is not shown here."
        ),
        _(
            "Wait for one sending interval. If nothing comes then, ask the organization to which the device "
            "belongs."
        ),
    ),
    Code.CHANGE_WAITING: Words(
        Severity.GOOD,
        _("A change waits for the network server"),
        _("A change of this device has not reached the city’s network server yet."),
        _("Nothing to do: it is tried again by itself."),
    ),
    Code.NO_CODEC: Words(
        Severity.GOOD,
        _("Receiving, not decoded"),
        _("Messages arrive (the last at %(time)s). They are not decoded: there is no codec for this device."),
        _(
            "Choose the model in the settings. Is it not in the list? Make one of your own with its codec in "
            "your workspace, or send the secretariat the maker, the model and the maker’s codec."
        ),
    ),
    Code.SENDING: Words(
        Severity.GOOD,
        pgettext_lazy("device", "Receiving"),
        _("The last one came at %(time)s."),
        _NOTHING,
    ),
}
