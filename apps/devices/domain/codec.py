"""Versions of codecs: published when they pass the examples, stopped, taken back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line
from apps.devices.domain.codec_examples import EXAMPLE_TIME, ExampleResult, examples_run
from apps.devices.enums import CodecState
from apps.devices.integrations.codec import CodecInput, CodecRunner
from apps.devices.models import CodecExample, CodecVersion, DeviceModel
from apps.devices.rules.codecs import clean_script, name_of
from apps.devices.signals import codec_changed

if TYPE_CHECKING:
    from apps.accounts.models import User

#: So many versions a company's own model keeps at most; none is ever deleted.
OWN_VERSIONS_MOST: Final = 200
logger = structlog.get_logger(__name__)
#: From a state to which others, and what the record calls it.
TRANSITIONS: Final[dict[tuple[CodecState, CodecState], str]] = {
    (CodecState.ACTIVE, CodecState.QUARANTINED): "codec.quarantine",
    (CodecState.QUARANTINED, CodecState.ACTIVE): "codec.release",
    (CodecState.ACTIVE, CodecState.WITHDRAWN): "codec.withdraw",
    (CodecState.QUARANTINED, CodecState.WITHDRAWN): "codec.withdraw",
    (CodecState.WITHDRAWN, CodecState.ACTIVE): "codec.use_again",
}
#: What a version may not do with an empty payload, which every network knows.
_ENDLESS: Final = ("timeout", "killed", "memory", "recursion")


class ExamplesFail(Conflict):
    """A new version does not agree with the examples; ``results`` holds what came of each."""

    code = "examples_fail"

    def __init__(self, results: list[ExampleResult]) -> None:
        failing = [result.example.name for result in results if not result.passed]
        text = ngettext(
            "%(count)d example is not met: %(names)s. The version was not published.",
            "%(count)d examples are not met: %(names)s. The version was not published.",
            len(failing),
        )
        names = ", ".join(failing[:5])
        super().__init__(text % {"count": len(failing), "names": names}, data={"failing": failing})
        self.results = results


def codec_publish(
    *, model: DeviceModel, script: str, actor: User | None, note: str = "", runner: CodecRunner | None = None
) -> CodecVersion:
    """A new version of the model's codec, which decodes from now on. The text that decodes now adds none.

    It must run, and agree with every example: raises ``InvalidInput``, ``ExamplesFail``. The codec runs
    outside the transaction, in a child (``runner`` or one of its own).
    """
    text = _clean(script)
    examples = list(CodecExample.objects.filter(model=model))
    if runner is None:
        with CodecRunner() as own:
            _check(text, examples, own)
    else:
        _check(text, examples, runner)
    return _publish(model=model, script=text, actor=actor, note=clean_line(note)[:200], examples=examples)


def _clean(script: str) -> str:
    try:
        return clean_script(script)
    except ValidationError as error:
        raise InvalidInput(error.messages[0], fields={"script": error.messages}) from error


def _check(script: str, examples: list[CodecExample], runner: CodecRunner) -> None:
    (first,) = runner.decode(name_of(script), script, [CodecInput(b"", 1, EXAMPLE_TIME)])
    if first.failure == "no_function":
        words = _("There is no function decodeUplink in it.")
        raise InvalidInput(words, fields={"script": [words]})
    if first.failure == "syntax":
        words = _("This is no JavaScript: %(detail)s") % {"detail": first.detail}
        raise InvalidInput(words, fields={"script": [words]})
    if first.failure in _ENDLESS:
        words = _("It does not come to an end with an empty payload (%(failure)s).") % {
            "failure": first.failure
        }
        raise InvalidInput(words, fields={"script": [words]})
    results = examples_run(script=script, examples=examples, runner=runner)
    if not all(result.passed for result in results):
        raise ExamplesFail(results)


def _stamp(examples: list[CodecExample]) -> set[tuple[uuid.UUID, datetime]]:
    return {(example.pk, example.updated_at) for example in examples}


@transaction.atomic
def _publish(
    *, model: DeviceModel, script: str, actor: User | None, note: str, examples: list[CodecExample]
) -> CodecVersion:
    model = DeviceModel.objects.select_for_update().get(pk=model.pk)
    if _stamp(list(CodecExample.objects.filter(model=model))) != _stamp(examples):
        raise Conflict(_("The examples have changed meanwhile. Publish it again."), code="examples_changed")
    versions = CodecVersion.objects.filter(model=model)
    decoding, newest = versions.standing().first(), versions.order_by("-version").first()
    if decoding is not None and decoding.script == script and decoding.state == CodecState.ACTIVE:
        return decoding
    number = (newest.version if newest else 0) + 1
    if model.organization_id is not None and number > OWN_VERSIONS_MOST:
        words = _(
            "This model has %(most)d versions, which is the most. Make another model for what comes next."
        )
        raise Conflict(words % {"most": OWN_VERSIONS_MOST}, code="versions_most")
    codec = CodecVersion(model=model, version=number, script=script, note=note)
    codec.full_clean()
    codec.save()
    record(action="codec.publish", actor=actor, target=codec, data={"version": codec.version})
    codec_changed.send(sender=CodecVersion, model=model, actor=actor)
    return codec


@transaction.atomic
def codec_set_state(
    *, codec: CodecVersion, state: str, actor: User | None, fault: str = "", now: datetime | None = None
) -> CodecVersion:
    """Stop a version, release it, take it back (the one before it decodes then) or use it again.

    The only writer of the state; raises ``Conflict``.
    """
    codec = CodecVersion.objects.select_for_update().select_related("model").get(pk=codec.pk)
    action = TRANSITIONS.get((CodecState(codec.state), CodecState(state)))
    if action is None:
        words = _("Version %(version)d is “%(state)s” now. Load the page again.")
        raise Conflict(words % {"version": codec.version, "state": codec.get_state_display()})
    codec.state = state
    codec.stopped_at = (now or clock.now()) if state == CodecState.QUARANTINED else None
    codec.fault = clean_line(fault)[:300] if state == CodecState.QUARANTINED else ""
    codec.save(update_fields=["state", "stopped_at", "fault", "updated_at"])
    data: dict[str, Any] = {"version": codec.version}
    record(action=action, actor=actor, target=codec, data=data | ({"fault": codec.fault} if fault else {}))
    codec_changed.send(sender=CodecVersion, model=codec.model, actor=actor)
    return codec


def codec_quarantine(*, codec_id: uuid.UUID, fault: str, now: datetime | None = None) -> bool:
    """Stop a version that held up the others, for every process; False when another did so already."""
    codec = CodecVersion.objects.filter(pk=codec_id, state=CodecState.ACTIVE).first()
    if codec is None:
        return False
    try:
        codec_set_state(codec=codec, state=CodecState.QUARANTINED, actor=None, fault=fault, now=now)
    except Conflict:
        return False
    logger.warning("codec_quarantined", codec=str(codec_id), fault=fault)
    return True
