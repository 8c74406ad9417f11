"""Questions about Keen's Kafka inbound cluster."""

from __future__ import annotations

from collections.abc import Callable

from destination_keen.config import Config
from destination_keen.errors import DestinationError
from destination_keen.probe import probe_idempotence, probe_kafka
from integration_tests.live import cases
from integration_tests.live.kafka import partitions, produce
from integration_tests.live.project import Project, listed, only

_SECONDS = 15.0
_TOKEN = "t" * 64


def _logins(project: Project) -> str:
    keys = {
        "the key of the configuration": project.config.api_key,
        "a key that is none": "no-key-of-this-project",
        "an access key that permits writes": project.access_key("writes"),
        "an access key that permits queries": project.access_key("queries"),
    }
    said = []
    for name, key in keys.items():
        try:
            probe_kafka(Config.parse(project.kafka_settings | {"api_key": key}), _SECONDS)
            said.append(f"{name}: yes")
        except DestinationError as error:
            said.append(f"{name}: no, {type(error).__name__} ({error.message})")
    return listed(said)


def _metadata(project: Project) -> str:
    collection = project.collection("metadata")
    count, error = partitions(project, collection)
    project.pause()
    known = any(each["name"] == collection for each in project.ask("GET", "events", include_schema=False).body)
    topic = f"The topic has {count} partitions" if count else f"There is no topic ({error})"
    return f"{topic}; a collection {'is' if known else 'is not'} listed after {project.settle:g} s."


def _latency(project: Project) -> str:
    collection = project.collection("latency")
    error = produce(project, collection, {"i": 1})
    seconds = project.until(lambda: project.count(collection) == 1)
    counted = "was not counted" if seconds is None else f"was counted {seconds:.1f} s after it was acknowledged"
    return f"Kafka answered {error or 'without an error'}; the event {counted}."


def _tokens(project: Project) -> str:
    collection = project.collection("kafka_tokens")
    event = {"keen": {"uniqueness_token": _TOKEN}}
    produce(project, collection, event, key=b"k")
    project.until(lambda: project.count(collection) > 0)
    produce(project, collection, event, {"case": cases.LAST}, key=b"k")
    project.until(lambda: project.count(collection, filters=[only("case", "eq", cases.LAST)]) > 0)
    project.pause()
    count = project.count(collection) - 1
    over_http = project.record(collection, event)
    project.pause()
    return (
        f"Sent twice over Kafka, {count} of 2 is stored. The same token over HTTP: answer {over_http},"
        f" {project.count(collection) - 1} stored."
    )


def _rules(project: Project) -> str:
    collection = project.collection("kafka_rules")
    events = cases.events()
    refused = {}
    for name, message in {**events, **cases.BROKEN}.items():
        error = produce(project, collection, message, key=b"k", message_max_bytes=2_000_000)
        if error:
            refused[name] = error
    produce(project, collection, {"case": cases.LAST}, key=b"k")
    came = project.until(lambda: project.count(collection, filters=[only("case", "eq", cases.LAST)]) > 0)
    project.pause()
    stored = {event.get("case"): event for event in project.events(collection)}
    said = [f"the event behind all of them: {'stored' if came is not None else 'not stored'}"]
    for name in [*events, *cases.BROKEN]:
        if name in refused:
            said.append(f"{name}: refused by Kafka ({refused[name]})")
        elif name in stored:
            said.append(f"{name}: stored{_kept(events[name], stored[name])}")
        else:
            said.append(f"{name}: acknowledged and dropped")
    return listed(said)


def _names(project: Project) -> str:
    whole = project.collection("names")
    names = {
        "64 characters": project.collection("names_" + "n" * (64 - len(whole) - 1)),
        "65 characters": project.collection("names_" + "n" * (65 - len(whole) - 1)),
        "_ in front": project.collection("names_front", before="_"),
        ". at the end": project.collection("names_end."),
    }
    errors = {name: produce(project, collection, {"i": 1}) for name, collection in names.items()}
    project.until(lambda: project.count(names["64 characters"]) > 0)
    project.pause()
    return listed(
        f"{name}: {errors[name] or 'acknowledged'}, {project.count(collection)} of 1 stored"
        for name, collection in names.items()
    )


def _cluster(project: Project) -> str:
    said = [f"idempotent producer: {'allowed' if probe_idempotence(project.config, _SECONDS) else 'refused'}"]
    for codec in ("none", "gzip", "lz4", "zstd"):
        collection = project.collection(f"codec_{codec}")
        error = produce(project, collection, *[{"i": i} for i in range(200)], compression_type=codec)
        project.until(lambda collection=collection: project.count(collection) >= 200)  # type: ignore[misc]
        said.append(f"compression {codec}: {error or 'acknowledged'}, {project.count(collection)} of 200 stored")
    for name, key in (("without a key", None), ("with one key", b"k")):
        collection = project.collection("order" + ("_key" if key else ""))
        produce(project, collection, *[{"i": i} for i in range(200)], key=key)
        project.until(lambda collection=collection: project.count(collection) >= 200)  # type: ignore[misc]
        by_storage = sorted(project.events(collection), key=lambda event: (event["keen"]["created_at"], event["i"]))
        ordered = [event["i"] for event in by_storage] == list(range(200))
        said.append(f"200 events {name}: stored {'in' if ordered else 'not in'} the order of sending")
    count, error = partitions(project, project.collection("order"))
    return listed([*said, f"partitions of a topic: {count or error}"])


def _late(project: Project) -> str:
    collection = project.collection("late")
    project.record(collection, {"i": 0})
    project.until(lambda: project.count(collection) > 0)
    produce(project, collection, *[{"i": i} for i in range(1, 101)])
    answer = project.delete(collection)
    at_once = project.count(collection)
    project.pause()
    return (
        f"DELETE right after 100 events were acknowledged: {answer}. Counted at once: {at_once}, after"
        f" {project.settle:g} s: {project.count(collection)}."
    )


def _kept(sent: dict[str, object], stored: dict[str, object]) -> str:
    keen = sent.get("keen")
    if isinstance(keen, dict) and "timestamp" in keen:
        found = stored.get("keen")
        return f" as {found.get('timestamp') if isinstance(found, dict) else found}"
    changed = [name for name in sent if name not in stored or stored[name] != sent[name]]
    return f", but changed in {len(changed)} properties" if changed else ""


QUESTIONS: dict[str, Callable[[Project], str]] = {
    "Which keys can log in to the Kafka cluster?": _logins,
    "Does asking for the partitions of a topic create it, or a collection?": _metadata,
    "How long does an event in a new collection take until it is counted?": _latency,
    "Are uniqueness tokens honoured over Kafka, and across both roads?": _tokens,
    "Which events are stored over Kafka, as what, and does a bad one block those behind it?": _rules,
    "Which names of collections does Kafka take that Keen does not?": _names,
    "What does the cluster allow: idempotence, compression, order, partitions?": _cluster,
    "Do events that were acknowledged before a DELETE arrive after it?": _late,
}
