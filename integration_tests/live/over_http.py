"""Questions about Keen's HTTP API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integration_tests.live import cases
from integration_tests.live.project import ALWAYS, Project, listed, only

_TOKEN = "t" * 64
_PROPERTIES = 1_000


def _access(project: Project) -> str:
    collection = project.collection("access")
    project.record(collection, {"i": 1})
    counting = {"event_collection": collection, "timeframe": "this_1_days"}
    said = []
    for name, key in (
        ("writes", project.access_key("writes")),
        ("queries", project.access_key("queries")),
        ("nothing: a key that is none", "no-key-of-this-project"),
    ):
        answers = {
            "list the collections": project.ask("GET", "events", key=key, include_schema=False),
            "list the keys": project.ask("GET", "keys", key=key, per_page=1),
            "count": project.ask("POST", "queries/count", counting, key=key),
            "record": project.record(collection, {"i": 2}, key=key),
            "delete": project.delete(collection, key=key, filters=[only("i", "eq", -1)]),
        }
        said.append(f"a key that permits {name}: " + ", ".join(f"{what} {answer}" for what, answer in answers.items()))
    return listed(said)


def _verdicts(project: Project) -> str:
    collection = project.collection("http_rules")
    events = cases.events()
    small = {name: event for name, event in events.items() if name != "over 900,000 bytes"}
    together = project.record(collection, *small.values(), {"case": cases.LAST})
    verdicts = together.body.get(collection) if isinstance(together.body, dict) else None
    said = [f"one request with all of them: {together}"]
    if isinstance(verdicts, list) and len(verdicts) == len(small) + 1:
        said += [f"{name}: {_said(verdict)}" for name, verdict in zip(small, verdicts, strict=False)]
    for name in (*(small if len(said) == 1 else ()), "over 900,000 bytes"):
        said.append(f"{name}, alone: {_verdict(project.record(collection, events[name]), collection)}")
    for name, message in cases.BROKEN.items():
        answer = project.ask("POST", "events", b'{"%b":[%b]}' % (collection.encode(), message))
        said.append(f"{name}, alone: {_verdict(answer, collection)}")
    return listed(said)


def _tokens(project: Project) -> str:
    collection = project.collection("http_tokens")
    event = {"keen": {"uniqueness_token": _TOKEN}}
    first, second = project.record(collection, event), project.record(collection, event)
    project.until(lambda: project.count(collection) > 0)
    project.pause()
    twice = project.count(collection)
    answer = project.delete(collection)
    project.until(lambda: project.count(collection) == 0)
    project.record(collection, event, {"case": cases.LAST})
    project.until(lambda: project.count(collection, filters=[only("case", "eq", cases.LAST)]) > 0)
    project.pause()
    again = project.count(collection) - 1
    return (
        f"Sent twice: {_verdict(first, collection)}, then {_verdict(second, collection)}; {twice} stored."
        f" After a DELETE ({answer}) the same token again: {again} stored."
    )


def _timeframes(project: Project) -> str:
    collection = project.collection("timeframes")
    project.record(collection, {"i": 1})
    project.until(lambda: project.query("count", collection, timeframe="this_1_days").body.get("result", 0) > 0)
    frames = {
        "the years 1 to 9999": ALWAYS,
        "the years 1970 to 2100": {"start": "1970-01-01T00:00:00.000Z", "end": "2100-01-01T00:00:00.000Z"},
        "this_10_years": "this_10_years",
    }
    answers = {name: project.query("count", collection, timeframe=frame) for name, frame in frames.items()}
    return listed(f"{name}: {answer}, {answer.body.get('result')} of 1" for name, answer in answers.items())


def _missing(project: Project) -> str:
    collection = project.collection("missing")
    return (
        f"Count: {project.query('count', collection)}, extraction: {project.query('extraction', collection)}, DELETE:"
        f" {project.delete(collection)}, DELETE with filters:"
        f" {project.delete(collection, filters=[only('i', 'eq', 1)])}."
    )


def _deletes(project: Project) -> str:
    collection = project.collection("deletes")
    for batch in range(2):
        project.record(collection, *({"generation": batch, "meta": {"sync_id": batch}, "i": i} for i in range(10)))
    project.record(collection, *({"i": i} for i in range(10)))
    project.until(lambda: project.count(collection) >= 30)
    now = "9999-12-31T23:59:59.999Z"
    said = [f"30 events, of which {project.count(collection)} are counted"]
    for name, mark in (
        ("generation lt 1", [only("generation", "lt", 1)]),
        ("meta.sync_id eq 1", [only("meta.sync_id", "eq", 1)]),
        (
            "generation exists false, keen.created_at lt",
            [
                only("generation", "exists", False),
                only("keen.created_at", "lt", now),
            ],
        ),
    ):
        counted = project.query("count", collection, filters=mark)
        number = counted.body.get("result") if isinstance(counted.body, dict) else None
        answer = project.delete(collection, filters=mark, timeframe={"start": "0001-01-01T00:00:00Z", "end": now})
        said.append(f"{name}: counted {number} ({counted}), DELETE {answer}, left at once {project.count(collection)}")
    project.pause()
    said.append(f"left after {project.settle:g} s: {project.count(collection)}")
    known = any(each["name"] == collection for each in project.ask("GET", "events", include_schema=False).body)
    return listed([*said, f"the empty collection {'is' if known else 'is not'} listed"])


def _dates(project: Project) -> str:
    collection = project.collection("dates")
    addon = {"name": "keen:date_time_parser", "output": "parts"}
    events = [
        {"case": case, "keen": {"addons": [{**addon, "input": {"date_time": source}}]}}
        for case, source in (("with", "keen.timestamp"), ("without", "no.such.property"))
    ]
    answer = project.record(collection, *events)
    project.until(lambda: project.count(collection) >= 2)
    stored = {event["case"]: event.get("parts") for event in project.events(collection)}
    members = ", ".join(sorted(stored.get("with") or {})) or "none"
    return f"{answer}. Members: {members}. Without its input the event is {_there(stored)}."


def _properties(project: Project) -> str:
    collection = project.collection("properties")
    first = project.record(collection, {f"p{i}": i for i in range(_PROPERTIES - 10)})
    more = project.record(collection, {"case": cases.LAST, **{f"q{i}": i for i in range(20)}})
    project.until(lambda: project.count(collection) >= 1)
    project.pause()
    names = project.ask("GET", f"events/{collection}").body
    known = len(names.get("properties", {})) if isinstance(names, dict) else 0
    return (
        f"{_PROPERTIES - 10} properties: {_verdict(first, collection)}; 20 more: {_verdict(more, collection)}."
        f" {project.count(collection)} of 2 events are counted, {known} properties are in the schema."
    )


def _there(stored: dict[str, Any]) -> str:
    return f"stored, with {stored['without']} as output" if "without" in stored else "not stored"


def _verdict(answer: Any, collection: str) -> str:
    verdicts = answer.body.get(collection) if isinstance(answer.body, dict) else None
    return f"{answer}, " + (_said(verdicts[0]) if isinstance(verdicts, list) and verdicts else "no verdict")


def _said(verdict: Any) -> str:
    if not isinstance(verdict, dict):
        return "no verdict"
    error = verdict.get("error")
    return f"refused as {error.get('name')}" if isinstance(error, dict) else f"success {verdict.get('success')}"


QUESTIONS: dict[str, Callable[[Project], str]] = {
    "What may keys with one permission do, and with which status are they refused?": _access,
    "What verdict does each kind of event get over HTTP?": _verdicts,
    "Are uniqueness tokens honoured over HTTP, and do they outlive a DELETE?": _tokens,
    "Which timeframes may a query name?": _timeframes,
    "What do requests on a collection that does not exist answer?": _missing,
    "Which filters do count and DELETE understand, and when are deleted events gone?": _deletes,
    "What does the add-on keen:date_time_parser write?": _dates,
    "What happens at property number 1,001?": _properties,
}
