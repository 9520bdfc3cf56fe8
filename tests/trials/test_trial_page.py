"""The public page of a trial: its plan and course in plain words, and nothing that is not for everyone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from apps.core import clock, public_pages
from apps.trials.enums import ParticipantRole, TrialKind, TrialState
from apps.trials.models import Milestone, Participant, Risk, Site, Trial, TrialNote, TrialVersion
from apps.trials.selectors.trial_page import changed_words
from apps.trials.selectors.versions import snapshot
from tests.cast import Cast
from tests.factories.organizations import OrganizationFactory
from tests.factories.trials import TrialFactory


def text_of(client: Client, trial: Trial, prefix: str = "") -> str:
    public_pages.changed()
    answer = client.get(f"{prefix}/trials/{trial.code}/")
    assert answer.status_code == 200
    return answer.content.decode()


def keep(trial: Trial, number: int) -> None:
    TrialVersion.objects.create(
        trial=trial, number=number, snapshot=snapshot(Trial.objects.get(pk=trial.pk)), made_at=clock.now()
    )


@pytest.mark.django_db
def test_the_plan_and_what_is_lent_are_told(client: Client) -> None:
    trial = TrialFactory.create(
        code="2026-C01", kind=TrialKind.JOINT, need="見回りが半日", summary="水位計を置く",
        measure="記録と比べる", learning="外れた日を残す", themes=["safety", "gone"],
        conditions="市だけが知る条件",
    )  # fmt: skip
    text = text_of(client, trial)
    for word in ("見回りが半日", "水位計を置く", "記録と比べる", "外れた日を残す", "安心・安全で健康",
                 "市民共同", "機器は50台まで", "1日5,000通まで", "2025年度（令和7年度）"):  # fmt: skip
        assert word in text
    assert "gone" not in text
    assert "市だけが知る条件" not in text
    english = text_of(client, trial, "/en")
    assert 'lang="ja"><p>見回りが半日' in english
    assert "Up to 50 devices" in english


def test_only_what_is_meant_for_everyone_is_shown(client: Client, cast: Cast) -> None:
    today = clock.local_date()
    trial = TrialFactory.create(code="2025-001", stop_reason="言えない事情")
    Milestone.objects.create(trial=trial, title="公開の節目", due_on=today, is_public=True, note="内々の話")
    Milestone.objects.create(trial=trial, title="内々の節目", due_on=today)
    TrialNote.objects.create(trial=trial, author=cast.owner, text="内々のメモ")
    Risk.objects.create(trial=trial, title="内々のリスク", scope="だれか", author=cast.owner)
    text = text_of(client, trial)
    assert "公開の節目" in text
    for word in ("内々", "言えない", "だれか"):
        assert word not in text


@pytest.mark.django_db
def test_changes_are_told_without_reasons_and_places(client: Client) -> None:
    trial = TrialFactory.create(code="2025-001")
    Site.objects.create(trial=trial, name="秘密の沢", point=Point(137.3, 36.6), precision="hidden")
    keep(trial, 1)
    Trial.objects.filter(pk=trial.pk).update(
        ends_on=trial.ends_on + timedelta(30), state=TrialState.STOPPED, stop_reason="言えない事情",
        stopped_on=clock.local_date(),
    )  # fmt: skip
    trial.quotas.filter(kind="devices").update(granted=1200)
    trial.sites.update(name="別の秘密")
    partner = OrganizationFactory.create(name="おわら保存会")
    Participant.objects.create(trial=trial, organization=partner, role=ParticipantRole.PARTNER)
    keep(trial, 2)
    Participant.objects.filter(organization=partner).delete()
    keep(trial, 3)
    keep(trial, 4)
    text = text_of(client, trial)
    for words in ("期間が", "機器: 50台 → 1,200台。", "場所が変わりました。", "おわら保存会が加わりました。",
                  "に途中で終えました。", "おわら保存会が外れました。"):  # fmt: skip
        assert words in text
    for word in ("秘密", "言えない"):
        assert word not in text
    assert text.index("外れました") < text.index("加わりました")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            {"state": "active"},
            {"state": "paused", "paused_on": "2026-12-01"},
            ["2026年12月1日から休止します。"],
        ),
        ({"state": "paused"}, {"state": "active"}, ["実証を再開しました。"]),
        ({"state": "stopped"}, {"state": "active"}, ["途中で終えることを取りやめました。"]),
        ({"state": "active"}, {"state": "withdrawn"}, ["企業が実証を取り下げました。"]),
        ({"state": "active"}, {"state": "stopped"}, ["この実証は途中で終えました。"]),
        ({"title": "前"}, {"title": "後"}, []),
        ({}, {"starts_on": None, "ends_on": "x"}, ["期間が—から—までになりました。"]),
        ({"participants": None, "quotas": None}, {"participants": [], "quotas": {"devices": 1}}, []),
    ],
)
def test_each_change_in_a_sentence(before: Any, after: Any, words: list[str]) -> None:
    assert changed_words({"state": "active", **before}, {"state": "active", **after}) == words


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_number_of_queries(
    rows: int, db: None, django_assert_num_queries: Any
) -> None:
    trial = TrialFactory.create(code="2025-001")
    for number in range(rows):
        Site.objects.create(trial=trial, name="橋", point=Point(137.2, 36.7))
        Milestone.objects.create(trial=trial, title="x", due_on=clock.local_date(), is_public=True)
        trial.quotas.filter(kind="devices").update(granted=100 + number)
        keep(trial, number + 1)
    client = Client()
    client.get("/healthz")
    public_pages.changed()
    with django_assert_num_queries(10):
        client.get("/trials/2025-001/")
