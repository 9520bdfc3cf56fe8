"""The codec workbench: try out, test by examples, publish, go back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError, InvalidInput
from apps.devices.domain import (
    ExamplesFail,
    codec_publish,
    codec_set_state,
    example_delete,
    example_save,
    examples_run,
)
from apps.devices.domain.codec_examples import ExampleResult
from apps.devices.domain.codec_trial import Tried, codec_try, example_of, trial_runner
from apps.devices.enums import CodecState
from apps.devices.forms.codec import CodecForm
from apps.devices.models import CodecExample, CodecVersion, DeviceModel
from apps.devices.rules.codec_words import failure_words, fault_words
from apps.devices.selectors.codecs import bench_of

_PAGE = "admin:devices_devicemodel_codec"


@dataclass(frozen=True)
class ExampleRow:
    """An example in the list; ``result`` once it was run."""

    example: CodecExample
    result: ExampleResult | None

    @property
    def words(self) -> str:
        return failure_words(self.result.output.failure) if self.result else ""


class Workbench(admin.ModelAdmin[DeviceModel]):
    """Mixed into the admin of device models."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<uuid:pk>/codec/", wrap(self.codec), name="devices_devicemodel_codec")
        return [own, *super().get_urls()]

    @method_decorator(csrf_protect)
    def codec(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Text and versions (GET, ``version``: that one's text); acts by the button pressed (POST)."""
        model = row_or_404(self, request, pk)
        if request.method != "POST":
            return self._page(request, model, CodecForm(initial=self._initial(request, model)))
        act = request.POST.get("act", "")
        if act in CodecState.values:
            return self._set_state(request, model, act)
        if act == "drop":
            return self._drop(request, model)
        form = CodecForm(request.POST)
        if act not in ("try", "examples", "keep", "publish"):
            raise Http404
        if not form.is_valid():
            return self._page(request, model, form, status=422)
        return self._bench(request, model, form, act)

    def _initial(self, request: HttpRequest, model: DeviceModel) -> dict[str, Any]:
        bench, wanted = bench_of(model), request.GET.get("version", "")
        chosen = next((codec for codec in bench.versions if str(codec.version) == wanted), bench.decoding)
        return {"script": chosen.script if chosen else _STARTER, "call": "decodeUplink", "f_port": 1}

    def _bench(self, request: HttpRequest, model: DeviceModel, form: CodecForm, act: str) -> HttpResponse:
        shown: dict[str, Any] = {}
        try:
            if act == "publish":
                return self._publish(request, model, form.cleaned_data)
            if act == "examples":
                shown["results"] = self._run_examples(model, form.cleaned_data)
            else:
                shown["tried"] = self._try(request, model, form.cleaned_data, keep=act == "keep")
        except ExamplesFail as error:
            shown["results"] = error.results
            form.add_error(None, error.message)
        except InvalidInput as error:
            _told(form, error)
        except DomainError as error:
            form.add_error(None, error.message)
        return self._page(request, model, form, status=422 if form.errors else 200, **shown)

    def _publish(self, request: HttpRequest, model: DeviceModel, values: dict[str, Any]) -> HttpResponse:
        given = {"script": values["script"], "note": values["note"], "actor": request.user}
        with trial_runner() as runner:
            codec = codec_publish(model=model, runner=runner, **given)
        messages.success(request, _("Version %(n)d decodes now.") % {"n": codec.version})
        return redirect(_PAGE, model.pk)

    def _run_examples(self, model: DeviceModel, values: dict[str, Any]) -> list[ExampleResult]:
        examples = bench_of(model).examples
        with trial_runner() as runner:
            return examples_run(script=values["script"], examples=examples, runner=runner)

    def _try(self, request: HttpRequest, model: DeviceModel, values: dict[str, Any], *, keep: bool) -> Tried:
        """Try it; ``keep``: what came out is an example from now on."""
        actor: Any = request.user
        tried = codec_try(**{name: values[name] for name in ("call", "script", "given", "f_port")})
        if keep:
            given = {name: values[name] for name in ("name", "given", "f_port")}
            example = example_save(example=example_of(model=model, tried=tried, **given), actor=actor)
            words = _("Kept as an example: “%(name)s”. Each new version has to agree with it.")
            messages.success(request, words % {"name": example.name})
        return tried

    def _set_state(self, request: HttpRequest, model: DeviceModel, state: str) -> HttpResponse:
        number = request.POST.get("version", "")
        codec = get_object_or_404(
            CodecVersion, model=model, version=int(number) if number.isdecimal() else -1
        )
        if state == CodecState.QUARANTINED:
            raise Http404
        try:
            codec_set_state(codec=codec, state=state, actor=request.user)  # type: ignore[arg-type]
        except DomainError as error:
            messages.error(request, error.message)
        else:
            now = bench_of(model).decoding
            words = _("Version %(n)d decodes now.") if now else _("No version decodes now.")
            messages.success(request, words % {"n": now.version} if now else words)
        return redirect(_PAGE, model.pk)

    def _drop(self, request: HttpRequest, model: DeviceModel) -> HttpResponse:
        try:
            wanted = uuid.UUID(request.POST.get("example", ""))
        except ValueError:
            raise Http404 from None
        example = get_object_or_404(CodecExample, model=model, pk=wanted)
        example_delete(example=example, actor=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The example is taken away."))
        return redirect(_PAGE, model.pk)

    def _page(
        self,
        request: HttpRequest,
        model: DeviceModel,
        form: CodecForm,
        *,
        tried: Tried | None = None,
        results: Sequence[ExampleResult] | None = None,
        status: int = 200,
    ) -> TemplateResponse:
        bench = bench_of(model)
        by_id = {result.example.pk: result for result in results or ()}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(model),
            "model": model,
            "form": form,
            "bench": bench,
            "stopped": bench.decoding is not None and bench.decoding.state == CodecState.QUARANTINED,
            "fault": fault_words(bench.decoding.fault) if bench.decoding else "",
            "rows": [ExampleRow(example, by_id.get(example.pk)) for example in bench.examples],
            "ran": results is not None,
            "passed": sum(1 for result in results or () if result.passed),
            "tried": tried,
        }
        return TemplateResponse(request, "admin/devices/devicemodel/codec.html", context, status=status)


def _told(form: CodecForm, error: InvalidInput) -> None:
    """The faults at their fields, or above the form."""
    for name, texts in error.fields.items():
        form.add_error(name if name in form.fields else None, texts)
    if not error.fields:
        form.add_error(None, error.message)


_STARTER = """function decodeUplink(input) {
  // input.bytes: array of 0–255, input.fPort: number, input.recvTime: Date
  return {
    data: {},
    warnings: [],
  };
}
"""
