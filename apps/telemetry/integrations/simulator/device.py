"""One simulated device: the ChirpStack v4 events that its life causes."""

from __future__ import annotations

import base64
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson

from apps.telemetry.integrations.simulator.kinds import KINDS, Look

#: Every event id of the simulator is derived in this name space, so that a repeat has the same id.
_NAMESPACE = uuid.UUID("6f2f6a51-3f1c-4a55-9f5e-0d9f9f2c5a10")
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
#: A device joins anew after so long, each on a day of its own: a new session, counted from zero.
SESSION = timedelta(days=7)
#: How often a device that is not let in asks again, and how often one tells its battery.
ASKS_EVERY = timedelta(minutes=20)
STATUS_EVERY = timedelta(hours=12)
Message = tuple[str, bytes]


class Habit(StrEnum):
    """How a sample device behaves (``habit`` in fixtures/demo/devices.json)."""

    STEADY = "steady"
    #: It died: heard for the last time sixteen hours before the simulator began.
    SILENT = "silent"
    #: Stands badly: one in three is lost, what arrives is weak.
    WEAK = "weak"
    #: Its measurements go slowly wrong.
    DRIFTS = "drifts"
    BATTERY_LOW = "battery_low"
    #: Sends bytes that its codec refuses.
    GARBLED = "garbled"
    #: The keys that were entered are not those inside it.
    WRONG_KEY = "wrong_key"
    #: Joins with a number that it used before.
    OLD_NONCE = "old_nonce"
    #: Registered, still in its box.
    BOXED = "boxed"


_NOT_LET_IN = {
    Habit.WRONG_KEY: ("UPLINK_MIC", "MIC of join-request is invalid, make sure keys are correct"),
    Habit.OLD_NONCE: ("OTAA", "DevNonce has already been used"),
}
SILENT_FOR = timedelta(hours=16)
#: A gateway that nobody entered; it hears one uplink in a hundred.
STRANGER = "0016c001f153a1ff"


@dataclass(frozen=True)
class Asked:
    """A downlink that the sample server has for a device. ``sent_at``: None before it went out."""

    item: str
    counter: int
    taken_at: datetime
    sent_at: datetime | None


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


@dataclass
class SimulatedDevice:
    """A registered device as the simulator plays it. ``interval`` in seconds; ``since`` it is in service."""

    dev_eui: str
    name: str
    kind: str
    interval: int
    application: str
    since: datetime = _EPOCH
    habit: Habit = Habit.STEADY
    lamp: int = 0
    model: str = ""
    #: Downlinks that wait for its next uplink, and those sent whose answer is due with it; oldest first.
    asked: tuple[Asked, ...] = ()
    gateways: tuple[str, ...] = ("0016c001f153a14c", "0016c001f153a14d")
    _salt: str = field(init=False, repr=False)
    _shift: timedelta = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._salt = str(uuid.uuid5(_NAMESPACE, self.dev_eui))
        self._shift = SESSION * self._chance("session")

    def messages(self, after: datetime, until: datetime, now: datetime) -> list[tuple[datetime, Message]]:
        """What the server publishes for this device in (after, until], in order of time."""
        after = max(after, self.since)
        if self.habit in _NOT_LET_IN:
            return [(moment, self._refusal(moment)) for moment in self._every(ASKS_EVERY, after, until)]
        if self.habit == Habit.BOXED:
            return []
        found = [(moment, self._status(moment)) for moment in self._every(STATUS_EVERY, after, until)]
        for moment in self._every(timedelta(seconds=self.interval), after, until):
            if not self._lost(moment, now):
                found += [(moment, message) for message in self._sent(moment)]
        return sorted(found, key=lambda one: one[0])

    def first(self, moment: datetime) -> list[Message]:
        """Switched on: it joins and sends at once, or is not let in."""
        if self.habit == Habit.BOXED:
            return []
        if self.habit in _NOT_LET_IN:
            return [self._refusal(moment)]
        return [self._join(moment), self.uplink(moment)]

    def _sent(self, moment: datetime) -> list[Message]:
        """An uplink, the join before it when a session begins, and now and then the same again."""
        chance = self._chance(f"again{_second(moment)}")
        sent = [self.uplink(moment)]
        if self._session(moment) != self._session(moment - timedelta(seconds=self.interval)):
            sent.insert(0, self._join(moment))
        if chance < 0.02:
            sent.append(sent[-1])
        elif chance < 0.03:
            sent.append(self.uplink(moment, tag="copy"))
        return [*sent, *self._downlinks(moment)]

    def _downlinks(self, moment: datetime) -> list[Message]:
        """With an uplink it answers what it got before; after it, it gets the oldest that waits."""
        due = [one for one in self.asked if (one.sent_at or one.taken_at) < moment]
        told = [
            self.event(
                "ack",
                moment,
                f"ack/{one.item}",
                queueItemId=one.item,
                acknowledged=True,
                fCntDown=one.counter,
            )
            for one in due
            if one.sent_at
        ]
        waiting = [one for one in due if one.sent_at is None][:1]
        for one in waiting:
            parts = {"queueItemId": one.item, "fCntDown": one.counter, "gatewayId": self.gateways[0]}
            told.append(
                self.event("txack", moment + timedelta(seconds=1), "", downlinkId=one.counter, **parts)
            )
        return told

    def _every(self, step: timedelta, after: datetime, until: datetime) -> list[datetime]:
        """Whole steps in (after, until], shifted by the DevEUI so that not all speak at once."""
        seconds = int(step.total_seconds())
        shift = int(self.dev_eui[-4:], 16) % seconds
        first = int((after.timestamp() - shift) // seconds) + 1
        last = int((until.timestamp() - shift) // seconds)
        return [datetime.fromtimestamp(n * seconds + shift, tz=UTC) for n in range(first, last + 1)]

    def _chance(self, of: str) -> float:
        return random.Random(self._salt + of).random()  # noqa: S311 -- sample values, not secrets

    def _lost(self, moment: datetime, now: datetime) -> bool:
        """Whether this one never arrived: one in thirty, two hours every third night."""
        if self.habit == Habit.SILENT and moment > now - SILENT_FOR:
            return True
        hours = (moment - _EPOCH).total_seconds() / 3600
        if int(hours // 24) % 3 == 1 and 17.8 < hours % 24 < 20 and int(self.dev_eui[-2:], 16) % 2:
            return True
        return self._chance(f"lost{_second(moment)}") < (0.34 if self.habit == Habit.WEAK else 0.03)

    def _session(self, moment: datetime) -> int:
        return int((moment - _EPOCH + self._shift) / SESSION)

    def _info(self) -> dict[str, Any]:
        return {
            "tenantId": str(uuid.uuid5(_NAMESPACE, "city")),
            "tenantName": "city",
            "applicationId": self._application_id(),
            "applicationName": self.application,
            "deviceProfileId": str(uuid.uuid5(_NAMESPACE, self.kind)),
            "deviceProfileName": self.model or self.kind,
            "deviceName": self.name,
            "devEui": self.dev_eui,
            "deviceClassEnabled": "CLASS_A",
            "tags": {},
        }

    def _application_id(self) -> str:
        return str(uuid.uuid5(_NAMESPACE, self.application))

    def event(self, kind: str, moment: datetime, of: str, **parts: Any) -> Message:
        """(topic, payload) of an event. ``of``: what makes its id; empty for those that have none."""
        event: dict[str, Any] = {
            "time": moment.astimezone(UTC).isoformat(),
            "deviceInfo": self._info(),
            **parts,
        }
        if of:
            event["deduplicationId"] = str(uuid.uuid5(_NAMESPACE, f"{self.dev_eui}/{of}"))
        return f"application/{self._application_id()}/device/{self.dev_eui}/event/{kind}", orjson.dumps(event)

    def _dev_addr(self, moment: datetime) -> str:
        return f"{(int(self.dev_eui[-8:], 16) + self._session(moment)) & 0x01FFFFFF:08x}"

    def _join(self, moment: datetime) -> Message:
        address = self._dev_addr(moment)
        return self.event("join", moment, f"join/{_second(moment)}", devAddr=address, regionConfigId="as923")

    def _refusal(self, moment: datetime) -> Message:
        code, text = _NOT_LET_IN[self.habit]
        context = {"dev_nonce": "7"}
        return self.event("log", moment, "", level="ERROR", code=code, description=text, context=context)

    def _status(self, moment: datetime) -> Message:
        level = 8.0 if self.habit == Habit.BATTERY_LOW else max(20.0, 98 - self._days(moment) * 0.1)
        return self.event(
            "status", moment, f"status/{_second(moment)}", margin=11, externalPowerSource=False,
            batteryLevelUnavailable=False, batteryLevel=round(level, 1),
        )  # fmt: skip

    def _days(self, moment: datetime) -> float:
        return max(0.0, (moment - self.since).total_seconds() / 86400)

    def payload(self, moment: datetime) -> bytes:
        """What it measures at ``moment``, as it sends it."""
        noise = random.Random(f"{self._salt}{_second(moment)}")  # noqa: S311 -- sample values, not secrets
        hours = (moment - _EPOCH).total_seconds() / 3600 + 9 + int(self.dev_eui[-2:], 16) / 40
        look = Look(hours, noise, self._days(moment), self.habit == Habit.DRIFTS, self.lamp)
        body = KINDS[self.kind](look)
        return body[:-1] if self.habit == Habit.GARBLED else body

    def uplink(self, moment: datetime, *, tag: str = "") -> Message:
        """The ``up`` event of ``moment``; with a ``tag`` it is the same frame under another id."""
        step = int(
            (moment - _EPOCH + self._shift - self._session(moment) * SESSION).total_seconds() // self.interval
        )
        noise = random.Random(f"radio{self._salt}{_second(moment)}")  # noqa: S311 -- sample values
        near = noise.uniform(-124, -117) if self.habit == Habit.WEAK else noise.uniform(-104, -90)
        heard = self.gateways[:1] if self.habit == Habit.WEAK else self.gateways
        if self._chance(f"far{_second(moment)}") < 0.01:
            heard = (*heard, STRANGER)
        return self.event(
            "up", moment, f"{_second(moment)}/{tag}",
            devAddr=self._dev_addr(moment), adr=True, dr=2, fCnt=step % 65536, fPort=1, confirmed=False,
            data=base64.b64encode(self.payload(moment)).decode(), object=None,
            rxInfo=[
                {
                    "gatewayId": gateway,
                    "uplinkId": step,
                    "rssi": round(near - 9 * number),
                    "snr": round(near / 12 + 12 - 3 * number, 1),
                    "crcStatus": "CRC_OK",
                }
                for number, gateway in enumerate(heard)
            ],
            txInfo={
                "frequency": 923200000,
                "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 10, "codeRate": "CR_4_5"}},
            },
            regionConfigId="as923",
        )  # fmt: skip
