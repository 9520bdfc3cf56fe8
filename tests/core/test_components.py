from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from apps.core.components import ComponentError
from apps.core.components.icons import ICONS
from apps.core.components.states import FAMILIES


def rendered(source: str, **context: Any) -> str:
    with translation.override("ja"):
        return Template("{% load components %}" + source).render(Context(context))


class SampleForm(forms.Form):
    title = forms.CharField(label="題名", help_text="20文字まで", max_length=20)
    phone = forms.CharField(label="電話番号", required=False)
    count = forms.IntegerField(label="台数")
    interval = forms.ChoiceField(
        label="送る間隔", choices=[("1", "1分ごと"), ("", "まだわからない")], widget=forms.RadioSelect
    )
    agree = forms.BooleanField(label="同意します。")


class TestProps:
    def test_unknown_prop_is_named_with_those_that_exist(self) -> None:
        with pytest.raises(ComponentError, match="Button has no colour. It has: about, dialog"):
            rendered('{% button label="応募する" colour="red" %}')

    def test_missing_prop_is_named(self) -> None:
        with pytest.raises(ComponentError, match="Button needs label"):
            rendered('{% button kind="primary" %}')

    def test_required_prop_may_not_be_empty(self) -> None:
        with pytest.raises(ComponentError, match="Button: label is empty"):
            rendered("{% button label=nothing %}", nothing="")

    def test_prop_outside_its_choices_is_refused(self) -> None:
        with pytest.raises(ComponentError, match="kind='loud' must be one of 'primary'"):
            rendered('{% button label="応募する" kind="loud" %}')

    def test_items_of_a_list_are_checked(self) -> None:
        with pytest.raises(ComponentError, match="TaskList: an item has"):
            rendered("{% task_list items=items %}", items=[{"title": "場所", "colour": "red"}])

    def test_unknown_state_and_icon_are_refused(self) -> None:
        with pytest.raises(ComponentError, match="a device has no state 'gone'"):
            rendered('{% status family="device" state="gone" %}')
        with pytest.raises(ComponentError, match="There is no icon 'heart'"):
            rendered('{% icon "heart" %}')

    def test_field_wants_a_bound_field(self) -> None:
        with pytest.raises(ComponentError, match="is not a bound field"):
            rendered('{% field "title" %}')


class TestButton:
    def test_link_when_it_leads_somewhere(self) -> None:
        assert rendered('{% button label="公募を見る" href="/calls/" kind="primary" %}') == (
            '<a class="button button-primary" href="/calls/">公募を見る</a>'
        )

    def test_button_that_sends_mail_says_how_many(self) -> None:
        html = rendered('{% button label="3通を送る" mail_count=3 %}')
        assert "メール3通" in html
        assert html.index("メール3通") < html.index("<button")

    def test_button_that_sends_none_says_so(self) -> None:
        assert "メールは送りません" in rendered('{% button label="保存する" mail_count=0 %}')

    def test_disabled_only_with_a_reason(self) -> None:
        html = rendered('{% button label="登録する" disabled_reason="枠を使い切りました。" %}')
        assert " disabled>" in html
        assert "枠を使い切りました。" in html
        with pytest.raises(ComponentError, match="a link cannot be disabled"):
            rendered('{% button label="登録する" href="/" disabled_reason="枠を使い切りました。" %}')

    def test_label_is_escaped(self) -> None:
        assert "&lt;script&gt;" in rendered("{% button label=label %}", label="<script>")


class TestField:
    def test_label_reason_hint_error_input_in_this_order(self) -> None:
        form = SampleForm({"title": "", "count": "12"})
        html = rendered('{% field form.title reason="一覧に出すためです。" %}', form=form)
        places = [html.index(part) for part in ("<label", "聞く理由", "20文字まで", "field-error", "<input")]
        assert places == sorted(places)
        assert 'aria-describedby="id_title-reason id_title-hint id_title-error"' in html
        assert 'aria-invalid="true"' in html
        assert 'id="id_title-error"' in html

    def test_only_optional_is_marked(self) -> None:
        form = SampleForm()
        assert "任意" in rendered("{% field form.phone %}", form=form)
        assert "任意" not in rendered("{% field form.title %}", form=form)
        assert "必須" not in rendered("{% field form.title %}", form=form)

    def test_number_is_narrow_with_its_unit_outside(self) -> None:
        html = rendered('{% field form.count unit="台" %}', form=SampleForm())
        assert 'class="field field-narrow"' in html
        assert 'aria-describedby="id_count-unit"' in html
        assert html.index("<input") < html.index('<span class="field-unit"')

    def test_radios_are_rows_of_a_fieldset(self) -> None:
        html = rendered("{% field form.interval %}", form=SampleForm())
        assert html.startswith("<fieldset")
        assert "<legend" in html
        assert html.count('type="radio"') == 2
        assert '<label for="id_interval_0">' in html

    def test_checkbox_stands_in_its_label(self) -> None:
        html = rendered("{% field form.agree %}", form=SampleForm())
        assert '<label class="check" for="id_agree">' in html
        assert html.count("<label") == 1


class TestErrorSummary:
    def test_counts_and_links_to_fields(self) -> None:
        html = rendered("{% error_summary form %}", form=SampleForm({"title": "a", "count": "x"}))
        assert 'role="alert"' in html
        assert 'tabindex="-1"' in html
        assert "直すところが3つあります" in html
        assert 'href="#id_count"' in html
        assert 'href="#id_interval_0"' in html
        assert "同意します：" in html

    def test_nothing_when_nothing_is_wrong(self) -> None:
        assert rendered("{% error_summary form %}", form=SampleForm()) == ""


class TestStates:
    @pytest.mark.parametrize(
        ("family", "state"), [(family, state) for family, states in FAMILIES.items() for state in states]
    )
    def test_each_has_a_word_and_its_shape_is_hidden(self, family: str, state: str) -> None:
        html = rendered("{% status family=family state=state %}", family=family, state=state)
        assert str(FAMILIES[family][state].word)
        assert html.count("<svg") == html.count('aria-hidden="true"')
        assert f"state-{family}" in html

    def test_outcomes_differ_in_sign_and_word_only(self) -> None:
        tones = {state.tone for state in FAMILIES["outcome"].values()}
        signs = {state.icon for state in FAMILIES["outcome"].values()}
        assert tones == {"outcome"}
        assert len(signs) == 4

    def test_every_state_names_a_drawn_icon(self) -> None:
        icons = {state.icon for states in FAMILIES.values() for state in states.values()} - {""}
        assert icons <= set(ICONS)


class TestParts:
    def test_notice_has_title_and_body(self) -> None:
        html = rendered(
            '{% notice title="受け付けました" kind="good" %}<p>番号は2026-015です。</p>{% endnotice %}'
        )
        assert 'class="notice notice-good"' in html
        assert "<p>番号は2026-015です。</p>" in html

    def test_current_step_is_marked_for_all(self) -> None:
        html = rendered(
            "{% steps items=items %}",
            items=[
                {"title": "応募", "state": "done"},
                {"title": "審査", "state": "current"},
                {"title": "結果"},
            ],
        )
        assert html.count('aria-current="step"') == 1
        assert "いまここ" in html

    def test_breadcrumb_ends_with_this_page(self) -> None:
        html = rendered('{% breadcrumb "トップ" "/" "公募" "/calls/" "2026年度" %}')
        assert html.count("<a ") == 2
        assert '<span aria-current="page">2026年度</span>' in html
        with pytest.raises(ComponentError):
            rendered('{% breadcrumb "トップ" "/" %}')

    def test_pagination_keeps_the_other_parameters(self) -> None:
        request = RequestFactory().get("/", {"theme": "防災", "page": "2"})
        html = rendered("{% pagination page %}", page=Paginator(range(30), 10).page(2), request=request)
        assert 'href="?theme=%E9%98%B2%E7%81%BD&amp;page=3"' in html
        assert '<span aria-current="page">2</span>' in html
        assert rendered("{% pagination page %}", page=Paginator(range(3), 10).page(1)) == ""

    def test_meter_says_its_numbers_in_words(self) -> None:
        html = rendered('{% meter label="機器" value=1204 max=10000 unit="台" %}')
        assert "<span>1,204</span> / 10,000 台" in html
        assert '<meter min="0" max="10000" value="1204"' in html

    def test_number_writes_a_true_minus(self) -> None:
        assert "−97" in rendered('{% number label="電波の強さ" value=-97 unit="dBm" %}')

    def test_a_number_that_is_long_is_written_smaller(self) -> None:
        assert "value-long" in rendered('{% number label="最後の受信" value="11月21日 5:54" %}')
        assert "value-long" in rendered('{% number label="通信" value=1204000 unit="通" %}')
        assert "value-long" not in rendered('{% number label="通信" value=999999 unit="通" %}')

    def test_dialog_posts_with_the_token_and_names_itself(self) -> None:
        html = rendered(
            '{% dialog id="d" title="消しますか" label="消す" action="/x/" kind="danger-filled" %}'
            "<p>残ります。</p>{% enddialog %}",
            csrf_token="secret",
        )
        assert html.startswith('<dialog class="dialog" id="d" aria-labelledby="d-title">')
        assert '<input type="hidden" name="csrfmiddlewaretoken" value="secret">' in html
        assert "data-dialog-close" in html

    def test_dialog_as_a_plain_page_needs_no_script(self) -> None:
        html = rendered(
            '{% dialog id="d" title="消しますか" label="消す" action="/x/" inline=True cancel_href="/" %}'
            "{% enddialog %}"
        )
        assert html.startswith("<section")
        assert "data-dialog-close" not in html

    def test_missing_answer_is_said_and_linked(self) -> None:
        html = rendered('{% summary_row label="個人情報" missing=True href="/q/" %}')
        assert 'class="missing"' in html
        assert "まだ答えていません" in html
        assert '答える<span class="sr"> 個人情報</span>' in html

    def test_empty_needs_both_label_and_address(self) -> None:
        with pytest.raises(ComponentError, match="label and href go together"):
            rendered('{% empty title="まだ機器がありません" label="登録する" %}')

    def test_map_data_cannot_leave_its_script(self) -> None:
        data = {
            "markers": [{"lat": 1, "lon": 2, "family": "outcome", "state": "worked", "title": "</script>"}]
        }
        html = rendered('{% map id="m" data=data label="場所" %}', data=data)
        assert html.count("</script>") == 2
        assert 'data-map="m-data"' in html


def test_no_component_carries_inline_style_or_script() -> None:
    html = rendered('{% ridge %}{% live_answer sentence="収まります。" %}{% endlive_answer %}')
    assert " style=" not in html
    assert "<script" not in html
