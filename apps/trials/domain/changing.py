"""Changes of a trial that a participant asks for and staff decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.permissions import may_decide
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_text
from apps.organizations.models import Organization
from apps.trials.domain.applying import StateEdit, TrialEdit, trial_apply, trial_locked, version_ensure
from apps.trials.domain.change_letters import change_letter
from apps.trials.domain.change_mails import change_mail, change_mail_preview
from apps.trials.enums import ChangeKind, ChangeState, ParticipantRole, QuotaKind, TrialState
from apps.trials.models import Participant, Trial, TrialChange
from apps.trials.permissions import manages_trial
from apps.trials.rules import CHANGE_WITH_LETTER, FOR_THE_LEAD, OVER, PlaceFacts, change_faults, read_day
from apps.trials.selectors.versions import standing

if TYPE_CHECKING:
    from apps.accounts.models import User

MOST_REASON = 3000
#: From which state to which; a request is decided or taken back once.
CHANGE_STEPS: Mapping[ChangeState, tuple[ChangeState, ...]] = {
    ChangeState.ASKED: (
        ChangeState.APPROVED,
        ChangeState.PARTLY,
        ChangeState.DECLINED,
        ChangeState.TAKEN_BACK,
    ),
}
_STATES = {
    ChangeKind.PAUSE: TrialState.PAUSED,
    ChangeKind.RESUME: TrialState.ACTIVE,
    ChangeKind.END: TrialState.STOPPED,
    ChangeKind.WITHDRAWAL: TrialState.WITHDRAWN,
}


def _words(text: str, field: str, missing: str) -> str:
    text = clean_text(text)
    if not text or len(text) > MOST_REASON:
        words = missing if not text else _("Write up to 3,000 characters.")
        raise InvalidInput(words, fields={field: [words]})
    return text


def _refuse(faults: Mapping[str, list[str]]) -> None:
    if faults:
        raise InvalidInput(_("Some values cannot be accepted."), fields=faults)


@transaction.atomic
def change_ask(
    *,
    trial: Trial,
    organization: Organization,
    actor: User,
    proposed: Mapping[str, Any],
    reason: str,
    now: datetime | None = None,
) -> TrialChange:
    """Ask the city to change the trial: ``proposed`` as ``rules.changes`` says. This sends no mail.

    Only those who manage the trial for ``organization`` (``NotAllowed``); one open request for a trial,
    none for one that is over (``Conflict``); what cannot be wished is refused by field (``InvalidInput``).
    """
    now = now or clock.now()
    trial = trial_locked(trial)
    if not manages_trial(actor, trial, organization):
        raise NotAllowed(_("You can look at this trial but not change it. Ask your organization’s owner."))
    if trial.phase(now) in OVER:
        raise Conflict(_("This trial is over. If something must still change, please write to the city."))
    rows = TrialChange.objects.filter(trial=trial)
    if rows.filter(state=ChangeState.ASKED).exists():
        raise Conflict(
            _("A change of this trial is being looked at already. Take it back to ask for another."),
            code="change_open",
        )
    _refuse(change_faults(proposed, standing(trial, now)))
    _leave_the_end_to_the_lead(trial, organization, proposed)
    text = _words(reason, "reason", _("Write why. The city decides by it."))
    version_ensure(trial=trial)
    change = TrialChange(
        trial=trial,
        number=rows.count() + 1,
        kinds=[kind for kind in ChangeKind.values if kind in proposed],
        organization=organization,
        asked_by=actor,
        reason=text,
        proposed=dict(proposed),
    )
    change.full_clean()
    change.save()
    _record("trial.change_ask", change, actor, {"kinds": change.kinds})
    return change


def _leave_the_end_to_the_lead(trial: Trial, organization: Organization, proposed: Mapping[str, Any]) -> None:
    if organization.pk != trial.organization_id and set(proposed) & set(FOR_THE_LEAD):
        text = _("Only the lead organization ends the trial. To leave it, choose yourselves as a partner.")
        _refuse({"course": [text]})


@transaction.atomic
def change_take_back(*, change: TrialChange, actor: User, now: datetime | None = None) -> TrialChange:
    """Take a request back that is not decided yet; by those who manage the trial for its organization."""
    change = _locked(change)
    if not manages_trial(actor, change.trial, change.organization):
        raise NotAllowed(_("You can look at this trial but not change it. Ask your organization’s owner."))
    _close(change, ChangeState.TAKEN_BACK, now or clock.now())
    _record("trial.change_take_back", change, actor, {})
    return change


@transaction.atomic
def change_decide(
    *,
    change: TrialChange,
    actor: User,
    version: int,
    granted: Mapping[str, Any],
    answer: str,
    now: datetime | None = None,
) -> TrialChange:
    """Decide a request: what is ``granted`` holds at once, all of it or nothing of it.

    The state follows: approved when everything wished is granted, in part when something else or less is,
    declined when nothing is. Unless it is approved, ``answer`` says why. Keeps a version, issues a letter
    where one is due, and the answer's mail leaves at once. Raises ``Conflict`` when someone decided or
    took it back meanwhile, ``InvalidInput`` with the fields (below what is in use, a day that is over).
    """
    now = now or clock.now()
    if not may_decide(actor):
        raise NotAllowed(_("Only the city decides about changes of a trial."))
    change = _locked(change)
    if change.version != version:
        raise _changed()
    state, text = _checked(change, granted, answer, now)
    change.answer, change.granted, change.decided_by = text, dict(granted), actor
    _close(change, state, now)
    if granted:
        edit = _edit(change.trial, granted, change, now)
        change.trial = trial_apply(trial=change.trial, edit=edit, actor=actor, change=change, now=now)
        change.letter = change_letter(change=change, actor=actor, now=now)
        change.save(update_fields=["letter", "updated_at"])
    _record("trial.change_decide", change, actor, {"state": str(state), "granted": sorted(granted)})
    change_mail(change)
    return change


@dataclass(frozen=True)
class DecisionPreview:
    """What a decision will be called and send: its mail (None when nobody is left to read it)."""

    state: ChangeState
    letter: bool
    mail: Mapping[str, str] | None


def change_preview(
    *, change: TrialChange, granted: Mapping[str, Any], answer: str, now: datetime | None = None
) -> DecisionPreview:
    """What ``change_decide`` would do; refuses as it does and writes nothing (``change`` is used up)."""
    now = now or clock.now()
    if change.state != ChangeState.ASKED:
        raise _changed()
    state, text = _checked(change, granted, answer, now)
    change.state, change.answer, change.granted, change.decided_at = state, text, dict(granted), now
    letter = any(kind in CHANGE_WITH_LETTER for kind in granted)
    return DecisionPreview(state=state, letter=letter, mail=change_mail_preview(change))


def _checked(
    change: TrialChange, granted: Mapping[str, Any], answer: str, now: datetime
) -> tuple[ChangeState, str]:
    """What the decision is called, and its answer; refuses what cannot be."""
    state, text = outcome_of(change, granted), clean_text(answer)
    if granted:
        _refuse(change_faults(granted, standing(change.trial, now)))
        _edit(change.trial, granted, change, now)
    if state != ChangeState.APPROVED or len(text) > MOST_REASON:
        text = _words(text, "answer", _("Write why not everything was granted. The company reads it."))
    return state, text


def outcome_of(change: TrialChange, granted: Mapping[str, Any]) -> ChangeState:
    """What a decision that grants ``granted`` is called."""
    if not granted:
        return ChangeState.DECLINED
    if set(granted) - set(change.kinds):
        raise _changed()
    same = all(_comparable(granted.get(kind)) == _comparable(change.proposed[kind]) for kind in change.kinds)
    return ChangeState.APPROVED if same else ChangeState.PARTLY


def _comparable(value: Any) -> Any:
    """Who exactly a new partner is, staff say; the wish is granted when all named ones are."""
    if isinstance(value, dict) and "add" in value:
        return {"add": [row["access"] for row in value["add"]], "leave": sorted(value["leave"])}
    return value


def _changed() -> Conflict:
    text = _("This request was decided or taken back meanwhile. Look at it again before you go on.")
    return Conflict(text, code="version")


def _locked(change: TrialChange) -> TrialChange:
    """The request under lock, its trial locked before it, as every change does."""
    trial = trial_locked(change.trial)
    row = TrialChange.objects.select_for_update(of=("self",)).select_related("organization", "asked_by")
    fresh = row.get(pk=change.pk)
    fresh.trial = trial
    return fresh


def _close(change: TrialChange, state: ChangeState, now: datetime) -> None:
    """The only writer of a request's state."""
    if state not in CHANGE_STEPS.get(ChangeState(change.state), ()):
        raise _changed()
    change.state, change.decided_at = state, now
    change.version += 1
    change.full_clean()
    change.save()


def _edit(trial: Trial, granted: Mapping[str, Any], change: TrialChange, now: datetime) -> TrialEdit:
    """``granted`` as the edit that ``trial_apply`` takes."""
    fields: dict[str, date | None] = {}
    if period := granted.get(ChangeKind.PERIOD):
        fields = {name: read_day(period[name]) for name in ("starts_on", "ends_on")}
    kinds = {ChangeKind.DEVICES: QuotaKind.DEVICES, ChangeKind.MESSAGES: QuotaKind.MESSAGES}
    places = granted.get(ChangeKind.PLACES)
    partners = granted.get(ChangeKind.PARTNERS)
    return TrialEdit(
        fields=fields,
        quotas={quota: granted[kind] for kind, quota in kinds.items() if kind in granted},
        places=None if places is None else [PlaceFacts(**row) for row in places],
        partners=None if partners is None else _partners(trial, partners),
        state=_state(granted, change, now),
    )


def _partners(trial: Trial, value: Mapping[str, Any]) -> dict[str, str]:
    """Who takes part beside the lead afterwards, with their access."""
    rows = Participant.objects.filter(trial=trial, role=ParticipantRole.PARTNER)
    partners = {str(row.organization_id): str(row.access) for row in rows}
    for row in value["add"]:
        if not row["organization"]:
            text = _("Choose the registered organization. One that is not registered yet registers first.")
            raise InvalidInput(text, fields={"partners": [text]})
        partners[row["organization"]] = row["access"]
    return {key: access for key, access in partners.items() if key not in value["leave"]}


def _state(granted: Mapping[str, Any], change: TrialChange, now: datetime) -> StateEdit | None:
    for kind, state in _STATES.items():
        if kind in granted:
            on = read_day(granted[kind].get("on")) or clock.local_date(now)
            return StateEdit(state=state, on=on, reason=change.reason)
    return None


def _record(action: str, change: TrialChange, actor: User, data: Mapping[str, Any]) -> None:
    record(
        action=action,
        actor=actor,
        target=change.trial,
        organization_id=change.organization_id,
        data={"request": change.number, **data},
    )
