"""A page of the documentation: the text of a template, with figures where it asks for them by $name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).with_name("templates")
_NOT_MEASURED = "\nNot measured yet: `make bench` fills this in.\n"


def fill(name: str, figures: Mapping[str, str]) -> str:
    """Make a page. A section for which a figure is missing says that it was not measured.

    Args:
        name: the template's file name.
        figures: texts by the name that the template has for them.
    """
    first, *others = (_FOLDER / name).read_text().split("\n## ")
    sections = [Template(first).substitute(figures)]
    for section in others:
        title, _, body = section.partition("\n")
        try:
            text = Template(body).substitute(figures)
        except KeyError:
            text = _NOT_MEASURED
        sections.append(f"{title}\n{text}")
    return "\n## ".join(sections)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a Markdown table whose columns but the first are set to the right."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
