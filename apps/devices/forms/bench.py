"""The codec workbench without HTTP: what a person sent becomes acts of the domain and what the page shows.

The same for staff (admin) and for a company's engineers (workspace); who may is asked before.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotFound
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
from apps.devices.selectors.codecs import Bench as Codecs
from apps.devices.selectors.codecs import bench_of, first_script

#: What is done with the text as it was sent.
TEXT_ACTS: Final = ("try", "examples", "keep", "publish")
#: States that people give a version; the third is given by the ingest alone.
_STATES: Final = (CodecState.ACTIVE.value, CodecState.WITHDRAWN.value)


@dataclass
class Bench:
    """The page after an act. ``done``: begin anew with ``said``; else show the form with what came out."""

    form: CodecForm
    tried: Tried | None = None
    results: Sequence[ExampleResult] | None = None
    said: list[str] = field(default_factory=list)
    refused: str = ""
    done: bool = False
    #: What the page opened with, when nothing has been done since.
    known: Codecs | None = None

    @property
    def status(self) -> int:
        return 422 if self.form.is_bound and self.form.errors else 200


@dataclass(frozen=True)
class ExampleRow:
    """An example in the list; ``result`` once it was run."""

    example: CodecExample
    result: ExampleResult | None

    @property
    def words(self) -> str:
        return failure_words(self.result.output.failure) if self.result else ""


def bench_start(*, model: DeviceModel, version: str = "", payload: str = "", f_port: str = "") -> Bench:
    """The page as it opens, with the text of ``version`` if there is it, and what is to be tried."""
    bench = bench_of(model)
    chosen = next((codec for codec in bench.versions if str(codec.version) == version), bench.decoding)
    is_port = f_port.isascii() and f_port.isdecimal() and len(f_port) < 4 and int(f_port) <= 255
    initial = {
        "script": chosen.script if chosen else first_script(model),
        "call": "decodeUplink",
        "payload": payload[:1000],
        "f_port": int(f_port) if is_port else 1,
    }
    return Bench(CodecForm(initial=initial), known=bench)


def bench_act(*, model: DeviceModel, posted: Mapping[str, str], actor: Any) -> Bench:
    """Do what the pressed button says (``act``), or try a stored uplink (``frame``: port and hexadecimal).

    Raises ``NotFound`` for an act, version or example that there is none of.
    """
    act, frame = posted.get("act", ""), posted.get("frame", "")
    if frame:
        port, _colon, payload = frame.partition(":")
        posted = {**{name: posted[name] for name in posted}, "call": "decodeUplink"}
        posted, act = {**posted, "f_port": port, "payload": payload}, "try"
    if act in _STATES:
        return _set_state(model, posted, act, actor)
    if act == "drop":
        return _drop(model, posted, actor)
    if act not in TEXT_ACTS:
        raise NotFound(_("This page does not exist."))
    bench = Bench(CodecForm(posted))
    if bench.form.is_valid():
        _with_text(bench, model, act, actor)
    return bench


def _with_text(bench: Bench, model: DeviceModel, act: str, actor: Any) -> None:
    values = bench.form.cleaned_data
    try:
        if act == "publish":
            with trial_runner() as runner:
                given = {"script": values["script"], "note": values["note"], "actor": actor}
                codec = codec_publish(model=model, runner=runner, **given)
            bench.said, bench.done = [_("Version %(n)d decodes now.") % {"n": codec.version}], True
        elif act == "examples":
            examples = bench_of(model).examples
            with trial_runner() as runner:
                bench.results = examples_run(script=values["script"], examples=examples, runner=runner)
        else:
            bench.tried = codec_try(**{n: values[n] for n in ("call", "script", "given", "f_port")})
            if act == "keep":
                bench.said = [_kept(model, values, bench.tried, actor)]
    except ExamplesFail as error:
        bench.results = error.results
        bench.form.refuse(error)
    except DomainError as error:
        bench.form.refuse(error)


def _kept(model: DeviceModel, values: dict[str, Any], tried: Tried, actor: Any) -> str:
    """What came out is an example from now on."""
    given = {name: values[name] for name in ("name", "given", "f_port")}
    example = example_save(example=example_of(model=model, tried=tried, **given), actor=actor)
    words = _("Kept as an example: “%(name)s”. Each new version has to agree with it.")
    return words % {"name": example.name}


def _set_state(model: DeviceModel, posted: Mapping[str, str], state: str, actor: Any) -> Bench:
    number = posted.get("version", "")
    wanted = int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else -1
    codec = CodecVersion.objects.filter(model=model, version=wanted).first()
    if codec is None:
        raise NotFound(_("This page does not exist."))
    bench = Bench(CodecForm(), done=True)
    try:
        codec_set_state(codec=codec, state=state, actor=actor)
    except DomainError as error:
        bench.refused = error.message
    else:
        now = bench_of(model).decoding
        words = _("Version %(n)d decodes now.") if now else _("No version decodes now.")
        bench.said = [words % {"n": now.version} if now else words]
    return bench


def _drop(model: DeviceModel, posted: Mapping[str, str], actor: Any) -> Bench:
    try:
        wanted = uuid.UUID(posted.get("example", ""))
    except ValueError:
        raise NotFound(_("This page does not exist.")) from None
    example = CodecExample.objects.filter(model=model, pk=wanted).first()
    if example is None:
        raise NotFound(_("This page does not exist."))
    example_delete(example=example, actor=actor)
    return Bench(CodecForm(), done=True, said=[_("The example is taken away.")])


def bench_context(*, model: DeviceModel, bench: Bench) -> dict[str, Any]:
    """What the templates of the workbench (``devices/bench/``) show."""
    kept, by_id = (
        bench.known or bench_of(model),
        {result.example.pk: result for result in bench.results or ()},
    )
    return {
        "model": model,
        "form": bench.form,
        "bench": kept,
        "stopped": kept.decoding is not None and kept.decoding.state == CodecState.QUARANTINED,
        "fault": fault_words(kept.decoding.fault) if kept.decoding else "",
        "rows": [ExampleRow(example, by_id.get(example.pk)) for example in kept.examples],
        "ran": bench.results is not None,
        "passed": sum(1 for result in bench.results or () if result.passed),
        "tried": bench.tried,
    }
