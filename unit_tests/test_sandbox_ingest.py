import asyncio
import time
from collections.abc import Callable

import pytest

from keen_sandbox.ingest import Ingest
from keen_sandbox.readings import Readings
from keen_sandbox.rules import Event
from keen_sandbox.store import Store

DAY = "2024-01-01T00:00:00.000Z"


def _counts(store: Store) -> tuple[int, int]:
    [(events,)] = store.select("SELECT count(*) FROM events")
    return events, len(store.dropped(None, 1_000_000))


async def _until(condition: Callable[[], bool]) -> None:
    async with _Timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


class _Timeout:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handle = asyncio.get_running_loop().call_later(self._seconds, task.cancel)

    async def __aexit__(self, *_: object) -> None:
        self._handle.cancel()


def test_accepted_messages_are_stored_or_kept_aside() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=0)
        running = asyncio.create_task(ingest.run())
        ingest.accept("users", b'{"a":1}')
        ingest.accept("users", b"broken")
        ingest.accept("users", None)
        assert ingest.backlog == 3
        await _until(lambda: ingest.backlog == 0)
        assert _counts(store) == (1, 2)
        ingest.accept("users", b"{}")
        await _until(lambda: ingest.backlog == 0)
        assert _counts(store) == (2, 2)
        await ingest.close()
        await running
        store.close()

    asyncio.run(scenario())


def test_nothing_is_visible_before_its_delay_is_over() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=0.3)
        running = asyncio.create_task(ingest.run())
        accepted = time.monotonic()
        ingest.accept("users", b"{}")
        await _until(lambda: ingest.backlog == 0)
        assert time.monotonic() - accepted >= 0.3
        assert _counts(store) == (1, 0)
        await ingest.close()
        await running
        store.close()

    asyncio.run(scenario())


def test_a_message_does_not_become_visible_with_one_that_came_before_it() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=0.4)
        running = asyncio.create_task(ingest.run())
        ingest.accept("users", b"{}")
        await asyncio.sleep(0.2)
        ingest.accept("users", b"{}")
        await _until(lambda: ingest.backlog < 2)
        assert ingest.backlog == 1
        assert _counts(store) == (1, 0)
        await ingest.close()
        await running
        store.close()

    asyncio.run(scenario())


def test_closing_stores_everything_without_waiting_for_the_delay() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=3_600)
        running = asyncio.create_task(ingest.run())
        await asyncio.sleep(0)
        for number in range(12_000):
            ingest.accept("users", b'{"n":%d}' % number)
        await asyncio.wait_for(ingest.close(), 30)
        assert ingest.backlog == 0
        assert running.done() or await asyncio.wait_for(running, 1) is None
        assert store.select("SELECT count(DISTINCT body ->> '/n') FROM events") == [(12_000,)]
        store.close()

    asyncio.run(scenario())


def test_closing_stores_everything_even_where_it_never_ran() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=0)
        ingest.accept("users", b"{}")
        await ingest.close()
        assert _counts(store) == (1, 0)
        store.close()

    asyncio.run(scenario())


def test_messages_are_stored_in_the_order_in_which_they_were_accepted() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=0)
        for number in range(100):
            ingest.accept("users", b'{"n":%d}' % number)
        await ingest.close()
        rows = store.select("SELECT CAST(body ->> '/n' AS INTEGER) FROM events ORDER BY rowid")
        assert rows == [(number,) for number in range(100)]
        store.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("values", [[b"{}", b"[]"], [b"{}", None], [b'{"a":1}  ']])
def test_there_is_room_until_the_backlog_reaches_one_of_its_bounds(values: list[bytes | None]) -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=3_600, most_messages=2, most_bytes=9)
        for value in values:
            await asyncio.wait_for(ingest.room(), 1)
            ingest.accept("users", value)
        waiting = [asyncio.create_task(ingest.room()) for _ in range(2)]
        done, _ = await asyncio.wait(waiting, timeout=0.05)
        assert not done
        await ingest.close()
        await asyncio.wait_for(asyncio.gather(*waiting), 10)
        store.close()

    asyncio.run(scenario())


def test_those_who_wait_for_room_do_not_all_get_it_at_once() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=0, most_messages=1)
        longest = 0

        async def send() -> None:
            nonlocal longest
            await ingest.room()
            ingest.accept("users", b"{}")
            longest = max(longest, ingest.backlog)

        running = asyncio.create_task(ingest.run())
        await asyncio.wait_for(asyncio.gather(*(send() for _ in range(20))), 30)
        await ingest.close()
        await running
        assert (longest, _counts(store)) == (1, (20, 0))
        store.close()

    asyncio.run(scenario())


def test_events_that_were_judged_already_are_stored_at_once_without_a_delay_and_later_with_one() -> None:
    async def scenario(delay: float) -> tuple[int, int]:
        store = Store(None)
        ingest = Ingest(store, delay)
        await ingest.record([Event("users", DAY, DAY, None, "{}")] * 2)
        visible, _ = _counts(store)
        waiting = ingest.backlog
        await ingest.close()
        assert _counts(store) == (2, 0)
        store.close()
        return visible, waiting

    assert asyncio.run(scenario(0)) == (2, 0)
    assert asyncio.run(scenario(3_600)) == (0, 2)


def test_events_that_were_judged_already_wait_for_room_too() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, delay=3_600, most_messages=1)
        ingest.accept("users", b"{}")
        recording = asyncio.create_task(ingest.record([Event("users", DAY, DAY, None, "{}")]))
        done, _ = await asyncio.wait([recording], timeout=0.05)
        assert not done
        await ingest.close()
        await asyncio.wait_for(recording, 10)
        assert ingest.backlog == 1
        store.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(("ignored", "stored"), [(False, (1, 1)), (True, (2, 0))])
def test_uniqueness_tokens_that_come_over_kafka_can_be_ignored(ignored: bool, stored: tuple[int, int]) -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, 0, Readings(no_kafka_tokens=ignored))
        for _ in range(2):
            ingest.accept("users", b'{"keen":{"uniqueness_token":"t"}}')
        await ingest.close()
        assert _counts(store) == stored
        store.close()

    asyncio.run(scenario())


def test_the_key_of_a_sender_fills_its_events_in() -> None:
    async def scenario() -> None:
        store = Store(None)
        ingest = Ingest(store, 0)
        ingest.accept("users", b'{"n":1}', {"owner": "us"})
        ingest.accept("users", b'{"n":2}')
        await ingest.close()
        assert store.select("SELECT body ->> '/owner' FROM events ORDER BY rowid") == [("us",), (None,)]
        store.close()

    asyncio.run(scenario())
