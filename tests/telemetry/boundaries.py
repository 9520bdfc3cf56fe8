"""A joint trial into which a device moved from a flagged one, and every door through which its data come.

Each device has a value of its own, so that the bytes of an answer say whose data are in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.apikeys.domain import api_key_create
from apps.apikeys.models import ApiKey
from apps.calls.enums import PersonalData
from apps.core import clock
from apps.devices.domain import device_move
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device, Downlink
from apps.exports.rules import kind_of
from apps.organizations.enums import Role
from apps.organizations.models import Organization
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.dashboards import TileValues, dashboard_make, link_make, tile_save
from apps.telemetry.domain.folding import hours_fold
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.enums import TileKind
from apps.telemetry.models import Dashboard, Uplink
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant, Trial
from tests.cast import Cast
from tests.factories.calls import SubmittedFactory
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.downlinks import DownlinkFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory

#: What each device sends: the lead's, the partner's, the moved one's before and since, one that sent nothing
#: since it moved. No time holds such a number: 55.27 may well be the seconds of one.
VALUES = {"LEAD": 411.27, "PARTNER": 422.27, "OLD": 433.27, "NEW": 444.27, "IDLE": 455.27}
_SCRIPT = """function decodeUplink(input) {
  const b = input.bytes, data = { level: ((b[0] << 8) | b[1]) / 100 };
  if (b.length > 2) { data.old_only = 1; }
  return { data };
}"""


def seen_in(text: str) -> set[str]:
    """Whose data ``text`` holds; ``old_only`` is a field that only came in the earlier trial."""
    found = {name for name, value in VALUES.items() if str(value) in text}
    return found | ({"OLD FIELD"} if "old_only" in text or "OLDNOTE" in text else set())


@dataclass
class Stage:
    """``owner`` of the lead, ``manager`` and ``reader`` of partners, ``before`` of the flagged trial's."""

    cast: Cast
    flagged: Trial
    trial: Trial
    devices: dict[str, Device]
    moved_at: datetime
    organizations: dict[str, Organization]
    people: dict[str, User]
    boards: dict[str, Dashboard]
    links: dict[str, str]
    keys: dict[str, str]

    def page(self, who: str, path: str, prefix: str = "") -> str:
        """A page under ``/o/<organization>/`` (``prefix`` "/en": in English) as a person of it; empty when
        there is none."""
        client = Client()
        client.force_login(self.people[who])
        answer = client.get(f"{prefix}/o/{self.organizations[who].pk}/{path}")
        assert answer.status_code in (200, 404), (who, path, answer.status_code)
        return text_of(answer) if answer.status_code == 200 else ""

    def link(self, who: str) -> str:
        answer = Client().get(reverse("telemetry:dashboard-open", args=[self.links[who]]))
        assert answer.status_code == 200
        return text_of(answer)

    def api(self, key: str, path: str, **params: Any) -> str:
        headers = {"Authorization": f"Bearer {self.keys[key]}"}
        answer = Client().get(f"/api/{path}", params, headers=headers)
        assert answer.status_code in (200, 404), (key, path, answer.content)
        return text_of(answer) if answer.status_code == 200 else ""

    def export(self, who: str, kind: str, **asked: Any) -> str:
        """What a file would hold."""
        key = ApiKey.objects.filter(name=who).select_related("organization").first()
        actor: Any = key or self.people[who]
        organization = key.organization if key else self.organizations[who]
        found: Any = kind_of(f"telemetry.{kind}")
        params, _subject = found.clean(organization, actor, asked)
        columns = found.columns(params)
        return str([columns, found.rows(params, columns, None, 500).rows])


def text_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode())


def sent(device: Device, value: float, time: datetime, *, old: bool = False) -> Incoming:
    data = round(value * 100).to_bytes(2) + (b"\x01" if old else b"")
    return Incoming(topic_of(device), encoded(uplink_event(device, data=data, time=time)), clock.now())


def noted(device: Device, text: str, time: datetime) -> Incoming:
    """A log of the network server."""
    event = {**uplink_event(device, time=time), "level": "WARNING", "code": "OTAA", "description": text}
    return Incoming(topic_of(device, "log"), json.dumps(event).encode(), clock.now())


def joined(device: Device, time: datetime) -> Incoming:
    event = uplink_event(device, time=time)
    return Incoming(topic_of(device, "join"), json.dumps(event).encode(), clock.now())


def store(*messages: Incoming) -> None:
    with CodecRunner() as runner:
        result = store_batch(messages=messages, runner=runner)
    assert result.dead == 0


def stage_of(cast: Cast) -> Stage:
    partitions.forget()
    codec = CodecVersionFactory.create(script=_SCRIPT)
    flagged = TrialFactory.create(
        organization=cast.organization,
        code="2025-901",
        application=SubmittedFactory.create(created_by=cast.owner, personal_data=PersonalData.YES),
    )
    trial = TrialFactory.create(organization=cast.organization, code="2025-902")
    organizations = {"owner": cast.organization, "before": cast.other}
    people = {"owner": cast.owner, "before": cast.stranger}
    for who, access in (("manager", Access.MANAGE), ("reader", Access.READ)):
        organizations[who] = OrganizationFactory.create(name=f"共同の{who}")
        people[who] = UserFactory.create(email=f"{who}@partner.example.jp")
        MembershipFactory.create(organization=organizations[who], user=people[who], role=Role.OWNER)
        _takes_part(trial, organizations[who], access)
    _takes_part(flagged, cast.other, Access.READ)
    own = {"organization": cast.organization, "model": codec.model}
    devices = {
        "LEAD": DeviceFactory.create(trial=trial, name="主の水位計", **own),
        "PARTNER": DeviceFactory.create(
            trial=trial, organization=organizations["manager"], model=codec.model, name="共同の水位計"
        ),
        "MOVED": DeviceFactory.create(trial=flagged, name="移った水位計", **own),
        "IDLE": DeviceFactory.create(trial=flagged, name="黙った水位計", **own),
    }
    moved_at = _fill(devices, trial, cast.owner)
    boards = {who: _board(trial, organizations[who], people[who], devices) for who in ("owner", "manager")}
    return Stage(
        cast, flagged, trial, devices, moved_at, organizations, people, boards,
        links={who: _link(board, people[who]) for who, board in boards.items()},
        keys=_keys(organizations, trial, flagged),
    )  # fmt: skip


def _takes_part(trial: Trial, organization: Organization, access: Access) -> None:
    Participant.objects.create(
        trial=trial, organization=organization, role=ParticipantRole.PARTNER, access=access
    )


def _fill(devices: dict[str, Device], trial: Trial, actor: User) -> datetime:
    """Two days ago, in the middle of an hour, two devices moved; what came before and since is folded."""
    now = clock.now()
    moved_at = (now - timedelta(days=2)).replace(minute=30, second=0, microsecond=0)
    day, near = timedelta(days=1), timedelta(minutes=10)
    moved, idle = devices["MOVED"], devices["IDLE"]
    before = [sent(moved, VALUES["OLD"], moved_at - ago, old=True) for ago in (near, day, 3 * day)]
    before += [sent(idle, VALUES["IDLE"], moved_at - near, old=True)]
    store(*before, noted(moved, "OLDNOTE", moved_at - near))
    DownlinkFactory.create(device=moved, data=b"\xbe\xef")
    Downlink.objects.update(created_at=moved_at - near)
    for name in ("MOVED", "IDLE"):
        devices[name] = device_move(device=devices[name], trial=trial, actor=actor, now=moved_at)
    times = [moved_at + near, moved_at + day, now - timedelta(minutes=5)]
    store(
        *(sent(devices["LEAD"], VALUES["LEAD"], time) for time in times),
        *(sent(devices["PARTNER"], VALUES["PARTNER"], time) for time in times),
        *(sent(moved, VALUES["NEW"], time) for time in times),
        # What comes late belongs to where the device was when it sent it.
        sent(moved, VALUES["OLD"], moved_at - 2 * near, old=True),
    )
    hours_fold()
    return moved_at


def _board(trial: Trial, organization: Organization, actor: User, devices: dict[str, Device]) -> Dashboard:
    """Values and charts of every device, of the partner's alone and of the moved one alone."""
    board = dashboard_make(trial=trial, organization=organization, actor=actor, name="見張り")
    every = list(devices.values())
    for kind, chosen, hours in (
        (TileKind.VALUE, every, 24),
        (TileKind.VALUE, [devices["PARTNER"]], 24),
        (TileKind.CHART, [devices["MOVED"]], 168),
        (TileKind.CHART, every, 8760),
    ):
        values = TileValues(kind, devices=chosen, field="level", hours=hours)
        tile_save(dashboard=board, actor=actor, values=values)
    return board


def _link(board: Dashboard, actor: User) -> str:
    return link_make(dashboard=board, actor=actor, days=7, note="")[1]


def _keys(organizations: dict[str, Organization], trial: Trial, flagged: Trial) -> dict[str, str]:
    scopes = ["read:data", "read:devices", "downlink"]
    found = {}
    for name, who, trials in (
        ("whole key", "owner", []),
        ("key of the trial", "owner", [trial]),
        ("key of the flagged", "owner", [flagged]),
        ("partner's key", "manager", []),
        ("reader's key", "reader", []),
    ):
        made = api_key_create(
            organization=organizations[who], actor=None, name=name, scopes=scopes, trials=trials
        )
        found[name] = made[1]
    return found


Door = Callable[[Stage, str], str]


def _of_each(path: str, **params: Any) -> Door:
    """An address below ``/api/`` for each device."""

    def answer(stage: Stage, who: str) -> str:
        parts = [stage.api(who, path.format(one.pk), **params) for one in stage.devices.values()]
        return " ".join(parts)

    return answer


def _series(interval: str, zone: str = "Asia/Tokyo") -> Door:
    since = (clock.now() - timedelta(days=20)).isoformat()
    return _of_each("v1/devices/{}/series", interval=interval, since=since, time_zone=zone)


def _pages(path: str) -> Door:
    def answer(stage: Stage, who: str) -> str:
        return " ".join(stage.page(who, f"devices/{one.pk}/{path}") for name, one in stage.devices.items())

    return answer


def _compare(stage: Stage, who: str) -> str:
    chosen = "&".join(f"device={one.pk}" for one in stage.devices.values())
    path = f"trials/{stage.trial.code}/compare/?{chosen}&field=level&range="
    return stage.page(who, f"{path}week&more=1") + stage.page(who, f"{path}year&more=1")


def _dashboards(stage: Stage, who: str) -> str:
    rows = stage.boards.values()
    return " ".join(stage.page(who, f"trials/{stage.trial.code}/dashboards/{one.pk}/") for one in rows)


#: Pages, by the person who looks.
PAGES: dict[str, Door] = {
    "device, week": _pages("?range=week&more=1&events=1"),
    "device, year": _pages("?range=year&more=1"),
    "live": _pages("live/"),
    "frames": _pages("frames/"),
    "csv": _pages("data.csv?range=month"),
    "compare": _compare,
    "dashboards": _dashboards,
}
#: Operations of the API, by the key.
OPERATIONS: dict[str, Door] = {
    "uplinks of a device": _of_each("v1/devices/{}/uplinks"),
    "latest of a device": _of_each("v1/devices/{}/latest"),
    "events": _of_each("v1/devices/{}/events"),
    "series, raw": _series("raw"),
    "series, hours": _series("1h"),
    "series, days": _series("1d"),
    "series, days of Berlin": _series("1d", "Europe/Berlin"),
    "series, days of Delhi": _series("1d", "Asia/Kolkata"),
    "SensorThings, of a thing": _of_each("sta/v1.1/Things({})/Datastreams", **{"$expand": "Observations"}),
    "SensorThings, of a feature": _of_each("sta/v1.1/FeaturesOfInterest({})/Observations"),
    "SensorThings, all": lambda stage, who: stage.api(who, "sta/v1.1/Observations", **{"$top": 500}),
    "latest of all": lambda stage, who: stage.api(who, "v1/latest"),
    "uplinks of all": lambda stage, who: stage.api(who, "v1/uplinks"),
}


def old_ids(stage: Stage) -> list[str]:
    """The ids of observations of what came in the earlier trial."""
    rows = Uplink.objects.filter(trial_id=stage.flagged.pk)
    return [f"{row.deduplication_id}:{round(row.time.timestamp() * 1_000_000)}:level" for row in rows]
