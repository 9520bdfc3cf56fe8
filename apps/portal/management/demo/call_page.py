"""What stands on the page of the sample's open call: guideline, themes, criteria, frequent questions."""

from __future__ import annotations

from django.core.files.base import ContentFile

from apps.calls.models import Call, CallCriterion, CallFaq, CallFile, Theme
from apps.portal.management.demo.fixture import FOLDER, Fixture

_TEXTS = ("guideline", "guideline_en", "grace_minutes")


def load_call_page(fixture: Fixture) -> int:
    """Fill the calls named in ``call_page.json`` that have no guideline yet."""
    made = 0
    for code, row in fixture.read("call_page").items():
        call = Call.objects.filter(code=code, guideline="").first()
        if call is None:
            continue
        for name in _TEXTS:
            setattr(call, name, row[name])
        call.questions_until = fixture.moment(row["questions_until"])
        call.full_clean()
        call.save()
        call.themes.set(Theme.objects.filter(is_active=True))
        for order, values in enumerate(row["criteria"]):
            CallCriterion.objects.create(call=call, order=order, **values)
        for order, values in enumerate(row["faqs"]):
            CallFaq.objects.create(call=call, order=order, **values)
        for order, values in enumerate(row["files"]):
            _file(call, order, **values)
        made += 1
    return made


def _file(call: Call, order: int, *, title: str, title_en: str, file: str) -> None:
    content = (FOLDER / "files" / file).read_bytes()
    CallFile.objects.create(
        call=call,
        order=order,
        title=title,
        title_en=title_en,
        name=file,
        content_type="application/pdf",
        size=len(content),
        file=ContentFile(content, name=file),
    )
