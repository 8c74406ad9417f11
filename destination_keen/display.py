"""A preview as people read it in a terminal: a table of the streams, and below it what was mended and an example.

Rich comes with the extra `preview`.
"""

from __future__ import annotations

import msgspec
from rich import box
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.table import Table

from destination_keen.collection import shown
from destination_keen.preview import Preview, StreamPreview

_LONGEST_LINE = 160
_MOST_LINES = 60
_highlight = JSONHighlighter()


def displayed(preview: Preview) -> str:
    """Give a preview as text as wide as the terminal on standard output, in colours if there is one.

    Long examples are shortened.
    """
    console = Console(markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        _print(console, preview)
    return "\n".join(line.rstrip() for line in captured.get().split("\n")).strip("\n")


def _print(console: Console, preview: Preview) -> None:
    table = Table("stream", "collection", "time from", box=box.SIMPLE_HEAD)
    for title in ("records", "by emitted_at", "mended"):
        table.add_column(title, justify="right")
    for stream in preview.streams:
        numbers = (stream.records, stream.timed_by_emitted_at, stream.mended)
        collection = f"{stream.collection} (replaced)" if stream.replaces else stream.collection
        table.add_row(_name(stream), collection, _printable(stream.timestamp), *(f"{number:,}" for number in numbers))
    console.print(table)
    for stream in preview.streams:
        if stream.changes:
            console.print(_changes(stream))
        if stream.example is not None:
            console.print(f"\nAn event of {_name(stream)}:")
            console.print(_highlight(_shortened(bytes(stream.example))), soft_wrap=True)


def _changes(stream: StreamPreview) -> Table:
    title = f"Mended in {_name(stream)}:"
    table = Table("field", "change", "reason", title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("records", justify="right")
    for each in stream.changes:
        table.add_row(_printable(each.field), each.change, each.reason, f"{each.records:,}")
    return table


def _name(stream: StreamPreview) -> str:
    return _printable(shown((stream.namespace, stream.stream)))


def _printable(text: str) -> str:
    # What others have written must not steer the terminal.
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _shortened(event: bytes) -> str:
    lines = msgspec.json.format(event, indent=2).decode().split("\n")
    kept = [line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…" for line in lines[:_MOST_LINES]]
    kept = [_printable(line) for line in kept]
    if len(lines) > _MOST_LINES:
        kept.append(f"… and {len(lines) - _MOST_LINES} lines more, which --json shows")
    return "\n".join(kept)
