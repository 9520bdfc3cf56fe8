"""A company asks to change its trial; staff decide; what holds is one version after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.calls.models import Letter
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.devices.domain import device_register
from apps.outbox.models import Message
from apps.trials.domain import (
    StateEdit,
    TrialEdit,
    change_ask,
    change_decide,
    change_take_back,
    organization_trials_move,
    quota_change,
    trial_apply,
    trial_edit,
    trial_set_state,
)
from apps.trials.enums import Access, ChangeState, ParticipantRole, QuotaKind, TrialPhase, TrialState
from apps.trials.models import Participant, Trial, TrialChange, TrialQuota, TrialVersion
from apps.trials.selectors.changes import change_rows, history, waiting_changes
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory
from tests.trials.changes import asked, longer


@pytest.fixture
def trial(cast: Cast) -> Trial:
    due = clock.local_date() + timedelta(days=150)
    return TrialFactory.create(organization=cast.organization, code="2025-101", report_due_on=due)


def decide(change: TrialChange, cast: Cast, granted: dict[str, Any], answer: str = "") -> TrialChange:
    fresh = TrialChange.objects.get(pk=change.pk)
    return change_decide(
        change=fresh, actor=cast.staff, version=fresh.version, granted=granted, answer=answer
    )


def kinds(change: TrialChange) -> dict[str, Any]:
    return dict(change.proposed)


def granted_devices(trial: Trial) -> int:
    return TrialQuota.objects.get(trial=trial, kind=QuotaKind.DEVICES).granted


# Asking


def test_a_request_waits_for_the_city_and_changes_nothing(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.colleague, devices=60, **longer(trial))
    assert (change.number, change.state, change.kinds) == (1, "asked", ["period", "devices"])
    trial.refresh_from_db()
    assert (trial.version, granted_devices(trial)) == (1, 50)
    (item,) = waiting_changes(cast.staff)
    assert (item.mail_count, str(change.pk) in item.url) == (1, True)
    assert waiting_changes(cast.owner) == []
    assert AuditEntry.objects.get(action="trial.change_ask").data == {
        "request": 1,
        "kinds": ["period", "devices"],
    }


@pytest.mark.parametrize("who", ["reader", "stranger", "staff", "reviewer"])
def test_only_those_who_manage_the_trial_ask(who: str, cast: Cast, trial: Trial) -> None:
    with pytest.raises(NotAllowed):
        asked(trial, getattr(cast, who))


def test_a_partner_that_may_only_read_does_not_ask(cast: Cast, trial: Trial) -> None:
    Participant.objects.create(
        trial=trial, organization=cast.other, role=ParticipantRole.PARTNER, access=Access.READ
    )

    with pytest.raises(NotAllowed):
        change_ask(
            trial=trial, organization=cast.other, actor=cast.stranger, proposed={"devices": 60}, reason="x"
        )


def test_one_request_at_a_time_and_a_new_one_after_taking_back(cast: Cast, trial: Trial) -> None:
    first = asked(trial, cast.owner)
    with pytest.raises(Conflict):
        asked(trial, cast.owner, messages=6000)
    change_take_back(change=first, actor=cast.colleague)
    assert asked(trial, cast.owner).number == 2
    with pytest.raises(Conflict):
        change_take_back(change=first, actor=cast.owner)


def wish(trial: Trial, name: str) -> dict[str, Any]:
    """What cannot be wished of a running trial, by a short name."""
    today = clock.local_date()
    begins = trial.starts_on.isoformat()
    over = today + timedelta(days=500)
    wishes: dict[str, dict[str, Any]] = {
        "nothing": {},
        "same number": {"devices": 50},
        "no number": {"devices": None},
        "a text": {"devices": "60"},
        "zero": {"messages": 0},
        "huge": {"devices": 10**9},
        "below use": {"devices": 3},
        "ends before today": {
            "period": {"starts_on": begins, "ends_on": (today - timedelta(days=1)).isoformat()}
        },
        "moved begin": {"period": {"starts_on": today.isoformat(), "ends_on": today.isoformat()}},
        "no day": {"period": {"starts_on": begins, "ends_on": ""}},
        "same period": {"period": {"starts_on": begins, "ends_on": trial.ends_on.isoformat()}},
        "ends first": {"period": {"starts_on": begins, "ends_on": "2001-01-01"}},
        "goes on": {"resume": {}},
        "two courses": {"pause": {"on": today.isoformat()}, "end": {"on": today.isoformat()}},
        "end and more": {"end": {"on": today.isoformat()}, "devices": 60},
        "end too late": {"end": {"on": over.isoformat()}},
        "pause without day": {"pause": {"on": ""}},
        "partner without name": {
            "partners": {"add": [{"name": "", "access": "read", "organization": ""}], "leave": []}
        },
        "unknown partner": {"partners": {"add": [], "leave": ["nobody"]}},
        "nobody": {"partners": {"add": [], "leave": []}},
        "same places": {"places": []},
        "place without name": {
            "places": [{"id": "", "name": "", "latitude": 1.0, "longitude": 1.0, "precision": "point"}]
        },
        "half a point": {
            "places": [{"id": "", "name": "橋", "latitude": 1.0, "longitude": None, "precision": "point"}]
        },
    }
    return wishes[name]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("nothing", "kinds"),
        ("same number", "devices"),
        ("no number", "devices"),
        ("a text", "devices"),
        ("zero", "messages"),
        ("huge", "devices"),
        ("below use", "devices"),
        ("ends before today", "ends_on"),
        ("moved begin", "starts_on"),
        ("no day", "ends_on"),
        ("same period", "ends_on"),
        ("ends first", "ends_on"),
        ("goes on", "kinds"),
        ("two courses", "kinds"),
        ("end and more", "kinds"),
        ("end too late", "on"),
        ("pause without day", "on"),
        ("partner without name", "partners"),
        ("unknown partner", "partners"),
        ("nobody", "partners"),
        ("same places", "places"),
        ("place without name", "places"),
        ("half a point", "places"),
    ],
)
def test_what_cannot_be_wished_is_told_by_field(name: str, field: str, cast: Cast, trial: Trial) -> None:
    TrialQuota.objects.filter(trial=trial, kind=QuotaKind.DEVICES).update(used=4)

    with pytest.raises(InvalidInput) as refusal:
        change_ask(
            trial=trial,
            organization=trial.organization,
            actor=cast.owner,
            proposed=wish(trial, name),
            reason="x",
        )
    assert set(refusal.value.fields) == {field}
    assert not TrialChange.objects.exists()


def test_a_request_without_a_reason_is_not_one(cast: Cast, trial: Trial) -> None:
    with pytest.raises(InvalidInput) as refusal:
        asked(trial, cast.owner, reason=" \u202e ")
    assert set(refusal.value.fields) == {"reason"}


@pytest.mark.parametrize("state", [TrialState.STOPPED, TrialState.WITHDRAWN])
def test_a_trial_that_is_over_cannot_be_asked_about(state: TrialState, cast: Cast, trial: Trial) -> None:
    trial_set_state(trial=trial, state=state, actor=cast.staff, reason="機器がこわれた。")
    with pytest.raises(Conflict):
        asked(trial, cast.owner)


def test_while_paused_it_can_go_on_but_not_pause_again(cast: Cast, trial: Trial) -> None:
    trial_set_state(trial=trial, state=TrialState.PAUSED, actor=cast.staff)
    assert Trial.objects.get().phase() == TrialPhase.PAUSED
    with pytest.raises(InvalidInput):
        asked(trial, cast.owner, pause={"on": clock.local_date().isoformat()})
    change = asked(trial, cast.owner, resume={}, devices=70)
    decide(change, cast, kinds(change))
    trial.refresh_from_db()
    assert (trial.state, trial.paused_on, granted_devices(trial)) == ("active", None, 70)


# Deciding


def test_approved_as_asked_everything_holds_with_one_version(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner, devices=60, **longer(trial))
    done = decide(change, cast, kinds(change))
    assert (done.state, done.decided_by, done.answer) == (ChangeState.APPROVED, cast.staff, "")
    before, trial = trial, Trial.objects.get()
    assert trial.ends_on == before.ends_on + timedelta(days=60)
    assert trial.report_due_on == before.report_due_on + timedelta(days=60)  # type: ignore[operator]
    assert granted_devices(trial) == 60
    assert (trial.version, done.made_version.number) == (2, 2)
    assert done.made_version.snapshot["quotas"]["devices"] == 60
    mail = Message.objects.get(template="trials-change-answer")
    assert mail.to_email == cast.owner.email
    assert "60" in mail.body
    letter = done.letter
    assert letter is not None
    assert (letter.kind, letter.organization, letter.trial_code) == ("change", cast.organization, "2025-101")
    assert letter.told_at is not None
    assert [row["after"] for row in letter.values["rows"]][1] == "60台"
    assert letter.values["rows"][1]["after_en"] == "60 devices"
    assert letter.values["devices"] == 60
    newest, oldest = history(trial)
    assert newest.change == done
    assert len(newest.lines) == 3
    assert oldest.number == 1


def test_approved_in_part_with_other_numbers_needs_words(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner, devices=60, **longer(trial))
    with pytest.raises(InvalidInput) as refusal:
        decide(change, cast, {"devices": 55})
    assert set(refusal.value.fields) == {"answer"}
    assert granted_devices(trial) == 50
    done = decide(change, cast, {"devices": 55}, "機器の数に限りがあります。")
    assert done.state == ChangeState.PARTLY
    period, devices = change_rows(done)
    assert (period.granted, devices.granted and "55" in devices.granted[0]) == ([], True)
    assert "50" in devices.now[0]
    assert "60" in devices.wished[0]


def test_declined_needs_a_reason_and_changes_nothing(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner)
    with pytest.raises(InvalidInput):
        decide(change, cast, {})
    assert decide(change, cast, {}, "電波の空きがありません。").state == ChangeState.DECLINED
    assert Trial.objects.get().version == 1
    assert not Letter.objects.exists()
    assert Message.objects.get().template == "trials-change-answer"


def test_granted_below_what_is_in_use_is_refused_in_words(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner, devices=40)
    TrialQuota.objects.filter(trial=trial, kind=QuotaKind.DEVICES).update(used=45)
    with pytest.raises(InvalidInput) as refusal:
        decide(change, cast, {"devices": 40})
    assert "45" in refusal.value.fields["devices"][0]
    assert TrialChange.objects.get().state == ChangeState.ASKED
    assert not Message.objects.exists()


def test_a_day_that_went_by_until_the_decision_is_refused(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner, **longer(trial, -110))
    fresh = TrialChange.objects.get()
    later = clock.now() + timedelta(days=20)
    with pytest.raises(InvalidInput) as refusal:
        change_decide(change=fresh, actor=cast.staff, version=1, granted=kinds(change), answer="", now=later)
    assert set(refusal.value.fields) == {"ends_on"}


def test_only_staff_decide_and_only_what_was_asked(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner)
    with pytest.raises(NotAllowed):
        change_decide(change=change, actor=cast.owner, version=1, granted={"devices": 60}, answer="")
    with pytest.raises(Conflict):
        decide(change, cast, {"devices": 60, "messages": 9000})


def test_taken_back_it_cannot_be_decided(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner)
    change_take_back(change=change, actor=cast.owner)
    with pytest.raises(Conflict):
        change_decide(change=change, actor=cast.staff, version=1, granted={"devices": 60}, answer="")
    with pytest.raises(Conflict):
        decide(change, cast, {"devices": 60})
    assert granted_devices(trial) == 50


def test_places_and_partners_follow_the_decision(cast: Cast, trial: Trial) -> None:
    place = {"id": "", "name": "橋", "latitude": 36.7, "longitude": 137.2, "precision": "district"}
    joins = {"add": [{"name": "よその会社", "access": "read", "organization": ""}], "leave": []}
    change = asked(trial, cast.owner, places=[place], partners=joins)
    with pytest.raises(InvalidInput) as refusal:
        decide(change, cast, kinds(change))
    assert set(refusal.value.fields) == {"partners"}
    known = {**joins, "add": [{**joins["add"][0], "organization": str(cast.other.pk)}]}
    assert decide(change, cast, {**kinds(change), "partners": known}).state == ChangeState.APPROVED
    site = trial.sites.get()
    assert (site.name, site.point and site.point.coords, site.precision) == ("橋", (137.2, 36.7), "district")
    part = Participant.objects.get(trial=trial, role=ParticipantRole.PARTNER)
    assert (part.organization, part.access) == (cast.other, Access.READ)
    leave = asked(trial, cast.owner, partners={"add": [], "leave": [str(cast.other.pk)]})
    decide(leave, cast, kinds(leave))
    assert not Participant.objects.filter(trial=trial, role=ParticipantRole.PARTNER).exists()


def test_a_place_of_another_trial_is_never_touched(cast: Cast, trial: Trial) -> None:
    foreign = TrialFactory.create(code="2025-102").sites.create(name="よその橋")
    row = {"id": str(foreign.pk), "name": "橋", "latitude": None, "longitude": None, "precision": "district"}
    change = asked(trial, cast.owner, places=[row])
    decide(change, cast, kinds(change))
    foreign.refresh_from_db()
    assert foreign.name == "よその橋"
    assert trial.sites.get().name == "橋"


@pytest.mark.parametrize(
    ("kind", "state", "phase"),
    [("end", "stopped", TrialPhase.STOPPED), ("withdrawal", "withdrawn", TrialPhase.WITHDRAWN)],
)
def test_an_early_end_begins_on_its_day(
    kind: str, state: str, phase: TrialPhase, cast: Cast, trial: Trial
) -> None:
    day = clock.local_date() + timedelta(days=10)
    wished: dict[str, Any] = {kind: {"on": day.isoformat()}}
    change = asked(trial, cast.owner, **wished)
    decide(change, cast, kinds(change))
    fresh = Trial.objects.get()
    assert (fresh.state, fresh.stopped_on, fresh.stop_reason) == (state, day, "冬の水位も見たい。")
    assert fresh.phase() == TrialPhase.RUNNING
    assert fresh.phase(clock.now() + timedelta(days=10)) == phase
    assert fresh.report_due_on == day + timedelta(days=30)


def test_a_pause_needs_no_letter(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner, pause={"on": clock.local_date().isoformat()})
    done = decide(change, cast, kinds(change))
    assert (done.state, done.letter) == (ChangeState.APPROVED, None)
    assert Trial.objects.get().phase() == TrialPhase.PAUSED


# Versions of staff's own edits


def test_each_edit_of_staff_keeps_a_version_and_none_without_a_change(cast: Cast, trial: Trial) -> None:
    trial_edit(trial=trial, actor=cast.staff, changes={"title": trial.title})
    assert TrialVersion.objects.count() == 1
    quota_change(trial=trial, kind=QuotaKind.MESSAGES, granted=7000, actor=cast.staff)
    trial_edit(trial=trial, actor=cast.staff, changes={"title": "別の題名"})
    numbers = list(TrialVersion.objects.values_list("number", "made_by", "snapshot__title"))
    first = "用水路のごみ詰まりを水位差で知る"
    assert numbers == [(1, None, first), (2, cast.staff.pk, first), (3, cast.staff.pk, "別の題名")]
    assert "7,000" in history(Trial.objects.get())[1].lines[0]


def test_an_edit_that_began_from_an_older_version_is_refused(cast: Cast, trial: Trial) -> None:
    trial_edit(trial=trial, actor=cast.staff, changes={"title": "別の題名"})
    with pytest.raises(Conflict):
        trial_apply(trial=trial, edit=TrialEdit(fields={"title": "x"}), actor=cast.staff, version=1)


def test_all_of_an_edit_or_nothing(cast: Cast, trial: Trial) -> None:
    TrialQuota.objects.filter(trial=trial, kind=QuotaKind.DEVICES).update(used=9)
    edit = TrialEdit(fields={"title": "別の題名"}, quotas={QuotaKind.DEVICES: 3})
    with pytest.raises(InvalidInput):
        trial_apply(trial=trial, edit=edit, actor=cast.staff)
    assert Trial.objects.get().title != "別の題名"
    assert not TrialVersion.objects.exists()


def test_a_state_is_reached_from_where_it_may_be(cast: Cast, trial: Trial) -> None:
    trial_set_state(trial=trial, state=TrialState.STOPPED, actor=cast.staff)
    edit = TrialEdit(state=StateEdit(state=TrialState.PAUSED, on=clock.local_date()))
    with pytest.raises(Conflict):
        trial_apply(trial=trial, edit=edit, actor=cast.staff)
    back = trial_set_state(trial=trial, state=TrialState.ACTIVE, actor=cast.staff)
    assert (back.stopped_on, back.stop_reason, back.report_due_on) == (None, "", trial.report_due_on)


def test_requests_follow_a_merge_and_the_trial_keeps_a_version(cast: Cast, trial: Trial) -> None:
    asked(trial, cast.owner)
    organization_trials_move(keep=cast.other, gone=cast.organization)
    assert TrialChange.objects.get().organization == cast.other
    newest = history(Trial.objects.get())[0]
    assert newest.number == 2
    assert "よその会社" in newest.lines[0]


def test_a_managing_partner_does_not_end_the_trial_for_the_lead(cast: Cast, trial: Trial) -> None:
    Participant.objects.create(trial=trial, organization=cast.other, role=ParticipantRole.PARTNER)
    ask: dict[str, Any] = {"trial": trial, "organization": cast.other, "actor": cast.stranger, "reason": "x"}
    day = clock.local_date().isoformat()
    for kind in ("end", "withdrawal"):
        with pytest.raises(InvalidInput):
            change_ask(**ask, proposed={kind: {"on": day}})
    assert change_ask(**ask, proposed={"devices": 60}).organization == cast.other


def test_before_it_begins_the_first_day_may_move(cast: Cast, trial: Trial) -> None:
    begins = clock.local_date() + timedelta(days=10)
    Trial.objects.filter(pk=trial.pk).update(starts_on=begins)
    later = begins + timedelta(days=5)
    period = {"starts_on": later.isoformat(), "ends_on": trial.ends_on.isoformat()}
    change = asked(trial, cast.owner, period=period)
    decide(change, cast, kinds(change))
    assert Trial.objects.get().starts_on == later


def test_after_its_last_day_only_a_longer_period_is_granted(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner, devices=60, **longer(trial))
    after = clock.now() + timedelta(days=130)
    with pytest.raises(Conflict):
        change_ask(
            trial=TrialFactory.create(
                organization=cast.organization, starts_on="2020-01-01", ends_on="2020-02-01"
            ),
            organization=cast.organization,
            actor=cast.owner,
            proposed={"devices": 60},
            reason="x",
        )
    decision: dict[str, Any] = {"change": change, "actor": cast.staff, "version": 1, "now": after}
    with pytest.raises(InvalidInput):
        change_decide(**decision, granted=kinds(change), answer="")
    done = change_decide(**decision, granted={"period": change.proposed["period"]}, answer="機器はそのまま。")
    assert done.state == ChangeState.PARTLY
    assert Trial.objects.get(pk=trial.pk).phase(after) == TrialPhase.RUNNING


# Races


@pytest.mark.django_db(transaction=True)
def test_two_staff_deciding_at_once_decide_once(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner)

    def act(granted: int) -> Any:
        fresh = TrialChange.objects.get(pk=change.pk)
        return lambda: change_decide(
            change=fresh, actor=cast.staff, version=1, granted={"devices": granted}, answer="限りあり"
        )

    found = at_once([act(55), act(60)])
    assert sorted(isinstance(row, Conflict) for row in found) == [False, True]
    assert TrialVersion.objects.count() == 2
    assert Message.objects.count() == 1
    assert granted_devices(trial) == TrialChange.objects.get().granted["devices"]


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_asking_at_once_ask_once(cast: Cast, trial: Trial) -> None:
    found = at_once([lambda: asked(trial, cast.owner), lambda: asked(trial, cast.colleague)])
    assert sorted(isinstance(row, Conflict) for row in found) == [False, True]
    assert TrialChange.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_taking_back_and_deciding_at_once_do_one_of_the_two(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner)
    one, two = (TrialChange.objects.get(pk=change.pk) for _number in range(2))
    found = at_once(
        [
            lambda: change_take_back(change=one, actor=cast.owner),
            lambda: change_decide(
                change=two, actor=cast.staff, version=1, granted={"devices": 60}, answer=""
            ),
        ]
    )
    assert sorted(isinstance(row, Conflict) for row in found) == [False, True]
    taken = TrialChange.objects.get().state == ChangeState.TAKEN_BACK
    assert granted_devices(trial) == (50 if taken else 60)


@pytest.mark.django_db(transaction=True)
def test_edits_at_once_make_one_version_each(cast: Cast, trial: Trial) -> None:
    acts = [
        lambda name=name: trial_edit(trial=trial, actor=cast.staff, changes={name: "言葉"})
        for name in ("need", "measure", "learning")
    ]
    assert not [row for row in at_once(acts) if isinstance(row, Exception)]
    assert list(TrialVersion.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    fresh = Trial.objects.get()
    assert (fresh.need, fresh.measure, fresh.learning, fresh.version) == ("言葉", "言葉", "言葉", 4)


def test_a_partner_with_devices_in_the_trial_cannot_leave(cast: Cast, trial: Trial) -> None:
    Participant.objects.create(trial=trial, organization=cast.other, role=ParticipantRole.PARTNER)
    DeviceFactory.create(trial=trial, organization=cast.other)
    change = asked(trial, cast.owner, partners={"add": [], "leave": [str(cast.other.pk)]})
    with pytest.raises(Conflict) as refusal:
        decide(change, cast, kinds(change))
    assert "よその会社" in refusal.value.message
    assert TrialChange.objects.get().state == ChangeState.ASKED


def test_a_trial_that_ended_early_takes_no_more_devices_and_keeps_what_it_has(
    cast: Cast, trial: Trial
) -> None:
    device = DeviceFactory.create(trial=trial, organization=cast.organization)
    trial_set_state(trial=trial, state=TrialState.WITHDRAWN, actor=cast.staff, reason="人手が足りない。")
    with pytest.raises(Conflict) as refusal:
        device_register(
            trial=Trial.objects.get(),
            actor=cast.owner,
            name="水位計 2",
            dev_eui="02fd000000009999",
            join_eui="0000000000000000",
            app_key="8f3c2a1b9d4e5f60718293a4b5c6d7e8",
            model=device.model,
        )
    assert refusal.value.code == "trial_over"
    assert TrialQuota.objects.get(trial=trial, kind=QuotaKind.DEVICES).used == 1


@pytest.mark.django_db(transaction=True)
def test_devices_are_registered_while_the_quota_changes(cast: Cast, trial: Trial) -> None:
    """Neither waits for the other in a circle: the trial is locked so that rows may still point to it."""
    model = DeviceFactory.create(trial=trial, organization=cast.organization).model

    def register(number: int) -> Any:
        return lambda: device_register(
            trial=trial,
            actor=cast.owner,
            name=f"水位計 {number}",
            dev_eui=f"02fd00000000aa{number:02d}",
            join_eui="0000000000000000",
            app_key="8f3c2a1b9d4e5f60718293a4b5c6d7e8",
            model=model,
        )

    def grant(number: int) -> Any:
        return lambda: quota_change(trial=trial, kind=QuotaKind.DEVICES, granted=number, actor=cast.staff)

    found = at_once([register(1), grant(60), register(2), grant(61), register(3), grant(62)])
    assert not [row for row in found if isinstance(row, Exception)]
    quota = TrialQuota.objects.get(trial=trial, kind=QuotaKind.DEVICES)
    assert (quota.used, quota.granted in (60, 61, 62)) == (4, True)
    assert Trial.objects.get().version == 4
