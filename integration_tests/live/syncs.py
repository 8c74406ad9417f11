"""A small sync in each mode of the connector, and whether what it promises was seen in Keen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integration_tests.connector import Ended, record, run, state
from integration_tests.live.project import Project, listed

_RECORDS = 20


def _append(project: Project, method: str) -> str:
    stream = project.collection(f"append_{method}")
    ended = _sync(project, method, stream)
    return _told(ended, project, stream, _RECORDS)


def _verified(project: Project, method: str) -> str:
    stream = project.collection(f"verified_{method}")
    ended = _sync(project, method, stream, settings={"verify_delivery": True})
    return _told(ended, project, stream, _RECORDS)


def _deduplicated(project: Project, method: str) -> str:
    stream = project.collection(f"deduplicated_{method}")
    settings = {"deduplicate": True}
    first = _told(_sync(project, method, stream, settings=settings), project, stream, _RECORDS)
    second = _sync(project, method, stream, settings=settings)
    project.pause()
    return listed([f"first: {first}", f"the same again: {_told(second, project, stream, _RECORDS)}"])


def _overwritten(project: Project, method: str) -> str:
    stream = project.collection(f"overwritten_{method}")
    said = []
    for generation in (1, 2):
        ended = _sync(project, method, stream, mode="overwrite", generation=generation)
        said.append(f"generation {generation}: {_told(ended, project, stream, _RECORDS)}")
    generations = {event.get("_airbyte_generation_id") for event in project.events(stream)}
    return listed([*said, f"generations that are left: {sorted(map(str, generations))}"])


def _sync(
    project: Project,
    method: str,
    stream: str,
    *,
    mode: str = "append",
    generation: int = 1,
    settings: dict[str, Any] | None = None,
) -> Ended:
    catalog = {
        "streams": [
            {
                "stream": {"name": stream, "json_schema": {"properties": {"i": {"type": "integer"}}}},
                "destination_sync_mode": mode,
                "primary_key": [["i"]],
                "generation_id": generation,
                "minimum_generation_id": generation if mode == "overwrite" else 0,
                "sync_id": generation,
            }
        ]
    }
    complete = (
        b'{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1.0,'
        b'"stream_status":{"stream_descriptor":{"name":"%b"},"status":"COMPLETE"}}}' % stream.encode()
    )
    lines = [*(record(stream, i=number) for number in range(_RECORDS)), state(1, stream), complete]
    delivery = {"delivery": {**project.kafka_settings["delivery"], "method": method}}
    return run("write", project.settings | delivery | (settings or {}), catalog, lines)


def _told(ended: Ended, project: Project, stream: str, expected: int) -> str:
    project.until(lambda: project.count(stream) >= expected)
    errors = "; ".join(error["message"] for error in ended.errors) or "no error"
    return (
        f"exit code {ended.code}, {len(ended.states)} of 1 state, {errors}; {project.count(stream)} events are counted,"
        f" {expected} were sent"
    )


QUESTIONS: dict[str, Callable[[Project, str], str]] = {
    "A sync that appends": _append,
    "A sync with Verify Delivery": _verified,
    "A sync with Deduplicate, and once more": _deduplicated,
    "An overwrite, and another": _overwritten,
}
