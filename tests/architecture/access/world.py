"""One of each thing a page may show, owned by the cast's organization."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client

from apps.apikeys.domain import api_key_create, docs_key_create, personal_key_create
from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey
from apps.calls.enums import ApplicationState, CallState, QuestionState
from apps.calls.models import (
    Application,
    Call,
    CallFile,
    Consultation,
    FacilityConsent,
    JointApplicant,
    OutreachVisit,
    PublicQuestion,
    ReviewConflict,
)
from apps.core import clock
from apps.core.tokens import token_hash
from apps.devices.models import Device
from apps.events.enums import EventState
from apps.events.models import Event, Registration, RegistrationLink
from apps.organizations.models import Invitation, Membership
from apps.outbox.enums import MessageState
from apps.outbox.models import Message
from apps.reports.enums import Outcome, ReportState
from apps.reports.models import Report
from apps.telemetry.domain.partitions import partitions_ahead
from apps.telemetry.enums import DecodeState
from apps.telemetry.models import DeviceLatest, Uplink
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.asking import ConsultationFactory, OutreachVisitFactory, PublicQuestionFactory
from tests.factories.calls import ApplicationFactory, CallFactory
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.events import EventFactory, RegistrationFactory, WaitingFactory
from tests.factories.joint import ConsentFactory, JointFactory
from tests.factories.review import InvitedReviewerFactory, assigned, phase, reviewer
from tests.factories.trials import TrialFactory

INVITATION_TOKEN = "x" * 43
JOINT_TOKEN, CONSENT_TOKEN = "y" * 43, "z" * 43
EVENT_TOKEN = "w" * 43
PANEL_TOKEN = "v" * 43


@dataclass
class World:
    """``submitted`` was handed in, ``adopted`` awaits the company's yes; ``trial`` runs with ``device``;
    ``told`` has a published report and ``trial`` one in draft; ``hidden`` is not shown to the public."""

    cast: Cast
    call: Call
    draft_call: Call
    draft: Application
    submitted: Application
    adopted: Application
    trial: Trial
    told: Trial
    hidden: Trial
    device: Device
    report: Report
    published: Report
    invitation: Invitation
    joint: JointApplicant
    consent: FacilityConsent
    held: Message
    event: Event
    draft_event: Event
    seat: Registration
    waiting: Registration
    asked: PublicQuestion
    talk: Consultation
    visit: OutreachVisit
    key: ApiKey
    keys: dict[str, str] = field(default_factory=dict)
    _sessions: dict[str, str] = field(default_factory=dict)

    def client(self, actor: str, kind: type[Client] = Client, **options: Any) -> Client:
        """A browser of ``actor`` of the cast, or ``anonymous``; each signs in once for a whole module."""
        client, cookie = kind(**options), settings.SESSION_COOKIE_NAME
        if actor == "anonymous":
            return client
        if actor in self._sessions:
            client.cookies[cookie] = self._sessions[actor]
        else:
            client.force_login(getattr(self.cast, actor))
            self._sessions[actor] = client.cookies[cookie].value
        return client

    @property
    def company(self) -> Any:
        return self.cast.organization.pk

    def membership(self, name: str) -> Membership:
        return Membership.objects.get(organization=self.cast.organization, user=getattr(self.cast, name))


def _applications(cast: Cast, call: Call) -> dict[str, Application]:
    filled: dict[str, Any] = {
        "call": call,
        "created_by": cast.owner,
        "organization": cast.organization,
        "org_kind": cast.organization.kind,
        "org_name": cast.organization.name,
        "contact_name": "山田花子",
        "contact_email": "owner@example.jp",
        "title": "用水路の水位",
        "need": "あふれる前に知りたい",
        "plan": "水位計を三つ置く",
    }
    now = clock.now()
    decided = {"submitted_at": now, "decided_at": now, "decided_by": cast.staff, "granted_devices": 3}
    return {
        "draft": ApplicationFactory.create(**filled),
        "submitted": ApplicationFactory.create(
            **filled, state=ApplicationState.SUBMITTED, submitted_at=now - timedelta(days=1)
        ),
        "adopted": ApplicationFactory.create(
            **filled,
            **decided,
            state=ApplicationState.ADOPTED,
            granted_messages=5000,
            decision_published_at=now,
        ),
    }


def _report(trial: Trial, state: ReportState) -> Report:
    texts = dict.fromkeys(
        ("summary", "hypothesis", "measured", "did_not_work", "learned", "next_step"), "水位"
    )
    dates: dict[str, Any] = {}
    if state == ReportState.PUBLISHED:
        dates = {"submitted_at": clock.now(), "published_at": clock.now()}
    return Report.objects.create(trial=trial, state=state, outcome=Outcome.PARTLY, **texts, **dates)


def _keys(cast: Cast, trial: Trial) -> tuple[ApiKey, dict[str, str]]:
    every, now = list(Scope.values), clock.now()

    def make(organization: Any, scopes: list[str] = every) -> tuple[ApiKey, str]:
        return api_key_create(organization=organization, actor=cast.owner, name="鍵", scopes=scopes)

    key, token = make(cast.organization)
    revoked, revoked_token = make(cast.organization)
    ApiKey.objects.filter(pk=revoked.pk).update(revoked_at=now)
    expired, expired_token = make(cast.organization)
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=now - timedelta(seconds=1))
    unscoped, unscoped_token = make(cast.organization)
    ApiKey.objects.filter(pk=unscoped.pk).update(scopes=[])
    return key, {
        "key": token,
        "other": make(cast.other)[1],
        "unscoped": unscoped_token,
        "personal": personal_key_create(person=cast.stranger, name="鍵")[1],
        "docs": docs_key_create(actor=cast.reader, organization=cast.organization, trial=trial)[1],
        "revoked": revoked_token,
        "expired": expired_token,
        "wrong": token[:-4] + ("aaaa" if not token.endswith("aaaa") else "bbbb"),
    }


def _reading(device: Device) -> None:
    """One uplink, as it is stored, and the latest state that pages read."""
    now = clock.now()
    partitions_ahead()
    common: dict[str, Any] = {
        "time": now,
        "received_at": now,
        "deduplication_id": uuid.uuid4(),
        "f_cnt": 1,
        "rssi": -97,
        "snr": 5.5,
        "dr": 2,
        "decode_state": DecodeState.DECODED,
        "values": {"level": 1.2},
    }
    DeviceLatest.objects.create(device=device, **common)
    Uplink.objects.create(
        organization_id=device.organization_id,
        trial_id=device.trial_id,
        device_id=device.pk,
        f_port=1,
        data=b"\x78",
        **common,
    )


def _gathering() -> dict[str, Any]:
    """A full event with one seat and one who waits, and an event that is not public."""
    event = EventFactory.create(capacity=1)
    seat = RegistrationFactory.create(event=event)
    token_hash = sha256(EVENT_TOKEN.encode()).hexdigest()
    RegistrationLink.objects.create(registration=seat, token_hash=token_hash)
    return {
        "event": event,
        "draft_event": EventFactory.create(state=EventState.DRAFT, published_at=None),
        "seat": seat,
        "waiting": WaitingFactory.create(event=event),
    }


def _with_file(call: Call) -> Call:
    content = ContentFile(b"%PDF-1.4", name="form.pdf")
    CallFile.objects.create(call=call, title="様式", name="form.pdf", file=content, size=8)
    return call


def make_world(cast: Cast) -> World:
    call = _with_file(CallFactory.create(code="2026"))
    trial, told = (TrialFactory.create(organization=cast.organization) for _ in range(2))
    device = DeviceFactory.create(trial=trial)
    CodecVersionFactory.create(model=device.model)
    _reading(device)
    invitation = Invitation.objects.create(
        organization=cast.organization,
        email="new@example.jp",
        role="viewer",
        token_hash=sha256(INVITATION_TOKEN.encode()).hexdigest(),
        invited_by=cast.owner,
        expires_at=clock.now() + timedelta(days=7),
    )
    key, keys = _keys(cast, trial)
    applications: dict[str, Any] = _applications(cast, call)
    phase(call)
    expert = reviewer(call, cast.reviewer)
    assigned(expert, applications["submitted"])
    ReviewConflict.objects.create(
        reviewer=expert, application=applications["submitted"], kind="soft", source="declared", ground="words"
    )
    InvitedReviewerFactory.create(call=call, token_hash=token_hash(PANEL_TOKEN), invited_by=cast.staff)
    return World(
        cast=cast,
        call=call,
        draft_call=_with_file(CallFactory.create(code="2027", state=CallState.DRAFT)),
        **applications,
        joint=JointFactory.create(application=applications["draft"], token=JOINT_TOKEN),
        consent=ConsentFactory.create(
            application=applications["submitted"], token=CONSENT_TOKEN, asked_by=cast.staff
        ),
        trial=trial,
        told=told,
        hidden=TrialFactory.create(organization=cast.organization, is_public=False),
        device=device,
        report=_report(trial, ReportState.DRAFT),
        published=_report(told, ReportState.PUBLISHED),
        invitation=invitation,
        held=Message.objects.create(
            state=MessageState.HELD,
            batch="calls-2026",
            to_email="owner@example.jp",
            language="ja",
            template="calls-decision-adopted",
            subject="採択",
            body="採択されました。",
        ),
        **_gathering(),
        asked=PublicQuestionFactory.create(
            call=call, number=1, state=QuestionState.ANSWERED, email="asked@example.jp"
        ),
        talk=ConsultationFactory.create(call=call),
        visit=OutreachVisitFactory.create(staff=cast.staff),
        keys=keys,
        key=key,
    )
