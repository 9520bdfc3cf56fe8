"""How a component declares its props.

A component is a frozen dataclass: its fields are its props, a field without default is required,
``choices`` lists what a prop may be. ``render`` makes one from a tag's arguments and renders its
template with ``props`` (the component itself), so that a template can use properties too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, TypeVar

from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe


class ComponentError(ValueError):
    """A component was given props it does not declare, or not those it needs."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """Base of all components. ``body`` is what stands between the tags of a block component."""

    template: ClassVar[str]
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    #: Names of the page's context that the template also needs.
    from_context: ClassVar[tuple[str, ...]] = ()

    body: SafeString = SafeString("")

    def __post_init__(self) -> None:
        for name, allowed in self.choices.items():
            value = getattr(self, name)
            if value not in allowed:
                words = ", ".join(map(repr, allowed))
                raise ComponentError(f"{type(self).__name__}: {name}={value!r} must be one of {words}.")
        for declared in fields(self):
            required = declared.default is MISSING and declared.default_factory is MISSING
            if required and getattr(self, declared.name) in (None, ""):
                raise ComponentError(f"{type(self).__name__}: {declared.name} is empty.")


AnyComponent = TypeVar("AnyComponent", bound=Component)


def make(kind: type[AnyComponent], props: Mapping[str, Any]) -> AnyComponent:
    """The component ``kind`` with ``props``; raises ComponentError in words."""
    declared = {item.name: item for item in fields(kind)}
    unknown = sorted(set(props) - set(declared))
    if unknown:
        known = ", ".join(sorted(set(declared) - {"body"}))
        raise ComponentError(f"{kind.__name__} has no {', '.join(unknown)}. It has: {known}.")
    missing = [
        name
        for name, item in declared.items()
        if name not in props and item.default is MISSING and item.default_factory is MISSING
    ]
    if missing:
        raise ComponentError(f"{kind.__name__} needs {', '.join(missing)}.")
    return kind(**props)


def render(kind: type[Component], props: Mapping[str, Any], context: Context | None = None) -> SafeString:
    """The markup of a component."""
    component = make(kind, props)
    values: dict[str, Any] = {"props": component}
    for name in component.from_context:
        values[name] = context.get(name) if context is not None else None
    return mark_safe(render_to_string(component.template, values).strip())
