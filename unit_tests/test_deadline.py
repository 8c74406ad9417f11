import threading
import time
from collections.abc import Iterator

import pytest

from destination_keen.deadline import Deadline, within


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """An event that comes only when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_a_deadline_in_the_future_has_time_left_that_gets_less() -> None:
    deadline = Deadline(60)
    first = deadline.remaining
    assert 59 < first <= 60
    time.sleep(0.002)
    assert deadline.remaining < first
    assert not deadline.passed
    assert deadline.seconds == 60


@pytest.mark.parametrize("seconds", [0, -1, -0.5])
def test_a_deadline_that_has_passed_has_no_time_left(seconds: float) -> None:
    deadline = Deadline(seconds)
    assert deadline.passed
    assert deadline.remaining == 0.0


def test_a_deadline_passes() -> None:
    deadline = Deadline(0.05)
    assert not deadline.passed
    time.sleep(deadline.remaining)
    assert deadline.passed


@pytest.mark.parametrize("result", ["answer", None, False])
def test_a_call_in_time_gives_what_the_function_gives(result: object) -> None:
    assert within(10, lambda: result) is result


def test_a_call_that_fails_in_time_fails_with_its_own_error() -> None:
    error = OSError("no such host")

    def fail() -> None:
        raise error

    with pytest.raises(OSError, match="no such host") as caught:
        within(10, fail)
    assert caught.value is error


def test_a_call_that_takes_too_long_is_given_up(never: threading.Event) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"no answer within 0\.05 seconds"):
        within(0.05, never.wait)
    assert 0.05 <= time.monotonic() - started < 2


def test_a_call_that_was_given_up_does_not_keep_the_process_alive(never: threading.Event) -> None:
    callers: list[threading.Thread] = []

    def wait() -> bool:
        callers.append(threading.current_thread())
        return never.wait()

    with pytest.raises(TimeoutError):
        within(0.05, wait)
    assert [caller.daemon for caller in callers] == [True]
