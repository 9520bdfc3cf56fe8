"""The styleguide of the demo: every component in its states."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.portal.views import styleguide_samples as samples


class SampleForm(forms.Form):
    """Fields in each of their states, bound with faults."""

    dev_eui = forms.CharField(
        label="DevEUI", help_text=_("It is on the label on the back: 16 digits of 0–9 and A–F.")
    )
    phone = forms.CharField(label=_("Phone"), required=False)
    devices = forms.IntegerField(label=_("Number of devices"), min_value=1)
    interval = forms.ChoiceField(
        label=_("Sending interval"), choices=samples.INTERVALS, widget=forms.RadioSelect
    )
    purposes = forms.MultipleChoiceField(
        label=_("Themes"), required=False, choices=samples.THEMES, widget=forms.CheckboxSelectMultiple
    )
    place = forms.ChoiceField(label=_("District"), choices=samples.DISTRICTS)
    note = forms.CharField(label=_("What you want to try"), widget=forms.Textarea(attrs={"rows": 3}))
    agree = forms.BooleanField(label=_("I publish the record of results, also when it did not work."))

    def clean_dev_eui(self) -> str:
        raise forms.ValidationError(_("That is 15 digits. One is missing."))


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    form = SampleForm(samples.FORM_VALUES)
    page = Paginator(range(90), 10).page(4)
    context = {
        "form": form,
        "empty_form": SampleForm(auto_id="empty_%s"),
        "page": page,
        "now": timezone.now(),
    }
    return render(request, "styleguide/index.html", {**samples.context(), **context})
