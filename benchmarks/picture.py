"""A bar picture as SVG: names, bars and figures, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_WIDTH, _NAMES, _FIGURES = 860, 300, 110
_STEP, _BAR = 34, 22
_TOP = 44
_STYLE = """\
text { font: 14px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; }
.own { fill: #0a7d5a; }
.other { fill: #8c959f; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } }
"""


def bars(title: str, values: Sequence[tuple[str, float, bool]]) -> str:
    """Draw one horizontal bar for each value, the longest over the full width.

    Args:
        title: what the bars show, with the unit.
        values: name, length, and whether the bar stands out.

    Returns:
        The text of an SVG document.
    """
    largest = max((value for _, value, _ in values), default=1.0)
    room = _WIDTH - _NAMES - _FIGURES
    parts = []
    for number, (name, value, stands_out) in enumerate(values):
        top = _TOP + number * _STEP
        base, width, kind = top + 16, max(1.0, room * value / largest), "own" if stands_out else "other"
        parts += [
            f'<text x="{_NAMES - 10}" y="{base}" text-anchor="end">{escape(name)}</text>',
            f'<rect class="{kind}" x="{_NAMES}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="3"/>',
            f'<text x="{_NAMES + width + 8:.1f}" y="{base}">{value:,.0f}</text>',
        ]
    height = _TOP + len(values) * _STEP + 6
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{_STYLE}</style>",
            f'<text class="title" x="10" y="24">{escape(title)}</text>',
            *parts,
            "</svg>\n",
        ]
    )
