"""Letters: numbers without gaps, what they say, the PDF that is made once."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime
from typing import Any

import pikepdf
import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse

from apps.calls.domain.letter import (
    LetterDamaged,
    letter_attachment,
    letter_content,
    letter_issue,
    letter_pdf,
    letter_store,
)
from apps.calls.domain.publishing import decisions_take_back
from apps.calls.enums import LetterKind
from apps.calls.models import Application, Letter
from apps.calls.rules.letters import addressee, era_day, letter_number, without_honorific
from apps.calls.selectors.letters import letter_context
from apps.core.models import SiteSettings
from apps.core.site import forget
from apps.outbox.domain import batch_release, outbox_drain
from apps.outbox.models import Job, Message
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final
from tests.factories.organizations import OrganizationFactory

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
#: A surrogate pair, a kanji of extension G, and a variant that few fonts hold.
UNKNOWN = "𠮷𰻞葛\U000e0100邉"
VALUES: dict[str, Any] = {
    "code": "2026-015",
    "title": "用水路のごみ詰まりを水位差で知る",
    "call": "2026年度 実証実験公募",
    "call_en": "Call for trials 2026",
    "period": ["2027-01-12", "2027-06-30"],
    "devices": 12,
    "messages": 1800,
    "conditions": "冬の間は除雪の邪魔にならない所に置いてください。",
    "report_due": "2027-07-30",
    "accept_until": "2026-12-05T23:59:59+09:00",
}


def issue(**values: Any) -> Letter:
    return letter_issue(
        **{
            "kind": LetterKind.ADOPTION,
            "organization": OrganizationFactory.create(),
            "addressee": "株式会社みずおと技研 御中",
            "language": "ja",
            "values": VALUES,
            "actor": None,
            "now": NOW,
            **values,
        }
    )


def pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return ["".join(page.get_textpage().get_text_range().split()) for page in document]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 21), "令和8年11月21日（2026年11月21日）"),
        (date(2019, 5, 1), "令和元年5月1日（2019年5月1日）"),
        (date(2019, 4, 30), "2019年4月30日"),
    ],
)
def test_the_day_in_both_calendars(day: date, words: str) -> None:
    assert era_day(day) == words


@pytest.mark.parametrize(
    ("name", "kind", "person", "lines"),
    [
        ("北陸大学", "research", "", "北陸大学 御中"),
        (
            "株式会社みずおと技研",
            "corporation",
            "代表取締役 山田 はる",
            "株式会社みずおと技研\n代表取締役 山田 はる 様",
        ),
        ("山田 はる", "sole", "山田 はる", "山田 はる 様"),
        ("あ" * 500, "corporation", "い", "あ" * 397 + " 御中"),
    ],
)
def test_the_addressee(name: str, kind: str, person: str, lines: str) -> None:
    assert addressee(name, kind, person) == lines
    assert len(lines) <= 400
    assert not without_honorific(lines).endswith(("様", "御中"))


@pytest.mark.django_db
def test_numbers_of_a_fiscal_year_have_no_gaps() -> None:
    serials = [issue().serial, issue(now=datetime(2027, 3, 31, 14, 59, tzinfo=UTC)).serial]
    assert serials == [1, 2]
    letter = issue(now=datetime(2027, 3, 31, 15, tzinfo=UTC))
    assert (letter.fiscal_year, letter.serial, letter.number) == (2027, 1, "見本2027第1号")
    assert letter_number("富ス", 2026, 15) == "富ス2026第15号"


@pytest.mark.django_db(transaction=True)
def test_numbers_at_once() -> None:
    organization = OrganizationFactory.create()
    at_once([lambda: issue(organization=organization) for _n in range(4)])
    assert sorted(Letter.objects.values_list("serial", flat=True)) == [1, 2, 3, 4]


@pytest.mark.django_db
def test_the_pdf_says_it_and_can_be_read_by_everyone() -> None:
    content = letter_content(issue())
    (text,) = pages(content)
    for words in (
        "見本2026第1号", "令和8年11月21日（2026年11月21日）", "株式会社みずおと技研御中", "見本市長",
        "採択通知書", "用水路のごみ詰まりを水位差で知る", "2027年1月12日–6月30日", "12台まで",
        "1日1,800通まで",
        "除雪の邪魔", "2027年7月30日", "2026年12月5日（土）23:59", "見本の設定",
    ):  # fmt: skip
        assert words in text, words
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang) == "ja"
        assert "採択通知書 見本2026第1号" in str(pdf.docinfo.Title)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_metadata() as meta:
            assert str(meta["pdfuaid:part"]) == "1"
        kinds = {str(row.get("/S", "")) for row in pdf.objects if isinstance(row, pikepdf.Dictionary)}
        assert {"/H1", "/Table", "/TH", "/TD"} <= kinds
        assert fonts_without_file(pdf) == []


def fonts_without_file(pdf: pikepdf.Pdf) -> list[str]:
    found, fonts = [], 0
    for row in pdf.objects:
        if isinstance(row, pikepdf.Dictionary) and row.get("/Type") == "/FontDescriptor":
            fonts += 1
            if not any(name in row for name in ("/FontFile", "/FontFile2", "/FontFile3")):
                found.append(str(row.FontName))
    assert fonts
    return found


@pytest.mark.django_db
def test_a_translation_follows_for_who_reads_english() -> None:
    japanese, english = pages(letter_content(issue(language="en")))
    assert "2026年度実証実験公募" in japanese
    for words in (
        "Callfortrials2026",
        "TheJapaneseletteristheofficialone",
        "21November2026",
        "12January–30June2027",
    ):
        assert words in english, words
    assert "御中" not in english


@pytest.mark.django_db
def test_a_very_long_name_does_not_break_the_page() -> None:
    name = (UNKNOWN * 200)[:200]
    letter = issue(
        addressee=addressee(name, "corporation", "あ" * 190), values={**VALUES, "title": "題" * 300}
    )
    found = pages(letter_pdf(letter))
    assert len(found) <= 2
    assert "返事の期限" in "".join(found)
    assert found[0].count("𠮷") == 40
    for left, _bottom, right, _top in boxes(letter_pdf(letter)):
        assert left >= 0
        assert right <= 596


def boxes(content: bytes) -> list[tuple[float, float, float, float]]:
    page = pypdfium2.PdfDocument(content)[0].get_textpage()
    return [page.get_charbox(number) for number in range(page.count_chars())]


@pytest.mark.django_db
def test_the_mark_of_a_sample_goes_with_the_sample_settings(settings: Any) -> None:
    settings.DEMO = False
    SiteSettings.objects.create(letter_prefix="富ス", letter_signatory="富岳市長　佐藤 花子")
    forget()
    letter = issue()
    assert letter.number == "富ス2026第1号"
    assert not letter_context(letter)["sheets"][0].sample
    SiteSettings.objects.update(letter_signatory=SiteSettings().letter_signatory)
    forget()
    assert letter_context(issue())["sheets"][0].sample
    assert not letter_context(letter)["sheets"][0].sample


@pytest.mark.django_db
def test_made_once_and_kept_with_its_digest() -> None:
    letter = issue()
    outbox_drain()
    letter.refresh_from_db()
    content = letter_content(letter)
    assert hashlib.sha256(content).hexdigest() == letter.sha256
    assert letter_store(letter=letter).file.name == letter.file.name
    assert letter_attachment({"letter": str(letter.pk)}, "en") == (content, "application/pdf")
    assert Job.objects.get(kind="calls.letter").state == "done"
    with letter.file.storage.open(str(letter.file.name), "wb") as file:
        file.write(b"%PDF-1.7 another")
    with pytest.raises(LetterDamaged):
        letter_content(letter)
    letter.file.storage.delete(str(letter.file.name))
    with pytest.raises(LetterDamaged):
        letter_content(letter)


@pytest.fixture
def application(cast: Cast) -> Application:
    call = CallFactory.create(code="2026")
    return SubmittedFactory.create(created_by=cast.owner, organization=cast.organization, call=call)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "kind", "says"),
    [
        ("adopt", "adoption", "devices"),
        ("conditions", "adoption", "conditions"),
        ("waitlist", "waitlist", "rank"),
        ("decline", "decline", "reason"),
    ],
)
def test_each_outcome_has_its_letter_and_its_mail(
    application: Application, cast: Cast, outcome: str, kind: str, says: str
) -> None:
    final(application, cast.staff, outcome)
    letter, mail = Letter.objects.get(), Message.objects.get()
    assert (letter.kind, letter.told_at, letter.organization) == (kind, None, cast.organization)
    assert letter.addressee == "株式会社みずおと技研\n代表取締役 山田 はる 様"
    assert letter.values[says]
    names = {"adopt": "adopted", "decline": "declined"}
    assert mail.template == f"calls-decision-{names.get(outcome, outcome)}"
    assert [row["args"] for row in mail.attachments] == [{"letter": str(letter.pk)}]
    assert letter.number in mail.body
    assert ("までに応募のページで答えてください" in mail.body) == (kind == "adoption")


@pytest.mark.django_db
def test_taking_back_leaves_a_void_letter_in_the_list(application: Application, cast: Cast) -> None:
    row = final(application, cast.staff)
    decisions_take_back(call=row.call, versions={row.pk: row.decision.version}, actor=cast.staff)
    assert Letter.objects.get().voided_at is not None
    final(application, cast.staff)
    rows = Letter.objects.order_by("serial")
    assert [(letter.serial, letter.voided_at is None) for letter in rows] == [(1, False), (2, True)]


@pytest.mark.django_db
def test_the_organization_s_people_read_it_once_it_was_told(application: Application, cast: Cast) -> None:
    final(application, cast.staff)
    letter = Letter.objects.get()
    page = reverse("calls:letter", args=[letter.pk])
    client = Client()
    client.force_login(cast.reader)
    assert client.get(page).status_code == 404
    batch_release(batch="decision-2026", actor=cast.staff)
    answer = client.get(page)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert f'filename="2026-{letter.serial:04d}-adoption.pdf"' in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content)
    letter.refresh_from_db()
    assert hashlib.sha256(content).hexdigest() == letter.sha256
    assert page in client.get(application.get_absolute_url()).content.decode()
    for person in (cast.stranger, cast.reviewer):
        client.force_login(person)
        assert client.get(page).status_code == 404
    client.logout()
    assert client.get(page).status_code == 302
    client.force_login(cast.staff)
    assert client.get(reverse("admin:calls_letter_file", args=[letter.pk])).status_code == 200
