"""The portal's signs: small SVG drawings in currentColor, on a grid of 24."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.core.components.base import ComponentError

_LINE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
_WHITE = 'fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"'
_DISC = '<circle cx="12" cy="12" r="11" fill="currentColor"/>'


def _disc(sign: str) -> str:
    return f"{_DISC}<path {_WHITE} d='{sign}'/>"


def _bars(level: int) -> str:
    bars = []
    for index in range(4):
        height = 6 + index * 5
        fill = "currentColor" if index < level else "none"
        edge = "currentColor" if index < level else "#666"
        bars.append(
            f'<rect x="{1 + index * 8.5}" y="{23 - height}" width="6.5" height="{height}" fill="{fill}" '
            f'stroke="{edge}" stroke-width="1.6"/>'
        )
    return "".join(bars)


#: name → (drawing, width of the box; its height is 24)
ICONS: dict[str, tuple[str, int]] = {
    name: (drawing, 24)
    for name, drawing in {
        "check-disc": _disc("M7 12.5l3.4 3.400L17 8.800"),
        "disc": _DISC,
        "dashed-ring": (
            '<circle cx="12" cy="12" r="9.500" fill="none" stroke="currentColor" stroke-width="2.4" '
            'stroke-dasharray="3.400 2.569"/>'
        ),
        "clock-disc": _disc("M12 6.500V12l4 2.500"),
        "dots-disc": _DISC
        + "".join(f'<circle cx="{x}" cy="12" r="1.800" fill="#fff"/>' for x in ("6.800", "12", "17.200")),
        "antenna": _disc("M12 11v7M8.200 14.300a5.400 5.400 0 010-7.600m7.600 0a5.400 5.400 0 010 7.600"),
        "antenna-about": (
            '<circle cx="12" cy="12" r="10" fill="#fff" stroke="currentColor" stroke-width="2" '
            'stroke-dasharray="3.400 2.569"/>'
            f'<path {_LINE} d="M12 11v7M8.200 14.300a5.400 5.400 0 010-7.600m7.600 0a5.400 5.400 0 010 7.600"/>'
        ),
        "hollow-square": f'<rect x="3.500" y="3.500" width="17" height="17" rx="2" {_LINE}/>',
        "triangle": (
            '<path d="M12 1.500L23.500 22H.5z" fill="currentColor"/>'
            f'<path {_WHITE} d="M12 9v6"/><circle cx="12" cy="18.600" r="1.500" fill="#fff"/>'
        ),
        "cross-square": (
            '<rect x="1" y="1" width="22" height="22" rx="3" fill="currentColor"/>'
            f'<path {_WHITE} d="M7.500 7.500l9 9m0-9l-9 9"/>'
        ),
        "pause-ring": (
            '<circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2.400"/>'
            '<path d="M9.600 8.500v7m4.800-7v7" stroke="currentColor" stroke-width="2.400"/>'
        ),
        "worked": _disc("M7.500 9.500h9m-9 5h9"),
        "partly": _disc("M7 10.300q2.500-2.600 5-.6t5-.8M7 15.300q2.500-2.600 5-.6t5-.8"),
        "not-worked": _disc("M7.500 9.500h9m-9 5h9M14.300 6.500l-4.600 11"),
        "stopped": _disc("M9.500 8v8m5-8v8"),
        "envelope": f'<path {_LINE} d="M2.500 5h19v14h-19zM3 5.500l9 8 9-8"/>',
        "search": f'<circle cx="10.500" cy="10.500" r="7" {_LINE}/><path {_LINE} d="M15.800 15.800L22 22"/>',
        "menu": f'<path {_LINE} d="M2 5h20M2 12h20M2 19h20"/>',
        "key-hole": f'<circle cx="7.500" cy="14.500" r="5" {_LINE}/><path {_LINE} d="M11 11L21 2.500m-3.500 3l3 3"/>',
        "pin": f'<path {_LINE} d="M12 22s-7-7-7-12a7 7 0 0114 0c0 5-7 12-7 12z"/><circle cx="12" cy="10" r="2.500" {_LINE}/>',
        "external": f'<path {_LINE} d="M14 3h7v7m0-7L11 13M18 14v7H3V6h7"/>',
        "plus": f'<path {_LINE} d="M12 4v16M4 12h16"/>',
        "download": f'<path {_LINE} d="M12 3v12m-5-5l5 5 5-5M3 21h18"/>',
    }.items()
}
ICONS.update({f"river-{level}": (_bars(level), 34) for level in range(1, 5)})


def icon_svg(name: str, size: str = "") -> SafeString:
    """The drawing ``name``; hidden from screen readers, for the word stands beside it."""
    if name not in ICONS:
        raise ComponentError(f"There is no icon {name!r}. There are: {', '.join(sorted(ICONS))}.")
    if size not in ("", "small", "large"):
        raise ComponentError(f"An icon's size is empty, 'small' or 'large', not {size!r}.")
    drawing, width = ICONS[name]
    return format_html(
        '<svg class="icon{}" viewBox="0 0 {} 24" aria-hidden="true" focusable="false">{}</svg>',
        f" icon-{size}" if size else "",
        width,
        mark_safe(drawing),
    )
