"""The PDF copy on the status page: the one handed in, for those who may read it."""

from __future__ import annotations

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse

from apps.calls.models import Application, ApplicationRevision
from apps.calls.selectors.paper import revision_digest
from tests.cast import Cast
from tests.factories.calls import SubmittedFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed_in(cast: Cast) -> Application:
    return SubmittedFactory.create(created_by=cast.owner, organization=cast.organization)


def copy(client: Client, application: Application, prefix: str = "") -> tuple[int, str]:
    answer = client.get(prefix + reverse("calls:application-copy", args=[application.code]))
    if answer.status_code != 200:
        return answer.status_code, ""
    assert answer["Content-Type"] == "application/pdf"
    assert f"{application.code}.pdf" in answer["Content-Disposition"]
    document = pypdfium2.PdfDocument(b"".join(answer.streaming_content))
    return 200, "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def test_it_shows_what_was_handed_in_and_its_digest(handed_in: Application, cast: Cast) -> None:
    revision = ApplicationRevision.objects.get(application=handed_in)
    revision.answers["attachments"] = [{"name": "図.pdf", "size": 2048, "sha256": "ab" * 32}]
    revision.answers["joint"] = [{"name": "北陸融雪サービス", "contact": "宮川", "state": "confirmed"}]
    revision.save()
    Application.objects.filter(pk=handed_in.pk).update(title="あとで変えた題名")
    client = Client()
    client.force_login(cast.owner)
    assert (
        reverse("calls:application-copy", args=[handed_in.code])
        in client.get(handed_in.get_absolute_url()).content.decode()
    )
    status, text = copy(client, handed_in)
    assert status == 200
    assert "あとで変えた題名" not in text
    for word in (
        "用水路のごみ詰まりを水位差で知る",
        "図.pdf",
        revision_digest(revision)[:20],
        "受付番号",
        "北陸融雪サービス",
    ):
        assert word in text


def test_who_may(handed_in: Application, cast: Cast, draft: Application) -> None:
    client = Client()
    assert copy(client, handed_in)[0] == 302
    for person, status in ((cast.reader, 200), (cast.staff, 200), (cast.stranger, 404), (cast.reviewer, 404)):
        client.force_login(person)
        assert copy(client, handed_in)[0] == status
    client.force_login(cast.owner)
    assert copy(client, draft)[0] == 404
