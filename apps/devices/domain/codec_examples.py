"""Examples of a model's codec: kept, and run as tests of a new version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line
from apps.devices.enums import Direction
from apps.devices.integrations.codec import CodecInput, CodecOutput, CodecRunner, EncodedOutput
from apps.devices.models import CodecExample, DeviceModel
from apps.devices.rules.codecs import Difference, differences, name_of

if TYPE_CHECKING:
    from apps.accounts.models import User

EXAMPLES_MOST: Final = 50
#: What ``recvTime`` is in an example, so that it gives the same each time.
EXAMPLE_TIME: Final = "2026-01-01T00:00:00+00:00"
#: Outputs that tell that a codec refuses a payload; a codec that hangs or breaks does not.
REFUSES: Final = "error"


@dataclass(frozen=True)
class ExampleResult:
    """What a version made of an example. ``output`` is None when it was not run."""

    example: CodecExample
    passed: bool
    output: CodecOutput | EncodedOutput
    differences: list[Difference] = field(default_factory=list)


def examples_run(
    *, script: str, examples: Sequence[CodecExample], runner: CodecRunner
) -> list[ExampleResult]:
    """Each of ``examples`` with ``script``; nothing is written. A codec that hangs costs seconds at most."""
    return [_run(script, example, runner) for example in examples]


def _run(script: str, example: CodecExample, runner: CodecRunner) -> ExampleResult:
    output: CodecOutput | EncodedOutput
    got: Any
    wanted = example.expected
    if example.direction == Direction.DOWN:
        encoded = runner.encode(name_of(script), script, wanted.get("data", {}))
        output, expected = encoded, {"bytes": example.payload, "fPort": example.f_port}
        got = {"bytes": encoded.bytes.hex(), "fPort": encoded.f_port or example.f_port}
    else:
        given = CodecInput(bytes.fromhex(example.payload), example.f_port, EXAMPLE_TIME)
        (decoded,) = runner.decode(name_of(script), script, [given], careful=True)
        output, expected = decoded, {"data": wanted.get("data"), "warnings": wanted.get("warnings", [])}
        got = {"data": decoded.values, "warnings": decoded.warnings}
    if wanted.get("fails"):
        return ExampleResult(example, output.failure == REFUSES, output)
    if output.failure:
        return ExampleResult(example, passed=False, output=output)
    found = differences(expected, got)
    return ExampleResult(example, not found, output, found)


@transaction.atomic
def example_save(*, example: CodecExample, actor: User | None) -> CodecExample:
    """Keep a new or changed example; raises ``InvalidInput`` and ``Conflict`` (too many)."""
    DeviceModel.objects.select_for_update().get(pk=example.model_id)
    example.name = clean_line(example.name)
    others = CodecExample.objects.filter(model=example.model_id).exclude(pk=example.pk)
    if example._state.adding and others.count() >= EXAMPLES_MOST:
        raise Conflict(_("A model has %(most)d examples at most.") % {"most": EXAMPLES_MOST})
    try:
        example.full_clean()
    except ValidationError as error:
        raise InvalidInput(_("Check what you entered."), fields=error.message_dict) from error
    example.save()
    record(action="codec_example.save", actor=actor, target=example, data={"model": str(example.model_id)})
    return example


@transaction.atomic
def example_delete(*, example: CodecExample, actor: User | None) -> None:
    """Take an example away."""
    record(action="codec_example.delete", actor=actor, target=example, data={"model": str(example.model_id)})
    example.delete()
