import threading
import time
from typing import Any

import pytest

from destination_keen.api import Api
from destination_keen.errors import (
    AuthenticationError,
    ConfigError,
    DestinationError,
    InternalError,
    PermissionDeniedError,
    UndeliverableError,
)
from destination_keen.producer.bulk import Bulk, Item, Verdict
from unit_tests.bulk_api import (
    CONTENT,
    ITEMS,
    SECONDS,
    SHARE,
    Answer,
    BulkApi,
    confirmed,
    delivered,
    delivering,
    error,
    failure,
    item,
    refusing,
    said,
)


def test_a_body_lists_the_events_by_collection_as_the_bytes_that_they_are() -> None:
    odd = Item("b", '{"t":"ü", "n":1.0e2}'.encode(), SHARE)
    with BulkApi() as keen:
        assert list(delivering(keen, [item(0), odd, item(2)])) == [Verdict([item(0), item(2), odd])]
    assert keen.bodies == ['{"a":[{"i":0},{"i":2}],"b":[{"t":"ü", "n":1.0e2}]}'.encode()]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(503, b"<html>"),
        error(503, CONTENT),
        Answer(504, b""),
        Answer(429, b'{"error_code":"TooMany"}'),
        Answer(408),
        Answer(302, b""),
        Answer(204, b""),
        Answer(200, b"<html>Log in to the network</html>"),
        Answer(200, b"[]"),
        Answer(200, b'{"created":true}'),
        Answer(201, confirmed({"a": [0, 2], "b": [1]}).body),
        said({"a": [{"success": True}], "b": []}),
        said({"a": [{"success": 1}, {"success": "true"}], "b": [None]}),
        said({"a": [{}, []], "b": [{"success": False}]}),
        said({"a": [refusing("InternalServerError")] * 2, "b": [refusing(f"Invalid {CONTENT}")]}),
    ],
    ids=str,
)
def test_an_answer_that_confirms_nothing_is_asked_again(answer: Answer) -> None:
    with BulkApi(answer) as keen:
        waiting, *verdicts = delivering(keen, ITEMS)
    assert (waiting.items, waiting.failure) == ((), None)
    assert CONTENT not in waiting.trouble
    assert delivered(verdicts) == [item(0), item(2), item(1, "b")]
    assert keen.bodies[0] == keen.bodies[1]


def test_only_what_was_not_confirmed_is_repeated() -> None:
    with BulkApi(said({"a": [{"success": True}, None], "b": []})) as keen:
        verdicts = list(delivering(keen, ITEMS))
    assert verdicts[0] == Verdict([item(0)])
    assert delivered(verdicts) == [item(0), item(2), item(1, "b")]
    assert keen.posts[1] == {"a": [{"i": 2}], "b": [{"i": 1}]}


def test_a_request_without_an_answer_is_repeated_byte_for_byte() -> None:
    with BulkApi(Answer(0)) as keen:
        verdicts = list(delivering(keen, ITEMS, seconds=3.0))
    assert delivered(verdicts) == [item(0), item(2), item(1, "b")]
    assert verdicts[0].trouble == "it cannot be reached (ReadTimeout)"
    assert keen.bodies[0] == keen.bodies[1]


def test_what_is_not_confirmed_in_time_fails_and_says_what_keen_did() -> None:
    with BulkApi(always=lambda _: error(503, "Unavailable")) as keen:
        verdicts = list(delivering(keen, ITEMS, seconds=0.5))
    assert isinstance(failure(verdicts), UndeliverableError)
    assert failure(verdicts).message.startswith(
        "Keen's HTTP API (https://keen) left events unconfirmed for 0.5 seconds: it answered with status 503"
        " (Unavailable)."
    )
    assert [*verdicts[-1].items] == ITEMS
    assert len(keen.bodies) == 2


def test_an_event_that_breaks_a_rule_fails_by_name_while_the_others_are_delivered() -> None:
    answer = said({"a": [{"success": True}, refusing("InvalidPropertyValueError")], "b": [{"success": True}]})
    with BulkApi(answer) as keen:
        verdicts = list(delivering(keen, ITEMS))
    assert delivered(verdicts) == [item(0), item(1, "b")]
    assert [*verdicts[-1].items] == [item(2)]
    assert isinstance(failure(verdicts), InternalError)
    assert 'refused an event of the collection "a" (InvalidPropertyValueError)' in failure(verdicts).message
    assert CONTENT not in failure(verdicts).message + failure(verdicts).internal_message


@pytest.mark.parametrize("code", ["NamespaceTypeError", "InvalidKeenNamespaceProperty", "InvalidEventError"])
def test_every_code_of_a_broken_rule_is_final(code: str) -> None:
    with BulkApi(said({"a": [refusing(code)]})) as keen:
        assert f"({code})" in failure(list(delivering(keen, [item(0)]))).message
    assert len(keen.bodies) == 1


def test_a_batch_that_is_too_large_goes_in_parts() -> None:
    def at_most_two(post: dict[str, list[Any]]) -> Answer:
        return Answer(413, b"<html>") if sum(map(len, post.values())) > 2 else confirmed(post)

    items = [item(number) for number in range(7)]
    with BulkApi(always=at_most_two) as keen:
        assert delivered(list(delivering(keen, items))) == items
    assert [len(post["a"]) for post in keen.posts] == [7, 3, 1, 2, 4, 2, 2]


def test_an_event_that_is_too_large_by_itself_fails() -> None:
    with BulkApi(always=lambda _: Answer(413)) as keen:
        verdicts = list(delivering(keen, ITEMS))
    assert isinstance(failure(verdicts), ConfigError)
    assert 'an event of the collection "a" as too large' in failure(verdicts).message
    assert sorted(verdicts[-1].items) == sorted(ITEMS)


def test_one_event_for_which_a_batch_is_refused_does_not_keep_those_before_it() -> None:
    def without_six(post: dict[str, list[Any]]) -> Answer:
        return error(400, "InvalidEventError") if {"i": 6} in post["a"] else confirmed(post)

    items = [item(number) for number in range(10)]
    with BulkApi(always=without_six) as keen:
        verdicts = list(delivering(keen, items))
    assert delivered(verdicts) == items[:6]
    assert sorted(verdicts[-1].items) == items[6:]
    assert 'refused an event of the collection "a" (InvalidEventError)' in failure(verdicts).message


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (error(401, "InvalidApiKeyError"), AuthenticationError, '"Master API Key"'),
        (Answer(401, b"<html>"), AuthenticationError, '"Master API Key"'),
        (error(403, CONTENT), PermissionDeniedError, '"Master API Key" may not record events'),
        (error(401, "AdminOnlyEndpointError"), PermissionDeniedError, '"Master API Key" may not record events'),
        (error(404, "ResourceNotFoundError"), ConfigError, '"Project ID"'),
    ],
)
def test_a_key_or_project_that_keen_refuses_fails_at_once(
    answer: Answer, kind: type[DestinationError], message: str
) -> None:
    with BulkApi(answer) as keen:
        verdicts = list(delivering(keen, ITEMS))
    assert type(failure(verdicts)) is kind
    assert message in failure(verdicts).message
    assert CONTENT not in failure(verdicts).message + failure(verdicts).internal_message
    assert [[*verdict.items] for verdict in verdicts] == [ITEMS]
    assert len(keen.bodies) == 1


def test_nothing_is_posted_once_it_was_told_to_stop() -> None:
    stop = threading.Event()
    with BulkApi(always=lambda _: Answer(503)) as keen:
        verdicts = Bulk(Api(keen.config, SECONDS), "https://keen", SECONDS, stop).deliver(ITEMS)
        assert next(verdicts).trouble == "it answered with status 503"
        stop.set()
        started = time.monotonic()
        assert list(verdicts) == []
        assert time.monotonic() - started < SECONDS / 3
    assert len(keen.bodies) == 1
