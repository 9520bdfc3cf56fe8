"""Files in the browser: a program named like a PDF, a photo with its place, the copy in the receipt."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from apps.accounts.models import User
from apps.calls.models import Application, Attachment
from tests.factories import files
from tests.factories.calls import ApplicationFactory, CallFactory, complete_answers
from tests.journeys.stage import Person, Stage, Variant

APPLICANT = "haru@mizuoto.example"


@pytest.mark.variants("phone-ja", "desktop-en")
def test_files_are_added_and_the_receipt_brings_a_copy(
    stage: Stage, variant: Variant, tmp_path: Path
) -> None:
    user = User.objects.create_user(APPLICANT, name="山田 はる", language=variant.language)
    answers = {**complete_answers(), "contact_email": APPLICANT}
    call = CallFactory.create(code="2026")
    draft = ApplicationFactory.create(call=call, created_by=user, code="2026-902", **answers)
    stage.outbox()
    person = stage.person("applicant", variant)
    adds(person, draft, tmp_path)
    removes(person, draft)
    hands_in(person, draft)
    text = stage.wait("the copy in the receipt", lambda: copy_in_mail(stage))
    for word in (draft.code, "現場.jpg", "".join(answers["need"].split())):
        assert word in text
    downloads(person, draft)


def adds(person: Person, draft: Application, folder: Path) -> None:
    """From the screen of data and safety; what can be taken stays although something else is refused."""
    made = {"計画.pdf": b"MZ" + b"\0" * 500, "現場.jpg": files.gps_jpeg(), "図.docx": files.office()}
    for name, content in made.items():
        (folder / name).write_bytes(content)
    person.goto(f"/applications/{draft.code}/questions/safety/")
    person.sign_in(APPLICANT)
    person.page.locator("button[name=then][value=files]").click()
    person.page.locator("input[type=file]").wait_for()
    person.look("files-empty")
    person.page.locator("input[type=file]").set_input_files([folder / name for name in made])
    person.page.locator("form[data-upload] button").click()
    person.page.locator(".error-summary").wait_for()
    person.look("files-refused")
    person.see("プログラムです", "This is a program")
    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["図.docx", "現場.jpg"]


def removes(person: Person, draft: Application) -> None:
    row = Attachment.objects.get(name="図.docx")
    person.page.locator(f"form[action*='{row.pk}'] button").click()
    person.page.locator(f"a[href*='{row.pk}']").wait_for(state="detached")
    person.look("files")


def hands_in(person: Person, draft: Application) -> None:
    person.goto(f"/applications/{draft.code}/check/")
    person.page.get_by_text("現場.jpg").first.wait_for()
    for box in person.page.locator("form[action$='/submit/'] input[type=checkbox]").all():
        box.check(force=True)
    person.page.locator("form[action$='/submit/'] .button-primary").click()
    person.page.wait_for_url(re.compile("/receipt/"))


def copy_in_mail(stage: Stage) -> str:
    """The text of the PDF that came with a mail; empty while there is none."""
    for path in stage.mail.iterdir():
        for part in path.read_bytes().split(b"-" * 79 + b"\n"):
            message: Any = email.message_from_bytes(part, policy=email.policy.default)
            for attachment in message.iter_attachments():
                return text_of(attachment.get_content())
    return ""


def text_of(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in pages)


def downloads(person: Person, draft: Application) -> None:
    """The copy from the page of the application, and the photo without its place."""
    person.goto(f"/applications/{draft.code}/")
    person.look("files-status")
    with person.page.expect_download() as copy:
        person.page.locator("a[href$='/copy.pdf']").click()
    assert copy.value.suggested_filename == f"{draft.code}.pdf"
    assert draft.code in text_of(Path(copy.value.path()).read_bytes())
    with person.page.expect_download() as photo:
        person.page.locator("a[href*='/files/'][download]").click()
    assert photo.value.suggested_filename == "現場.jpg"
    assert b"Hana" not in Path(photo.value.path()).read_bytes()
