import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from destination_keen.config import Limits
from destination_keen.errors import InternalError, UndeliverableError
from destination_keen.ledger import Share
from destination_keen.producer import Producer, Send, open_producer
from destination_keen.producer.http import HttpProducer
from unit_tests.bulk_api import Answer, BulkApi

SECONDS = 30.0


@contextmanager
def opened(keen: BulkApi, limits: Limits | None = None) -> Iterator[HttpProducer]:
    with closing(HttpProducer(keen.config, limits or Limits())) as producer:
        yield producer


def put(producer: Producer, send: Send, *values: bytes) -> None:
    end = time.monotonic() + SECONDS
    for value in values:
        while not send(value):
            assert time.monotonic() < end
            producer.poll(0.01)


def settle(producer: Producer) -> None:
    end = time.monotonic() + SECONDS
    while producer.in_flight:
        assert time.monotonic() < end
        producer.poll(0.01)


def sizes(keen: BulkApi) -> list[int]:
    return [sum(map(len, post.values())) for post in keen.posts]


def test_it_is_what_a_configuration_for_http_opens() -> None:
    with BulkApi() as keen, closing(open_producer(keen.config, Limits(), idempotence=True)) as producer:
        assert isinstance(producer, HttpProducer)


def test_events_of_several_collections_share_a_request_and_are_counted_where_they_belong() -> None:
    users, orders = Share(), Share()
    with BulkApi() as keen, opened(keen) as producer:
        put(producer, producer.sender("users", users), b'{"i":1}', b'{"i":2}')
        put(producer, producer.sender("orders", orders), b'{"i":3}')
        settle(producer)
    assert keen.bodies == [b'{"users":[{"i":1},{"i":2}],"orders":[{"i":3}]}']
    assert (users.delivered, orders.delivered) == (2, 1)


def test_a_request_holds_no_more_events_than_keen_recommends() -> None:
    share = Share()
    with BulkApi() as keen, opened(keen) as producer:
        put(producer, producer.sender("a", share), *[b"{}"] * 12_000)
        settle(producer)
    assert max(sizes(keen)) <= 5_000
    assert sum(sizes(keen)) == share.delivered == 12_000


def test_a_request_is_no_longer_than_keen_takes() -> None:
    share, value = Share(), b'{"x":"%b"}' % (b"x" * 800_000)
    with BulkApi() as keen, opened(keen) as producer:
        put(producer, producer.sender("a", share), *[value] * 20)
        settle(producer)
    assert max(map(len, keen.bodies)) <= 10_000_000
    assert len(keen.bodies) < 20
    assert share.delivered == 20


def test_few_requests_are_under_way_at_a_time() -> None:
    share = Share()
    with BulkApi(*[Answer(0)] * 9) as keen, opened(keen, Limits(delivery_timeout=300)) as producer:
        put(producer, producer.sender("a", share), *[b"{}"] * 45_001)
        end = time.monotonic() + SECONDS
        while keen.at_a_time < 4:
            assert time.monotonic() < end
            producer.poll(0.01)
        assert producer.in_flight == 45_001
        keen.released.set()
        settle(producer)
    assert 1 < keen.most_at_a_time <= 4
    assert share.delivered == 45_001


def test_i5_what_is_in_flight_is_bounded_while_keen_is_silent() -> None:
    share = Share()
    with BulkApi(Answer(0)) as keen, opened(keen, Limits(in_flight_records=10)) as producer:
        send = producer.sender("a", share)
        assert [send(b"{}") for _ in range(12)] == [True] * 10 + [False] * 2
        keen.released.set()
        settle(producer)
        assert send(b"{}")
    with BulkApi(Answer(0)) as keen, opened(keen, Limits(in_flight_bytes=100_000)) as producer:
        send = producer.sender("a", share)
        assert [send(b'"%b"' % (b"x" * 60_000)) for _ in range(4)] == [True, True, False, False]


def test_what_is_refused_is_a_failure_and_does_not_count_as_delivered() -> None:
    share = Share()
    refused = Answer(200, b'{"a":[{"success":true},{"success":false,"error":{"name":"InvalidEventError"}}]}')
    with BulkApi(refused) as keen, opened(keen) as producer:
        put(producer, producer.sender("a", share), b"{}", b"[]")
        settle(producer)
        assert isinstance(producer.failure, InternalError)
    assert share.delivered == 1


def test_i6_a_failure_surfaces_after_the_delivery_timeout(caplog: pytest.LogCaptureFixture) -> None:
    with BulkApi(always=lambda _: Answer(503)) as keen, opened(keen, Limits(delivery_timeout=1.0)) as producer:
        put(producer, producer.sender("a", Share()), b"{}")
        started = time.monotonic()
        settle(producer)
        assert time.monotonic() - started < 10
        assert isinstance(producer.failure, UndeliverableError)
        assert "for 1 seconds: it answered with status 503." in producer.failure.message
        assert "for 9 seconds: it answered with status 503." in str(producer.stalled(9))
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Keen's HTTP API did not confirm events and is asked again: it answered with status 503."
    ]


def test_the_first_failure_is_the_one_that_is_kept() -> None:
    with BulkApi(Answer(404), Answer(401)) as keen, opened(keen) as producer:
        for _ in range(2):
            put(producer, producer.sender("a", Share()), b"{}")
            settle(producer)
        assert producer.failure is not None
        assert '"Project ID"' in producer.failure.message
        assert len(keen.bodies) == 2


def test_before_any_answer_a_stalled_delivery_says_that_there_was_none() -> None:
    with BulkApi() as keen, opened(keen) as producer:
        assert "for 5 seconds: it did not answer." in str(producer.stalled(5))


def test_closing_waits_neither_for_keen_nor_for_what_is_queued() -> None:
    with BulkApi(always=lambda _: Answer(0)) as keen:
        producer = HttpProducer(keen.config, Limits())
        put(producer, producer.sender("a", Share()), *[b"{}"] * 50_000)
        end = time.monotonic() + SECONDS
        while keen.at_a_time < 4:
            assert time.monotonic() < end
            producer.poll(0.01)
        started = time.monotonic()
        producer.close()
        assert time.monotonic() - started < 10
        keen.released.set()
        posts = [thread for thread in threading.enumerate() if thread.name.startswith("keen-post")]
        assert len(posts) <= 4
        for post in posts:
            post.join(SECONDS)
            assert not post.is_alive()
        assert len(keen.bodies) == 4
