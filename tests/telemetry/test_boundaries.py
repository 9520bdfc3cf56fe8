"""Whose data each door shows: pages, API, SensorThings, files, dashboards, secret links, topics, webhooks."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.core.errors import NotFound
from apps.devices.domain import device_move
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.devices.selectors import device_rows, devices_of_trial
from apps.exports.rules import kind_of
from apps.organizations.models import Organization
from apps.telemetry.domain.fresh import Fresh
from apps.telemetry.domain.over_quota import over_quota_decode
from apps.telemetry.domain.telling import webhooks_follow
from apps.telemetry.domain.topics import topics_messages
from apps.telemetry.models import DeviceEvent, Uplink, WebhookMessage
from apps.telemetry.selectors.alerts import devices_to_watch
from apps.telemetry.selectors.export_kinds import may_see
from tests.cast import Cast
from tests.factories.webhooks import EndpointFactory
from tests.telemetry.boundaries import (
    OPERATIONS,
    PAGES,
    Stage,
    joined,
    old_ids,
    seen_in,
    sent,
    stage_of,
    store,
)

pytestmark = pytest.mark.django_db
#: What the members of an organization see of the trial on its pages.
PEOPLE = {
    "owner": {"LEAD", "PARTNER", "OLD", "NEW", "IDLE"},
    "manager": {"LEAD", "PARTNER", "NEW"},
    "reader": {"LEAD", "PARTNER", "NEW"},
    "before": set(),
}
KEYS = {
    "whole key": {"LEAD", "OLD", "NEW", "IDLE"},
    "key of the trial": {"LEAD", "NEW"},
    "key of the flagged": set(),
    "partner's key": {"PARTNER"},
    "reader's key": set(),
}


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return stage_of(cast)


def test_every_door_shows_what_its_reader_may_see(stage: Stage) -> None:
    wrong: list[str] = []
    for name, door in PAGES.items():
        for who, wanted in PEOPLE.items():
            # Only the newest value is polled.
            shown = wanted - {"OLD"} if name == "live" else wanted
            _compare(wrong, f"{name}, {who}", door(stage, who), shown)
    for name, door in OPERATIONS.items():
        for who, wanted in KEYS.items():
            shown = wanted
            if name.startswith("latest"):
                shown = wanted - {"OLD"}
            elif name == "events":
                assert seen_in(door(stage, who)) == ({"OLD FIELD"} if who == "whole key" else set())
                continue
            elif name == "uplinks of all" and who == "key of the flagged":
                shown = {"OLD", "IDLE"}
            _compare(wrong, f"{name}, {who}", door(stage, who), shown)
    for who, wanted in (("owner", {"LEAD", "NEW"}), ("manager", {"PARTNER"})):
        _compare(wrong, f"link, {who}", stage.link(who), wanted)
    assert not wrong, "\n".join(wrong)


def _compare(wrong: list[str], what: str, text: str, wanted: set[str]) -> None:
    found = seen_in(text)
    if found - {"OLD FIELD"} != wanted:
        wrong.append(f"{what}: {sorted(found)} instead of {sorted(wanted)}")
    if "OLD FIELD" in found and not wanted & {"OLD", "IDLE"}:
        wrong.append(f"{what}: names what came in another trial")


def test_a_file_holds_what_came_in_the_trial_or_all_of_ones_own_device(stage: Stage) -> None:
    for kind in ("uplinks", "hours", "events"):
        _files(stage, kind)
    # One with another trial's past is not for a key that is limited.
    found: Any = kind_of("telemetry.uplinks")
    owner = stage.organizations["owner"]
    device = str(stage.devices["MOVED"].pk)
    params, _subject = found.clean(owner, ApiKey.objects.get(name="whole key"), {"device": device})
    for name, answer in (("whole key", True), ("key of the trial", False)):
        assert may_see(owner, ApiKey.objects.get(name=name), [params]) == [answer]


def _files(stage: Stage, kind: str) -> None:
    here, moved = {"trial": stage.trial.code}, {"device": str(stage.devices["MOVED"].pk)}
    there = {"trial": stage.flagged.code}
    in_trial, past = {"LEAD", "PARTNER", "NEW"}, {"OLD", "IDLE"}
    for who, asked, wanted in (
        ("owner", here, in_trial),
        ("manager", here, in_trial),
        ("key of the trial", here, {"LEAD", "NEW"}),
        ("partner's key", here, {"PARTNER"}),
        # What came in a trial stays with it: its report may rest on it.
        ("owner", there, past),
        ("before", there, past),
        ("key of the flagged", there, past),
        ("owner", moved, {"OLD", "NEW"}),
        ("whole key", moved, {"OLD", "NEW"}),
        ("manager", moved, {"NEW"}),
        ("key of the trial", moved, {"NEW"}),
    ):
        found = seen_in(stage.export(who, kind, **asked))
        if kind == "events":
            assert ("OLD FIELD" in found) == ("OLD" in wanted), (who, asked)
        else:
            assert found - {"OLD FIELD"} == wanted, (who, asked)
            assert ("OLD FIELD" in found) == bool(wanted & past), (who, asked)
    with pytest.raises(NotFound):
        stage.export("before", kind, **moved)


def test_who_does_not_see_what_came_before_reads_nothing_false(stage: Stage) -> None:
    """One that sent before it moved, and not since: it did join, but that is not told to others."""
    idle = stage.devices["IDLE"]
    store(joined(idle, stage.moved_at - timedelta(minutes=30)))
    said = "Nothing since it was moved here"
    with translation.override("en"):
        day = clock.short(stage.moved_at)
    for who in ("manager", "reader"):
        page = stage.page(who, f"devices/{idle.pk}/", "/en")
        assert f"moved into this trial ({day}); nothing has come since" in page
        assert page.count(said) >= 3  # the state, what arrived, what the network told
        assert said in stage.page(who, f"devices/{idle.pk}/frames/", "/en")
        assert said in stage.page(who, f"trials/{stage.trial.code}/", "/en")
        for false in ("Waiting for the first join", "has not heard this device", "Nothing has arrived yet"):
            assert false not in page
    state = json.loads(stage.api("key of the trial", f"v1/devices/{idle.pk}"))["state"]
    assert (state["code"], state["severity"], state["last_heard"]) == ("moved", "waiting", None)
    assert datetime.fromisoformat(state["since"]) == stage.moved_at
    # Its own organization reads when it came last.
    assert "Not receiving" in stage.page("owner", f"devices/{idle.pk}/", "/en")
    state = json.loads(stage.api("whole key", f"v1/devices/{idle.pk}"))["state"]
    assert (state["code"], state["last_heard"] is None) == ("silent", False)


def test_a_device_that_comes_back_shows_both_its_stays(stage: Stage) -> None:
    """It goes to the flagged trial again and back: what came there in between stays hidden."""
    moved, owner = stage.devices["MOVED"], stage.people["owner"]
    leaves, returns = stage.moved_at + timedelta(hours=5), stage.moved_at + timedelta(hours=30)
    Device.objects.filter(pk=moved.pk).update(
        trial=stage.flagged,
        joined_trial_at=leaves,
        earlier_trials=[
            [str(stage.flagged.pk), None, stage.moved_at.isoformat()],
            [str(stage.trial.pk), stage.moved_at.isoformat(), leaves.isoformat()],
        ],
    )
    store(sent(moved, 466.27, stage.moved_at + timedelta(hours=6)))
    device_move(device=moved, trial=stage.trial, actor=owner, now=returns)
    text = PAGES["device, year"](stage, "manager") + OPERATIONS["series, hours"](stage, "key of the trial")
    assert "466.27" not in text
    assert "444.27" in text
    assert "466.27" in PAGES["frames"](stage, "owner")
    assert seen_in(stage.link("owner")) == {"LEAD", "NEW"}


def test_the_doors_to_one_thing_show_the_same(stage: Stage, cast: Cast) -> None:
    # An observation of before is nowhere for a limited key.
    for name in old_ids(stage):
        path = f"sta/v1.1/Observations('{name}')"
        assert seen_in(stage.api("whole key", path))
        assert not stage.api("key of the trial", path)
    # Downlinks of before are the owner's.
    path = f"devices/{stage.devices['MOVED'].pk}/downlinks/"
    assert "BE EF" in stage.page("owner", path)
    assert "BE EF" not in stage.page("manager", path)
    path = f"v1/devices/{stage.devices['MOVED'].pk}/downlinks"
    assert '"beef"' in stage.api("whole key", path)
    assert '"beef"' not in stage.api("key of the trial", path)
    # A rule watches its organization's own devices.
    for who, names in (("owner", {"LEAD", "MOVED", "IDLE"}), ("manager", {"PARTNER"}), ("reader", set())):
        watched = set(devices_to_watch(stage.trial, stage.organizations[who]))
        assert watched == {stage.devices[name] for name in names}
    # A list says when a device was last heard: of one that only sent before it came, never.
    for who, heard in (("owner", True), ("manager", False)):
        listed = device_rows(list(devices_of_trial(trial=stage.trial, organization=stage.organizations[who])))
        states = {row.device.name: row.state.last_at for row in listed}
        assert (states["黙った水位計"] is not None) is heard
        assert states["移った水位計"] is not None
    # Rows are visible where they came.
    manager = stage.people["manager"]
    for person, count in ((cast.owner, 14), (manager, 9), (cast.stranger, 5), (cast.staff, 14)):
        assert Uplink.objects.visible_to(person).count() == count


def test_what_a_link_leaves_out_is_told_to_who_makes_it_and_to_nobody_else(stage: Stage) -> None:
    board = stage.boards["owner"]
    partner = stage.organizations["manager"].name
    for name in ("edit", "links"):
        text = stage.page("owner", f"trials/{stage.trial.code}/dashboards/{board.pk}/{name}/")
        assert f"{partner}：1台" in text
        assert "移った水位計" in text
    opened = stage.link("owner")
    assert "共同" not in opened
    assert "いまは、ここに表示するものがありません。" in opened


def test_a_link_follows_a_device_to_its_new_owner(stage: Stage) -> None:
    """And to another trial. Tiles that were made earlier name it still."""
    Device.objects.filter(pk=stage.devices["LEAD"].pk).update(organization=stage.organizations["manager"])
    assert seen_in(stage.link("owner")) == {"NEW"}
    assert seen_in(stage.link("manager")) == {"LEAD", "PARTNER"}
    device_move(device=stage.devices["MOVED"], trial=stage.flagged, actor=stage.people["owner"])
    assert seen_in(stage.link("owner")) == set()


def test_what_is_told_names_the_trial_in_which_it_came(stage: Stage) -> None:
    """It is delivered when the device has left that trial already: to nobody who listens to the new one."""
    owner: Organization = stage.organizations["owner"]
    rows = list(Uplink.objects.filter(organization_id=owner.pk).order_by("time"))
    fresh = Fresh(owner.pk, rows, list(DeviceEvent.objects.filter(organization_id=owner.pk)))
    told = {"2025-901": "", "2025-902": ""}
    for topic, body in topics_messages(fresh):
        told[topic.split("/")[2]] += body.decode()
    assert seen_in(told["2025-901"]) == {"OLD", "IDLE", "OLD FIELD"}
    assert seen_in(told["2025-902"]) == {"LEAD", "NEW"}
    narrow, wide = (EndpointFactory.create(organization=owner, kinds=["uplink", "event"]) for _n in "12")
    narrow.trials.add(stage.trial)
    webhooks_follow(freshes=[fresh], now=stage.moved_at)
    heard = {
        one.pk: " ".join(bytes(row.body).decode() for row in WebhookMessage.objects.filter(endpoint=one))
        for one in (narrow, wide)
    }
    assert seen_in(heard[narrow.pk]) == {"LEAD", "NEW"}
    assert "2025-901" not in heard[narrow.pk]
    assert seen_in(heard[wide.pk]) == {"LEAD", "NEW", "OLD", "IDLE", "OLD FIELD"}


def test_a_raised_number_decodes_what_came_in_its_trial(stage: Stage) -> None:
    """Of devices that left, too; and nothing that came elsewhere."""
    Uplink.objects.filter(trial_id=stage.flagged.pk).update(decode_state="over_quota", values=None)
    with CodecRunner() as runner:
        assert over_quota_decode(trial_id=stage.trial.pk, runner=runner) == 0
        assert over_quota_decode(trial_id=stage.flagged.pk, runner=runner) == 5
    decoded = Uplink.objects.filter(trial_id=stage.flagged.pk, values__old_only=1)
    assert decoded.count() == 5


#: Who reads what devices sent, and why nothing of another trial comes out there.
READERS = {
    "selectors/sight.py": "the door itself",
    "selectors/series_rows.py": "read by series_seen, which keeps to what is seen",
    "selectors/states.py": "by parted: of those that are seen in part, what came in the trial",
    "selectors/sta/catalogue.py": "with the trial of those that are seen in part",
    "selectors/sta/observations.py": "with the trial of those that are seen in part",
    "selectors/by_key.py": "the key's trials",
    "selectors/latest_by_key.py": "the key's trials, and what came since the device joined",
    "selectors/exporting.py": "the trial's rows, or all of one's own device",
    "selectors/glance.py": "what came since the device joined",
    "selectors/alert_past.py": "rules watch own devices",
    "selectors/alert_past_states.py": "rules watch own devices",
    "selectors/model_frames.py": "own devices have a company's own model; else for staff",
    "selectors/ingest.py": "for storing, shown to nobody",
    "selectors/redecode.py": "for decoding again, shown to nobody",
    "api/views.py": "the empty lists of the schema",
}


def test_what_devices_sent_is_read_by_few() -> None:
    """A new reader says here why it shows nobody what came in another trial."""
    models = "Uplink|DeviceLatest|DeviceEvent|DeviceCondition|DeviceHour|DeviceMonth"
    words = rf"(?:{models})\.objects|telemetry_(?:uplink|device)"
    home = Path("apps/telemetry")
    found = {
        str(path.relative_to(home))
        for part in ("selectors", "views", "api", "forms")
        for path in (home / part).rglob("*.py")
        if re.search(words, path.read_text())
    }
    assert found == set(READERS)
