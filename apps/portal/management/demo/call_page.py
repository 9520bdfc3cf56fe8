"""What stands on the page of the sample's open call: guideline, themes, criteria, frequent questions."""

from __future__ import annotations

from apps.calls.models import Call, CallCriterion, CallFaq, Theme
from apps.portal.management.demo.fixture import Fixture

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
        made += 1
    return made
