"""Saving field by field: who wrote what, both texts where two wrote, nothing lost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.calls import rules
from apps.calls.domain import SaveResult, application_save, application_submit, variant_settle
from apps.calls.enums import VariantChoice
from apps.calls.models import AnswerVariant, Application
from apps.calls.rules import Pen
from apps.calls.selectors.applications import answers_of
from apps.calls.selectors.variants import open_variants
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from tests.calls.conftest import PLEDGES
from tests.cast import Cast
from tests.factories.calls import ApplicationFactory

TYPED = "  全角　スペース\n\n末尾の空白  \nか\u3099（結合文字） 👩‍🌾 𠮷野家 “Word”\t終わり \n"


def bases(application: Application, *names: str) -> dict[str, str]:
    application.refresh_from_db()
    held = answers_of(application)
    return rules.bases_of({name: held[name] for name in names})


def save(application: Application, actor: Any, **values: Any) -> SaveResult:
    return application_save(application=application, actor=actor, values=values)


def test_a_draft_keeps_every_character_and_hands_in_clean_ones(draft: Application, cast: Cast) -> None:
    result = save(draft, cast.owner, need=TYPED, title=" 題名\u202eあ ", contact_email=" haru@example.jp ")
    draft.refresh_from_db()
    assert (draft.need, draft.title, draft.contact_email) == (TYPED, " 題名\u202eあ ", " haru@example.jp ")
    assert sorted(result.saved) == ["contact_email", "need", "title"]
    save(draft, cast.owner, need="a\r\nb\x00c\rd\ud83d", title="一行\nだけ")
    draft.refresh_from_db()
    assert (draft.need, draft.title) == ("a\nbc\nd", "一行 だけ")
    save(draft, cast.owner, need=TYPED, title=" 題名\u202eあ ")
    done = application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    done.refresh_from_db()
    assert (done.title, done.contact_email) == ("題名あ", "haru@example.jp")
    assert done.need == "全角\u3000スペース\n\n末尾の空白  \nが（結合文字） 👩‍🌾 𠮷野家 “Word”\t終わり"
    assert done.revisions.get().answers["title"] == "題名あ"


def test_what_is_too_long_is_refused_alone(draft: Application, cast: Cast) -> None:
    result = save(draft, cast.owner, need="あ" * 50_001, title="い" * 50_000)
    assert (result.saved, list(result.refused)) == (["title"], ["need"])
    draft.refresh_from_db()
    assert len(draft.title) == 50_000
    with pytest.raises(InvalidInput):
        application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)


def test_what_one_left_and_another_changed_stays(draft: Application, cast: Cast) -> None:
    seen, kept, title = bases(draft, "title", "need"), draft.need, draft.title
    save(draft, cast.owner, title="先に書いた題名")
    result = application_save(
        application=draft,
        actor=cast.owner,
        values={"title": title, "need": "新しい困りごと"},
        bases=seen,
    )
    assert (result.saved, result.conflicts) == (["need"], [])
    # The form still shows the old title: its base does not move on.
    assert result.bases == seen | {"need": rules.digest("新しい困りごと")}
    result = application_save(
        application=draft, actor=cast.owner, values={"title": title, "need": kept}, bases=seen
    )
    assert (result.saved, result.conflicts) == ([], [])
    draft.refresh_from_db()
    assert (draft.title, draft.need) == ("先に書いた題名", "新しい困りごと")


def test_both_texts_stay_when_two_write_into_one_field(draft: Application, cast: Cast) -> None:
    seen = bases(draft, "title", "need")
    save(draft, cast.owner, title="先の題名")
    values = {"title": "あとの題名", "need": "この窓だけの文"}
    result = application_save(application=draft, actor=cast.owner, values=values, bases=seen)
    assert (result.saved, result.conflicts) == (["need"], ["title"])
    # The base does not move on: writing further is still beside, not over, the other's text.
    assert result.bases["title"] == seen["title"]
    assert result.bases["need"] == rules.digest("この窓だけの文")
    again = application_save(application=draft, actor=cast.owner, values=values, bases=result.bases)
    assert again.conflicts == ["title"]
    shown = open_variants(result.application, "idea")
    assert [(item.stored, item.other) for item in shown] == [("先の題名", "あとの題名")]
    assert (shown[0].stored_by, shown[0].other_by) == (str(cast.owner), str(cast.owner))
    assert open_variants(result.application, "plan") == []
    assert len(open_variants(result.application)) == 1


def test_one_page_that_goes_on_writing_has_one_variant(draft: Application, cast: Cast) -> None:
    seen = bases(draft, "need")
    save(draft, cast.owner, need="先の人の文")
    for stroke, text in enumerate(("あ", "あい", "あいう"), start=1):
        application_save(
            application=draft,
            actor=cast.owner,
            values={"need": text},
            bases=seen,
            pen=Pen("page0001", stroke),
        )
    assert draft.variants.get().value == "あいう"
    application_save(
        application=draft, actor=cast.owner, values={"need": "別の窓"}, bases=seen, pen=Pen("page0002", 1)
    )
    assert sorted(draft.variants.values_list("value", flat=True)) == ["あいう", "別の窓"]


def test_a_page_that_did_not_hear_of_its_own_saving_has_no_quarrel(draft: Application, cast: Cast) -> None:
    seen = bases(draft, "need")
    for stroke, text in ((1, "一"), (2, "一二"), (3, "一二三")):
        result = application_save(
            application=draft,
            actor=cast.owner,
            values={"need": text},
            bases=seen,
            pen=Pen("page0001", stroke),
        )
        assert (result.saved, result.conflicts) == (["need"], [])
    # What comes late changes nothing; a page that took the text over goes on from it.
    late = application_save(
        application=draft, actor=cast.owner, values={"need": "一二"}, bases=seen, pen=Pen("page0001", 2)
    )
    assert (late.saved, late.conflicts) == ([], [])
    heir = application_save(
        application=draft,
        actor=cast.owner,
        values={"need": "一二三四"},
        bases=seen,
        pen=Pen("page0002", 1, "page0001"),
    )
    assert heir.saved == ["need"]
    old = application_save(
        application=draft, actor=cast.owner, values={"need": "古い窓"}, bases=seen, pen=Pen("page0001", 9)
    )
    assert old.conflicts == ["need"]
    draft.refresh_from_db()
    assert draft.need == "一二三四"
    # Back to what was there at first is a change as well.
    back = application_save(
        application=draft,
        actor=cast.owner,
        values={"need": ""},
        bases={"need": rules.digest("")},
        pen=Pen("page0002", 2),
    )
    assert back.saved == ["need"]


def test_without_bases_a_form_writes_only_where_nothing_stands(cast: Cast) -> None:
    draft = ApplicationFactory.create(created_by=cast.owner, title="ある")
    result = application_save(
        application=draft, actor=cast.owner, values={"title": "別", "need": "文", "plan": ""}, bases={}
    )
    assert (result.saved, result.conflicts) == (["need"], ["title"])
    # An emptied field does not wipe what another wrote, and leaves no empty variant.
    result = application_save(application=draft, actor=cast.owner, values={"title": ""}, bases={})
    assert (result.saved, result.conflicts) == ([], [])
    draft.refresh_from_db()
    assert draft.title == "ある"


def test_lists_days_and_ticks_compare_as_a_whole(draft: Application, cast: Cast) -> None:
    names = ("sensors", "themes", "period_from", "devices_undecided")
    seen = bases(draft, *names)
    one = [{"name": "水位計", "count": 3, "interval_s": 600, "payload_bytes": 11}]
    two = [{"name": "温度計", "count": "たくさん", "interval_s": 0, "payload_bytes": None}]
    first = {"sensors": one, "themes": ["a"], "period_from": date(2027, 1, 5), "devices_undecided": True}
    second = {"sensors": two, "themes": ["b"], "period_from": date(2027, 2, 5), "devices_undecided": False}
    application_save(application=draft, actor=cast.owner, values=first, bases=seen)
    result = application_save(application=draft, actor=cast.owner, values=second, bases=seen)
    assert sorted(result.conflicts) == ["period_from", "sensors", "themes"]
    for field, choice in (("sensors", "both"), ("themes", "use"), ("period_from", "use")):
        settle(draft, cast.owner, field, VariantChoice(choice))
    draft.refresh_from_db()
    assert draft.sensors == [*one, *two]
    assert (draft.themes, draft.period_from, draft.devices_undecided) == (["b"], date(2027, 2, 5), True)


def settle(application: Application, actor: Any, field: str, choice: VariantChoice) -> Application:
    application.refresh_from_db()
    shown = next(item for item in open_variants(application) if item.variant.field == field)
    return variant_settle(
        application=application, variant_id=shown.variant.pk, choice=choice, seen=shown.seen, actor=actor
    )


def test_each_question_of_the_call_is_compared_by_itself(draft: Application, cast: Cast) -> None:
    a, b = "0" * 8 + "-0000-4000-8000-" + "0" * 12, "1" * 8 + "-0000-4000-8000-" + "0" * 12
    seen = rules.bases_of({"extra_answers": {a: "", b: ""}})
    for given in ({a: "甲", b: ""}, {a: "", b: "乙"}):
        application_save(application=draft, actor=cast.owner, values={"extra_answers": given}, bases=seen)
    draft.refresh_from_db()
    assert draft.extra_answers == {a: "甲", b: "乙"}
    result = application_save(
        application=draft, actor=cast.owner, values={"extra_answers": {a: "丙", b: ""}}, bases=seen
    )
    assert result.conflicts == [f"extra_answers.{a}"]
    settle(draft, cast.owner, f"extra_answers.{a}", VariantChoice.BOTH)
    draft.refresh_from_db()
    assert draft.extra_answers[a] == "甲\n\n丙"


@pytest.mark.parametrize(
    ("choice", "text", "history"),
    [
        ("use", "あとの文", ["あとの文", "先の文"]),
        ("keep", "先の文", ["あとの文"]),
        ("both", "先の文\n\nあとの文", ["あとの文"]),
    ],
)
def test_settling_drops_nothing(
    draft: Application, cast: Cast, choice: str, text: str, history: list[str]
) -> None:
    seen = bases(draft, "need")
    save(draft, cast.owner, need="先の文")
    application_save(application=draft, actor=cast.owner, values={"need": "あとの文"}, bases=seen)
    settle(draft, cast.owner, "need", VariantChoice(choice))
    draft.refresh_from_db()
    assert draft.need == text
    assert open_variants(draft) == []
    rows = AnswerVariant.objects.filter(application=draft).exclude(settled_at=None)
    assert sorted(rows.values_list("value", flat=True)) == sorted(history)
    assert AuditEntry.objects.filter(action="application.settle").count() == 1


def test_settling_twice_or_what_changed_meanwhile(draft: Application, cast: Cast) -> None:
    seen = bases(draft, "need")
    save(draft, cast.owner, need="先の文")
    application_save(application=draft, actor=cast.owner, values={"need": "あとの文"}, bases=seen)
    draft.refresh_from_db()
    shown = open_variants(draft)[0]
    act = {"application": draft, "variant_id": shown.variant.pk, "choice": VariantChoice.USE}
    save(draft, cast.owner, need="また書いた文")
    with pytest.raises(Conflict):
        variant_settle(**act, seen=shown.seen, actor=cast.owner)  # type: ignore[arg-type]
    draft.refresh_from_db()
    assert draft.need == "また書いた文"
    shown = open_variants(draft)[0]
    with pytest.raises(NotAllowed):
        variant_settle(**act, seen=shown.seen, actor=cast.stranger)  # type: ignore[arg-type]
    for _ in range(2):
        variant_settle(**act, seen=shown.seen, actor=cast.owner)  # type: ignore[arg-type]
    assert draft.variants.count() == 2
    long = "あ" * 30_000
    seen = bases(draft, "need")
    save(draft, cast.owner, need=long)
    application_save(application=draft, actor=cast.owner, values={"need": f"{long}い"}, bases=seen)
    with pytest.raises(InvalidInput):
        settle(draft, cast.owner, "need", VariantChoice.BOTH)


def test_saving_by_itself_does_not_fill_the_record(draft: Application, cast: Cast) -> None:
    now = clock.now()
    for minutes in (0, 1, 2, 11, 12):
        application_save(
            application=draft,
            actor=cast.owner,
            values={"need": f"{minutes}分"},
            now=now + timedelta(minutes=minutes),
        )
    assert AuditEntry.objects.filter(action="application.save").count() == 2


def test_nothing_is_saved_after_handing_in(draft: Application, cast: Cast) -> None:
    application_submit(application=draft, actor=cast.owner, pledges=PLEDGES)
    with pytest.raises(Conflict) as refused:
        save(draft, cast.owner, need="あとから")
    assert refused.value.code == "state"
