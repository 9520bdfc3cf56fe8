"""The pages of a change: what the company writes over, what staff decide, what everyone then reads."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from apps.core import clock
from apps.outbox.models import Message
from apps.trials.domain import change_take_back, trial_edit
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant, Site, Trial, TrialChange, TrialQuota, TrialVersion
from tests.cast import Cast
from tests.factories.trials import TrialFactory
from tests.trials.changes import asked
from tests.trials.test_pages import admin_form, signed_in


@pytest.fixture
def trial(cast: Cast) -> Trial:
    trial = TrialFactory.create(organization=cast.organization, code="2025-101")
    Site.objects.create(trial=trial, name="井田川 橋")
    return trial


def at(name: str, trial: Trial, *more: Any) -> str:
    return reverse(f"trials:{name}", args=[trial.organization_id, trial.code, *more])


def page_fields(client: Client, url: str) -> dict[str, str]:
    """Every field of the page's form as the browser would send it unchanged."""
    form = client.get(url).context["form"]
    found = {}
    for bound in form:
        value = bound.value()
        if value not in (None, [], False, ""):
            found[bound.html_name] = str(value)
        elif "place_" in bound.html_name:
            found[bound.html_name] = ""
    return found


def test_the_form_holds_the_trial_and_asks_for_what_is_other(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.colleague)
    url = at("change-new", trial)
    fields = page_fields(client, url)
    ends = trial.ends_on + timedelta(days=60)
    answer = client.post(
        url, {**fields, "devices": "60", "ends_on": ends.isoformat(), "reason": "冬も見たい"}
    )
    assert answer.status_code == 302
    change = TrialChange.objects.get()
    assert change.proposed == {
        "period": {"starts_on": trial.starts_on.isoformat(), "ends_on": ends.isoformat()},
        "devices": 60,
    }
    text = client.get(answer["Location"]).content.decode()
    assert at("change-detail", trial, 1) in text
    assert at("change-new", trial) not in text
    assert 'class="notice' in client.get(url).content.decode()


def test_nothing_other_and_nothing_written_is_told(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.owner)
    url = at("change-new", trial)
    fields = page_fields(client, url)
    assert client.post(url, {**fields, "reason": "x"}).status_code == 422
    assert client.post(url, {**fields, "devices": "60", "reason": ""}).status_code == 422
    assert client.post(url, {**fields, "devices": "", "reason": "x"}).status_code == 422
    refused = client.post(url, {**fields, "ends_on": "2026-13-45", "reason": "x"})
    assert refused.context["form"].errors["ends_on"]
    assert not TrialChange.objects.exists()


def test_places_and_partners_and_course_are_asked_on_the_same_page(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.owner)
    url = at("change-new", trial)
    fields = page_fields(client, url)
    day = clock.local_date() + timedelta(days=3)
    changes = {
        "place_0_name": "", "place_1_name": "公園", "place_1_latitude": "36.7", "place_1_longitude": "137.2",
        "place_1_precision": "hidden", "partner_0_name": "よその会社", "partner_0_access": "manage",
        "course": "pause", "on": day.isoformat(), "reason": "移す",
    }  # fmt: skip
    assert client.post(url, {**fields, **changes}).status_code == 302
    proposed = TrialChange.objects.get().proposed
    assert proposed["places"] == [
        {"id": "", "name": "公園", "latitude": 36.7, "longitude": 137.2, "precision": "hidden"}
    ]
    assert proposed["partners"]["add"] == [{"name": "よその会社", "access": "manage", "organization": ""}]
    assert proposed["pause"] == {"on": day.isoformat()}


def test_a_partner_reads_the_requests_of_the_lead_and_cannot_ask(cast: Cast, trial: Trial) -> None:
    Participant.objects.create(
        trial=trial, organization=cast.other, role=ParticipantRole.PARTNER, access=Access.READ
    )
    change = asked(trial, cast.owner)
    client = signed_in(cast.stranger)
    args = [cast.other.pk, trial.code]
    assert client.get(reverse("trials:change-list", args=args)).status_code == 200
    text = client.get(reverse("trials:change-detail", args=[*args, change.number])).content.decode()
    assert "take-back" not in text
    assert client.get(reverse("trials:change-new", args=args)).status_code == 403
    back = reverse("trials:change-take-back", args=[*args, change.number])
    assert client.post(back).status_code == 403


def test_a_managing_partner_does_not_take_back_what_the_lead_asked(cast: Cast, trial: Trial) -> None:
    Participant.objects.create(trial=trial, organization=cast.other, role=ParticipantRole.PARTNER)
    change = asked(trial, cast.owner)
    client = signed_in(cast.stranger)
    back = reverse("trials:change-take-back", args=[cast.other.pk, trial.code, change.number])
    assert client.post(back).status_code == 403
    change.refresh_from_db()
    assert change.state == "asked"


def test_the_company_takes_its_request_back(cast: Cast, trial: Trial) -> None:
    asked(trial, cast.owner)
    client = signed_in(cast.owner)
    assert client.post(at("change-take-back", trial, 1)).status_code == 302
    again = client.post(at("change-take-back", trial, 1), follow=True)
    assert TrialChange.objects.get().state == "taken_back"
    assert again.status_code == 200
    for number in (0, 2, 10**12):
        assert client.get(at("change-detail", trial, number)).status_code == 404


def test_an_open_request_stands_in_the_workspace(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.owner)
    workspace = at("trial-workspace", trial)
    assert at("change-new", trial) in client.get(workspace).content.decode()
    asked(trial, cast.owner)
    text = client.get(workspace).content.decode()
    assert at("change-new", trial) not in text
    assert at("change-detail", trial, 1) in text


def test_the_history_is_told_in_plain_words(cast: Cast, trial: Trial) -> None:
    trial_edit(trial=trial, actor=cast.staff, changes={"title": "別の題名", "is_public": False})
    text = signed_in(cast.reader).get(at("change-list", trial)).content.decode()
    assert "題名" in text
    assert "公開をやめました" in text


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_queries(
    count: int, cast: Cast, trial: Trial, django_assert_num_queries
) -> None:
    for _number in range(count):
        change_take_back(change=asked(trial, cast.owner), actor=cast.owner)
        trial_edit(trial=trial, actor=cast.staff, changes={"title": f"題名 {_number}"})
    client = signed_in(cast.reader)
    client.get(at("change-list", trial))
    with django_assert_num_queries(QUERIES):
        client.get(at("change-list", trial))


QUERIES = 8


# Staff


def decide_url(change: TrialChange) -> str:
    return reverse("admin:trials_trialchange_change", args=[change.pk])


def test_staff_see_the_mail_first_and_then_decide_once(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner, devices=60, messages=8000)
    client = signed_in(cast.staff)
    url = decide_url(change)
    assert client.get(url).status_code == 200
    listed = client.get(reverse("admin:trials_trialchange_changelist")).content.decode()
    assert str(change.pk) in listed
    data = {"version": "1", "give_devices": "on", "devices": "55", "messages": "8000", "answer": "限りあり"}
    shown = client.post(url, data)
    assert shown.status_code == 200
    mail = shown.context["preview"].mail
    assert (mail["to"], "55" in mail["body"], "限りあり" in mail["body"]) == (cast.owner.email, True, True)
    assert escape(mail["subject"]) in shown.content.decode()
    assert TrialChange.objects.get().state == "asked"
    assert not Message.objects.exists()
    assert client.post(url, {**data, "send": "1"}).status_code == 302
    sent = Message.objects.get()
    assert (sent.subject, sent.body.strip()) == (mail["subject"], mail["body"])
    assert TrialChange.objects.get().state == "partly"
    late = client.post(url, {**data, "send": "1"})
    assert (late.status_code, Message.objects.count()) == (409, 1)
    letter = signed_in(cast.owner).get(at("change-letter", trial, 1))
    assert letter["Content-Type"] == "application/pdf"
    assert b"".join(letter.streaming_content)[:5] == b"%PDF-"  # type: ignore[attr-defined]


def test_staff_read_why_a_decision_cannot_be(cast: Cast, trial: Trial) -> None:
    change = asked(trial, cast.owner, devices=40)
    TrialQuota.objects.filter(trial=trial, kind="devices").update(used=45)
    client = signed_in(cast.staff)
    below = client.post(decide_url(change), {"version": "1", "give_devices": "on", "devices": "40"})
    assert below.status_code == 422
    assert "45" in below.context["form"].errors["devices"][0]
    unsaid = client.post(decide_url(change), {"version": "1", "devices": "40"})
    assert unsaid.context["form"].errors["answer"]
    empty = client.post(decide_url(change), {"version": "1", "give_devices": "on", "devices": ""})
    assert empty.status_code == 422
    old = {"version": "7", "give_devices": "on", "devices": "46", "answer": "x", "send": "1"}
    assert client.post(decide_url(change), old).status_code == 409


def test_a_partner_is_granted_by_choosing_who_it_is(cast: Cast, trial: Trial) -> None:
    joins = {"add": [{"name": "よその会社", "access": "read", "organization": ""}], "leave": []}
    change = asked(trial, cast.owner, partners=joins)
    client = signed_in(cast.staff)
    form = client.get(decide_url(change)).context["form"]
    assert form["partner_0"].value() == cast.other.pk
    data = {"version": "1", "give_partners": "on", "partner_0": "", "send": "1"}
    assert client.post(decide_url(change), data).status_code == 422
    assert client.post(decide_url(change), {**data, "partner_0": cast.other.pk}).status_code == 302
    assert trial.participants.filter(organization=cast.other, access="read").exists()


def test_one_saving_in_the_admin_is_one_version(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.staff)
    url = reverse("admin:trials_trial_change", args=[trial.pk])
    site = trial.sites.get()
    changes = {
        "title": "別の題名", "need": "困りごと", "quotas-0-granted": 60,
        "sites-TOTAL_FORMS": 2, "sites-INITIAL_FORMS": 1, "sites-0-id": site.pk, "sites-0-trial": trial.pk,
        "sites-0-name": "井田川 橋", "sites-0-precision": "point", "sites-0-latitude": "36.7",
        "sites-0-longitude": "137.2", "sites-1-name": "公園", "sites-1-precision": "hidden",
        "participants-TOTAL_FORMS": 1, "participants-INITIAL_FORMS": 0,
        "participants-0-organization": cast.other.pk, "participants-0-access": "read",
    }  # fmt: skip
    answer = client.post(url, admin_form(trial, **changes))
    assert answer.status_code == 302, answer.context["errors"]
    assert list(TrialVersion.objects.values_list("number", flat=True)) == [1, 2]
    kept = TrialVersion.objects.get(number=2).snapshot
    assert (kept["title"], kept["need"], kept["quotas"]["devices"]) == ("別の題名", "困りごと", 60)
    assert [(place["name"], place["precision"]) for place in kept["places"]] == [
        ("井田川 橋", "point"),
        ("公園", "hidden"),
    ]
    assert [row["name"] for row in kept["participants"]] == [cast.organization.name, cast.other.name]
    stale = client.post(url, admin_form(trial, title="もっと別"))
    assert stale.status_code == 200
    assert Trial.objects.get().title == "別の題名"


def test_staff_set_the_state_with_its_day(cast: Cast, trial: Trial) -> None:
    client = signed_in(cast.staff)
    url = reverse("admin:trials_trial_state", args=[trial.pk])
    choices = re.findall(r'name="state" value="(\w+)"', client.get(url).content.decode())
    assert choices == ["paused", "stopped", "withdrawn"]
    data = {"version": "0", "state": "paused", "on": clock.local_date().isoformat()}
    assert client.post(url, {**data, "state": "active"}).status_code == 422
    assert client.post(url, data).status_code == 302
    assert Trial.objects.get().state == "paused"
    assert client.post(url, data).status_code in (409, 422)


def test_a_paused_and_a_withdrawn_trial_say_so(cast: Cast, trial: Trial) -> None:
    for state in ("paused", "withdrawn"):
        Trial.objects.filter(pk=trial.pk).update(state=state, paused_on=clock.local_date())
        client = signed_in(cast.owner)
        assert client.get(at("trial-workspace", trial)).status_code == 200
        assert client.get(reverse("trials:trial-detail", args=[trial.code])).status_code == 200
        assert client.get(f"/api/v1/trials/{trial.code}").json()["phase"] == state
        assert client.get(at("change-new", trial)).status_code == 200
