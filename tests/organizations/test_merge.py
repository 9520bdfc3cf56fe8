"""Two organizations become one: nothing is lost, nothing is left, nothing can be forgotten."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.apikeys.enums import Scope
from apps.audit.models import AuditEntry
from apps.calls.enums import LetterKind, TieKind
from apps.calls.models import Consultation, JointApplicant, Letter, OutreachVisit, ReviewerTie
from apps.core import clock
from apps.core.errors import Conflict, NotAllowed
from apps.devices.models import Device, DeviceBatch
from apps.exports.models import ExportJob
from apps.organizations.domain import merge_problem, organization_merge
from apps.organizations.domain.merge import JOB, merge_late
from apps.organizations.models import Invitation, Membership, Organization, OrganizationDomain
from apps.organizations.selectors.doubles import (
    Reference,
    doubles,
    doubles_of,
    held_rows,
    organization_references,
)
from apps.organizations.signals import organization_merged
from apps.outbox.models import Job, Message
from apps.telemetry.domain.news import listener_set
from apps.telemetry.domain.partitions import partitions_ahead
from apps.telemetry.enums import EventKind
from apps.telemetry.models import (
    AlertRule,
    Dashboard,
    DeviceEvent,
    DeviceHour,
    DeviceMonth,
    Listener,
    News,
    Uplink,
    WebhookEndpoint,
)
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant, Trial, TrialChange, TrialQuota
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.calls import SubmittedFactory
from tests.factories.devices import DeviceFactory, OwnModelFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.review import ReviewerFactory
from tests.factories.trials import TrialFactory

NUMBER = "7000012050002"


def uplink(device: Device, **changes: Any) -> Uplink:
    now = clock.now()
    values: dict[str, Any] = {
        "organization_id": device.organization_id,
        "deduplication_id": uuid.uuid4(),
        "time": now,
        "received_at": now,
        "trial_id": device.trial_id,
        "device_id": device.pk,
        "f_cnt": 1,
        "f_port": 1,
        "dr": 2,
        "data": b"\x78",
        "decode_state": "decoded",
        **changes,
    }
    return Uplink.objects.create(**values)


def fill(organization: Organization, staff: Any) -> None:
    """One row at least in every column that names an organization. A new model gets its line here,
    and a receiver of ``organization_merged`` in its app."""
    owner = MembershipFactory.create(organization=organization).user
    Invitation.objects.create(
        organization=organization,
        email="new@example.jp",
        role="viewer",
        token_hash=uuid.uuid4().hex,
        expires_at=clock.now() + timedelta(days=7),
    )
    application = SubmittedFactory.create(created_by=owner, organization=organization)
    JointApplicant.objects.create(
        application=application,
        org_name="仲間",
        contact_name="仲間",
        email="joint@example.jp",
        token_hash=uuid.uuid4().hex,
        sent_at=clock.now(),
        invited_by=owner,
        expires_at=clock.now() + timedelta(days=7),
        organization=organization,
    )
    Consultation.objects.create(contact_name="相談", topic="場所", organization=organization)
    OutreachVisit.objects.create(
        visited_on=clock.local_date(), organization_name="訪問", organization=organization, staff=staff
    )
    OrganizationDomain.objects.create(organization=organization, domain=f"{uuid.uuid4().hex}.example")
    serial = Letter.objects.count() + 1
    Letter.objects.create(
        fiscal_year=2026,
        serial=serial,
        number=f"見本2026-{serial}",
        kind=LetterKind.ADOPTION,
        issued_on=clock.local_date(),
        organization=organization,
        addressee="あて先",
    )
    ReviewerTie.objects.create(
        reviewer=ReviewerFactory.create(),
        kind=TieKind.EMPLOYER,
        organization_name="勤め先",
        organization=organization,
    )
    device = DeviceFactory.create(trial=TrialFactory.create(organization=organization))
    OwnModelFactory.create(organization=organization)
    TrialChange.objects.create(
        trial=device.trial,
        number=1,
        kinds=["devices"],
        organization=organization,
        asked_by=owner,
        reason="冬の水位も見たい。",
        proposed={"devices": 60},
    )
    DeviceBatch.objects.create(
        organization=organization,
        trial=device.trial,
        made_by=owner,
        sealed=b"rows",
        expires_at=clock.now() + timedelta(hours=1),
    )
    api_key_create(organization=organization, actor=owner, name="鍵", scopes=list(Scope.values))
    partitions_ahead()
    row = uplink(device)
    owned = {"organization_id": organization.pk, "device_id": device.pk, "trial_id": device.trial_id}
    DeviceEvent.objects.create(
        event_id=uuid.uuid4(), time=row.time, received_at=row.time, kind=EventKind.JOIN, data={}, **owned
    )
    DeviceHour.objects.create(hour=row.time.replace(minute=0, second=0, microsecond=0), uplinks=1, **owned)
    DeviceMonth.objects.create(
        organization_id=organization.pk, device_id=device.pk, month=clock.local_date().replace(day=1)
    )
    owns = {"organization": organization, "trial": device.trial}
    AlertRule.objects.create(name="水位", kind="battery", **owns)
    Dashboard.objects.create(name="全体", **owns)
    WebhookEndpoint.objects.create(
        organization=organization, name="受け口", url="https://example.jp", kinds=["uplink"]
    )
    News.objects.create(organization=organization, made_at=clock.now())
    ExportJob.objects.create(organization=organization, made_by=owner, kind="telemetry.uplinks", format="csv")
    listener_set(organization=organization, alerts=True)
    Organization.objects.create(
        kind="sole", name="前に合わせた", merged_into=organization, merged_at=clock.now()
    )


@pytest.fixture
def pair(cast: Cast) -> tuple[Organization, Organization]:
    """``other`` goes into ``organization``; both hold something of everything."""
    for organization in (cast.organization, cast.other):
        fill(organization, cast.staff)
    return cast.organization, cast.other


def test_everything_that_names_an_organization_moves(cast: Cast, pair: Any) -> None:
    keep, gone = pair
    references = organization_references()
    assert len(references) >= 12
    before = {}
    for reference in references:
        held = reference.count(keep), reference.count(gone)
        assert held[1], f"Give test_merge.fill a row of {reference.model._meta.label}.{reference.attname}."
        before[reference] = sum(held)
    organization_merge(keep=keep, gone=gone, actor=cast.staff)
    for reference in references:
        name = f"{reference.model._meta.label}.{reference.attname}"
        more = 1 if reference.model is Organization else 0  # ``gone`` itself
        assert reference.count(gone) == 0, f"{name} was left behind."
        # An organization listens once: two rows become one.
        wanted = 1 if reference.model is Listener else before[reference] + more
        assert reference.count(keep) == wanted, f"{name} lost rows."
    gone.refresh_from_db()
    assert gone.merged_into == keep
    assert gone.merged_at is not None
    assert not Message.objects.filter(template__contains="merge").exists()
    entry = AuditEntry.objects.get(action="organization.merge")
    assert entry.organization_id == keep.pk
    assert entry.data["moved"]["telemetry.uplink.organization_id"] == 1


def test_every_column_by_that_name_is_found(cast: Cast) -> None:
    """Introspection itself: foreign keys of every app and bare UUIDs, but not the record."""
    names = {
        f"{reference.model._meta.label_lower}.{reference.attname}" for reference in organization_references()
    }
    assert {"calls.application.organization_id", "telemetry.uplink.organization_id"} <= names
    assert "audit.auditentry.organization_id" not in names


def test_a_forgotten_model_stops_the_merge(cast: Cast, pair: Any) -> None:
    keep, gone = pair
    kept_receivers = organization_merged.receivers[:]
    organization_merged.receivers = [row for row in kept_receivers if row[0][0] != "devices.merged"]
    organization_merged.sender_receivers_cache.clear()
    try:
        with pytest.raises(Conflict, match="機器"):
            organization_merge(keep=keep, gone=gone, actor=cast.staff)
    finally:
        organization_merged.receivers = kept_receivers
        organization_merged.sender_receivers_cache.clear()
    assert Trial.objects.filter(organization=gone).count() == 1
    gone.refresh_from_db()
    assert gone.merged_into is None


def test_the_higher_role_and_the_wider_part_win(cast: Cast) -> None:
    keep, gone = cast.organization, cast.other
    MembershipFactory.create(organization=gone, user=cast.colleague, role="owner")
    MembershipFactory.create(organization=gone, user=cast.owner, role="viewer")
    led = TrialFactory.create(organization=gone)
    Participant.objects.create(trial=led, organization=keep, role=ParticipantRole.PARTNER, access=Access.READ)
    joined = TrialFactory.create(organization=keep)
    Participant.objects.create(trial=joined, organization=gone, role="partner", access="manage")
    organization_merge(keep=keep, gone=gone, actor=cast.staff)
    roles = dict(Membership.objects.filter(organization=keep).values_list("user__name", "role"))
    assert roles == {"owner": "owner", "colleague": "owner", "reader": "viewer", "stranger": "owner"}
    for trial in (led, joined):
        part = Participant.objects.get(trial=trial)
        assert (part.organization, part.role, part.access) == (keep, "lead", "manage")


def test_devices_keep_their_quota_and_uplinks_are_told_apart(cast: Cast, pair: Any) -> None:
    keep, gone = pair
    mine, theirs = Device.objects.get(organization=keep), Device.objects.get(organization=gone)
    now, same = clock.now(), uuid.uuid4()
    uplink(mine, deduplication_id=same, time=now)
    uplink(theirs, deduplication_id=same, time=now)  # another uplink by the same id
    twice = uplink(theirs)
    uplink(theirs, organization_id=keep.pk, deduplication_id=twice.deduplication_id, time=twice.time)
    used = TrialQuota.objects.get(trial=theirs.trial, kind="devices").used
    organization_merge(keep=keep, gone=gone, actor=cast.staff)
    assert TrialQuota.objects.get(trial=theirs.trial, kind="devices").used == used
    assert Uplink.objects.filter(device_id=mine.pk).count() == 2
    assert Uplink.objects.filter(device_id=theirs.pk).count() == 3


def test_what_the_kept_one_does_not_say_is_filled_and_two_by_law_are_refused(cast: Cast) -> None:
    keep = OrganizationFactory.create(name="株式会社 みずおと")
    gone = OrganizationFactory.create(
        corporate_number=NUMBER, website="https://example.jp/", name_kana="ミズ"
    )
    organization_merge(keep=keep, gone=gone, actor=cast.staff)
    keep.refresh_from_db()
    assert (keep.corporate_number, keep.website, keep.name_kana) == (NUMBER, "https://example.jp/", "ミズ")
    other = OrganizationFactory.create(corporate_number="4011001098993")
    with pytest.raises(Conflict):
        organization_merge(keep=keep, gone=other, actor=cast.staff)
    assert merge_problem(keep, keep)
    assert merge_problem(keep, other)
    assert merge_problem(other, gone)


@pytest.mark.parametrize("name", ["owner", "stranger", "reviewer"])
def test_only_the_city_merges(cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        organization_merge(keep=cast.organization, gone=cast.other, actor=getattr(cast, name))
    with pytest.raises(NotAllowed):
        organization_merge(keep=cast.organization, gone=cast.other, actor=None)


def test_old_links_lead_to_the_kept_one_for_those_who_may_see_it(cast: Cast, pair: Any) -> None:
    keep, gone = pair
    trial = Trial.objects.get(organization=gone)
    outsider = UserFactory.create()
    organization_merge(keep=keep, gone=gone, actor=cast.staff)
    for person in (cast.stranger, cast.owner, cast.staff):
        client = Client()
        client.force_login(person)
        assert client.get(f"/o/{gone.pk}/?a=1").headers["Location"] == f"/o/{keep.pk}/?a=1"
        old = client.get(f"/o/{gone.pk}/trials/{trial.code}/")
        assert old.headers["Location"] == f"/o/{keep.pk}/trials/{trial.code}/"
        assert client.get(old.headers["Location"]).status_code == 200
        assert client.get(f"/o/{uuid.uuid4()}/").status_code == 404
    client = Client()
    client.force_login(outsider)
    assert client.get(f"/o/{gone.pk}/").status_code == 404


def test_what_came_late_is_moved_by_the_job(cast: Cast, pair: Any) -> None:
    keep, gone = pair
    device = Device.objects.get(organization=gone)
    organization_merge(keep=keep, gone=gone, actor=cast.staff)
    uplink(device, organization_id=gone.pk)
    late = SubmittedFactory.create(organization=gone)
    job = Job.objects.get(kind=JOB)
    assert job.next_attempt_at is not None
    assert job.next_attempt_at > clock.now()
    for _again in range(2):
        merge_late(payload=job.payload)
    late.refresh_from_db()
    assert late.organization == keep
    assert not Uplink.objects.filter(organization_id=gone.pk).exists()


def test_a_batch_that_was_under_way_is_counted_into_the_hour_that_had_moved(cast: Cast, pair: Any) -> None:
    """It knew the organization that is gone: its hour stands beside the one that moved."""
    keep, gone = pair
    device = Device.objects.get(organization=gone)
    before = list(Uplink.objects.filter(device_id=device.pk))
    organization_merge(keep=keep, gone=gone, actor=cast.staff)
    (hour,) = DeviceHour.objects.filter(device_id=device.pk)
    late = uplink(device, organization_id=gone.pk, time=hour.hour + timedelta(minutes=59, seconds=59))
    DeviceHour.objects.create(
        organization_id=gone.pk, device_id=device.pk, hour=hour.hour, trial_id=hour.trial_id, uplinks=1
    )
    merge_late(payload=Job.objects.get(kind=JOB).payload)
    same = [one for one in [*before, late] if one.time >= hour.hour]
    (found,) = DeviceHour.objects.filter(device_id=device.pk)
    assert (found.organization_id, found.uplinks, found.folded) == (keep.pk, len(same), False)
    assert not Uplink.objects.filter(organization_id=gone.pk).exists()


def test_doubles_are_found_by_number_and_by_name(cast: Cast) -> None:
    one = OrganizationFactory.create(name="株式会社ＡＢＣ 測器", corporate_number=NUMBER)
    two = OrganizationFactory.create(name="株式会社abc測器")
    three = OrganizationFactory.create(name="エービーシー", corporate_number=NUMBER)
    assert set(doubles_of(one)) == {two, three}
    assert doubles_of(cast.organization) == []
    assert {frozenset(group.organizations) for group in doubles()} == {
        frozenset({one, two}),
        frozenset({one, three}),
    }
    organization_merge(keep=one, gone=two, actor=cast.staff)
    assert [group.organizations for group in doubles()] == [[one, three]]
    rows = held_rows(one, three)
    assert rows
    assert all(row.total == row.keep + row.gone for row in rows)


def test_the_table_refuses_one_that_is_merged_into_itself(cast: Cast) -> None:
    cast.other.merged_into = cast.other
    with pytest.raises(ValidationError):
        cast.other.full_clean()


def test_a_reference_is_told_by_its_model(cast: Cast) -> None:
    reference = Reference(Membership, "organization_id")
    assert reference.count(cast.organization) == 3
    assert reference.holds(cast.other)
    assert isinstance(reference.model._meta.get_field("organization"), models.ForeignKey)


@pytest.mark.django_db(transaction=True)
def test_two_staff_merge_the_same_two_at_once() -> None:
    keep, gone = OrganizationFactory.create(), OrganizationFactory.create()
    staff = UserFactory.create(is_staff=True)
    merge = partial(organization_merge, actor=staff)
    results = at_once([partial(merge, keep=keep, gone=gone), partial(merge, keep=gone, gone=keep)])
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Organization"]
    assert Organization.objects.present().count() == 1
