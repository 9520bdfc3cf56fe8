"""Blind review is blind: whatever an expert opens, sends or searches, it does not say who applied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from apps.calls.domain.panel import About, reviewer_remove, reviewers_invite
from apps.calls.domain.reminding import reviewers_remind, reviewers_tell
from apps.calls.enums import SeeScores
from apps.calls.models import ReviewPhase
from apps.calls.rules.people import Invitee
from apps.calls.selectors.progress import progress_of
from apps.core import clock
from apps.outbox.models import Message
from tests.calls.blind.addresses import starts
from tests.calls.blind.crawler import Crawler, nonsense
from tests.calls.blind.reading import plain, readable
from tests.calls.blind.scene import (
    APPLICANT,
    BESIDE,
    FILES,
    INSIDE,
    MARKERS,
    NAME,
    OTHERS,
    STORED,
    Scene,
    make_scene,
)
from tests.cast import make_cast

#: How many queries of one path are tried; more in `make faults`.
VARIANTS = 6 if os.environ.get("MACHITRY_FAULTS") else 3


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """One scene for the module: every request of the crawler is undone, so nobody changes it."""
    # The demo shows all mails to everyone; a city's portal does not have that page.
    with django_db_blocker.unblock(), override_settings(DEMO=False), transaction.atomic():
        yield make_scene(make_cast())
        transaction.set_rollback(True)


def crawler(user: Any, **values: Any) -> Crawler:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return Crawler(client, MARKERS, **values)


def told(found: dict[str, set[str]]) -> str:
    return "\n".join(f"{name}: {', '.join(sorted(places)[:6])}" for name, places in found.items())


@pytest.fixture(scope="module")
def expert(scene: Scene) -> Crawler:
    """An assigned expert who tried everything, files and forms included."""
    crawl = crawler(scene.cast.reviewer, variants=VARIANTS)
    crawl.run(starts(scene))
    return crawl


def test_blind_review_leaks_no_marker_anywhere(scene: Scene, expert: Crawler) -> None:
    assert not expert.found, told(expert.found)
    assert not expert.faults


def _knows(expert: Crawler, path: str, name: str, word: str) -> bool:
    """Whether a search answers ``word`` otherwise than a word that stands nowhere."""
    # What a message said once ("saved") is out of the way.
    expert.answer_of_search(path, name, nonsense(word))
    answer = expert.answer_of_search(path, name, word)
    if answer == (nothing := expert.answer_of_search(path, name, nonsense(word))):
        return False
    # Some pages are new each time (a clock, a key to scan): they answer nonsense in two ways as well.
    return nothing == expert.answer_of_search(path, name, nonsense(word))


def _is_kept(path: str) -> bool:
    """A page for those who are signed in: a stranger does not get it."""
    with transaction.atomic():
        answer = Client(raise_request_exception=False).get(path)
        transaction.set_rollback(True)
    return answer.status_code != 200


def test_blind_searches_answer_a_marker_like_nonsense(expert: Crawler) -> None:
    """Every field into which one types with every marker, and ``q`` of every page with one.

    On pages that everybody may read with one as well: experts find there what anybody finds.
    """
    words = [*{**NAME, **APPLICANT, **BESIDE, **OTHERS}.values()]
    # The reference of the API is drawn from its schema: its hundreds of fields only make examples.
    searches = [one for one in expert.searches if "/developers/api/" not in one[0]]
    tried = [
        (path, name, word)
        for path, name in searches
        for word in (words if _is_kept(path) else [NAME["short name"]])
    ]
    every = {path.split("?")[0] for path, status in expert.status.items() if status == 200}
    pages = {path for path in every if path.endswith("/") or path.startswith("/api/")}
    pages = {path for path in pages if "/developers/api/" not in path}
    tried += [(path, "q", NAME["short name"]) for path in pages if (path, "q") not in expert.searches]
    different = [
        f"{path}?{name}={word}" for path, name, word in sorted(tried) if _knows(expert, path, name, word)
    ]
    assert not different


def test_blind_review_can_be_done_all_the_same(scene: Scene, expert: Crawler) -> None:
    """The crawler did reach the application: its place, its devices, its files."""
    assert scene.marked.code in " ".join(path for path, status in expert.status.items() if status == 200)


def _seen_with(scene: Scene, **values: Any) -> set[str]:
    """What the expert reads on the pages of reviews once the phase is other than it was."""
    kept = {name: getattr(scene.phase, name) for name in values}
    ReviewPhase.objects.filter(pk=scene.phase.pk).update(**values)
    crawl = crawler(scene.cast.reviewer, posts=False, within="/admin/review/")
    crawl.run([reverse("admin:review-home"), reverse("admin:review-sheet", args=[scene.marked.code])])
    ReviewPhase.objects.filter(pk=scene.phase.pk).update(**kept)
    return set(crawl.found)


def test_blind_review_ends_with_its_phase(scene: Scene) -> None:
    """The name is read once the phase no longer hides it, and the texts as they were written."""
    found = _seen_with(scene, hide_applicant=False)
    assert found >= set(NAME)
    assert not found & {"account", "name of the account", "partner mail", *BESIDE, *OTHERS}


def test_blind_to_others_until_the_phase_shows_them(scene: Scene) -> None:
    comments = {"comment for the city", "comment for the applicant"}
    assert not _seen_with(scene, see_scores=SeeScores.OWN) & set(OTHERS)
    assert _seen_with(scene, see_scores=SeeScores.ALWAYS) & set(OTHERS) == comments
    named = _seen_with(scene, see_scores=SeeScores.ALWAYS, see_names=True)
    assert named & set(OTHERS) == comments | {"other expert"}


def test_blind_mails_to_experts_name_nobody(scene: Scene) -> None:
    """Every mail that a reviewer gets, from the invitation to the end of the part."""
    new, now = Invitee("新しい審査員", "shinjin@example.jp"), clock.now()
    staff: dict[str, Any] = {"call": scene.call, "actor": scene.cast.staff}
    with transaction.atomic():
        reviewers_invite(people=[new], about=About(), **staff)
        for send, who in ((reviewers_tell, "told_next"), (reviewers_remind, "reminded_next")):
            rows = getattr(progress_of(scene.call, now), who)
            send(reviewers=[row.reviewer.pk for row in rows], **staff)
        reviewer_remove(reviewer=scene.reviewer, actor=scene.cast.staff)
        sent = Message.objects.filter(to_email__in=(new.email, scene.cast.reviewer.email))
        text = plain("\n".join(f"{mail.subject}\n{mail.body}\n{mail.attachments}" for mail in sent))
        templates = set(sent.values_list("template", flat=True))
        transaction.set_rollback(True)
    assert templates == {
        "calls-panel-invite",
        "calls-review-assigned",
        "calls-review-remind",
        "calls-panel-removed",
    }
    assert not [name for name, marker in MARKERS.items() if plain(marker) in text]


def test_blind_crawler_finds_every_marker_as_staff(scene: Scene) -> None:
    """Or else the test above could not fail."""
    crawl = crawler(scene.cast.staff, variants=2, posts=False, until=frozenset(STORED))
    crawl.run(starts(scene))
    assert not [name for name in STORED if name not in crawl.found]
    assert not crawl.faults


@pytest.mark.parametrize("name", FILES)
def test_blind_reader_finds_what_a_file_carries_before_it_is_cleaned(name: str) -> None:
    text = readable(FILES[name])
    carried = {
        "pdf": ["author of the PDF"],
        "jpg": ["artist of the picture"],
        "docx": ["author of the document", "company of the document", "artist of the picture"],
    }
    assert [key for key in INSIDE if plain(INSIDE[key]) in text] == sorted(
        carried[name.split(".")[1]], key=list(INSIDE).index
    )
