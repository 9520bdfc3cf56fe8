"""What `intake.py` runs inside the portal: filling its database, counting queries, watching memory.

Each function prints one line of JSON at its end.
"""

from __future__ import annotations

import json
import random
import resource
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.calls.domain.derived import derive
from apps.calls.models import Application, ApplicationRevision, Call, JointApplicant, ReadMark, Theme
from apps.core import clock

STAFF = "bench@example.org"
_FIRST, _SECOND = "水温雪田川道駅町山海森橋人車灯音光土風雨", "位度量質路面辺内外上下前後左右東西南北"


class _Words:
    """Sentences of a fixed chance, so that every run has the same texts."""

    def __init__(self) -> None:
        self.chance = random.Random(7)
        self.words = [self.chance.choice(_FIRST) + self.chance.choice(_SECOND) for _n in range(400)]

    def text(self, count: int) -> str:
        parts = (
            self.chance.choice(self.words) + self.chance.choice("をにはがとで、。") for _n in range(count)
        )
        return "計測。" + "".join(parts)


def _call() -> Call:
    now, today = clock.now(), clock.local_date()
    return Call.objects.create(
        code="2026",
        fiscal_year=2026,
        title="公募",
        summary="概要",
        state="published",
        opens_at=now - timedelta(days=20),
        closes_at=now + timedelta(days=10),
        decision_on=today + timedelta(days=40),
        trial_from=today + timedelta(days=50),
        trial_until=today + timedelta(days=200),
    )


def _application(call: Call, person: User, themes: list[str], words: _Words, number: int) -> Application:
    row = Application(
        call=call,
        code=f"2026-{number + 1:04d}",
        state="submitted",
        created_by=person,
        revision=1,
        submitted_at=clock.now() - timedelta(minutes=number),
        org_kind="corporation",
        org_name=f"株式会社{words.text(2)}{number}",
        org_kana="カブシキガイシャ",
        corporate_number=str(10**12 + number),
        postal_code="9300083",
        address="富山市総曲輪1-2-3",
        contact_name="山田 はる",
        contact_email=f"c{number}@example.org",
        title=f"{words.text(5)}{number}",
        need=words.text(90),
        plan=words.text(250),
        measure=words.text(60),
        learning=words.text(60),
        themes=words.chance.sample(themes, 2),
        # The same rows carry the flags in both databases, so that both pages show as much.
        sensors=[{"name": "水位計", "count": 1 + number % 30, "interval_s": 600, "payload_bytes": 11}],
        places=[{"name": words.text(2), "geometry": {"type": "Point", "coordinates": [137.2, 36.7]}}],
        facilities="none",
        personal_data="yes" if number < 40 else "no",
        conformity="ready",
        sharing="city",
    )
    return row


def fill(total: int) -> None:
    """``total`` applications with long texts, revisions, read marks and partners; prints a session."""
    words, call = _Words(), _call()
    staff = User.objects.create_user(STAFF, name="bench", is_staff=True, is_superuser=True)
    people = [User.objects.create_user(f"a{n}@example.org", name=f"a{n}") for n in range(5)]
    themes = list(Theme.objects.values_list("code", flat=True))
    rows = [_application(call, people[n % 5], themes, words, n) for n in range(total)]
    rows[total // 2].need += "水門がつまる"
    for row in rows:
        derive(row)
    Application.objects.bulk_create(rows, batch_size=500)
    _around(rows, staff, people[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(staff.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = staff.get_session_auth_hash()
    store.save()
    print(json.dumps({"session": store.session_key}))


def _around(rows: list[Application], staff: User, person: User) -> None:
    now = clock.now()
    ApplicationRevision.objects.bulk_create(
        [
            ApplicationRevision(
                application=row, number=1, answers={}, handed_in_at=now, handed_in_by=row.created_by
            )
            for row in rows
        ],
        batch_size=500,
    )
    marks = [ReadMark(application=row, user=staff, revision=1, read_at=now) for row in rows[::2]]
    ReadMark.objects.bulk_create(marks, batch_size=500)
    partners = [
        JointApplicant(
            application=row,
            org_name="見本大学",
            email="p@example.org",
            token_hash=str(number),
            invited_by=person,
            sent_at=now,
            expires_at=now + timedelta(days=30),
        )
        for number, row in enumerate(rows[::5])
    ]
    JointApplicant.objects.bulk_create(partners, batch_size=500)


def _client() -> Client:
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(User.objects.get(email=STAFF))
    return client


def _take(answer: Any) -> int:
    """Read the whole answer; its bytes."""
    if answer.streaming:
        return sum(len(part) for part in answer.streaming_content)
    return len(answer.content)


def count(paths: list[str]) -> None:
    """Prints how many queries each of ``paths`` takes the second time."""
    client, found = _client(), {}
    for path in paths:
        _take(client.get(path))
        with CaptureQueriesContext(connection) as seen:
            _take(client.get(path))
        found[path] = len(seen)
    print(json.dumps(found))


def peak(path: str) -> None:
    """Prints by how many KiB the process grew while it answered ``path``, and the answer's bytes."""
    client = _client()
    _take(client.get("/admin/calls/application/"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = _take(client.get(path))
    print(json.dumps({"kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, "size": size}))
