import base64
import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_keen.errors import ConfigError, DestinationError
from destination_keen.output import Output

SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=4, max_size=30)


class Pipe:
    """The two ends of a pipe, and what was written into it."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()

    def read(self) -> bytes:
        """Close the writing end, and give all that was written."""
        os.close(self.writing)
        with os.fdopen(self.reading, "rb") as file:
            return file.read()

    def messages(self) -> list[dict[str, Any]]:
        content = self.read()
        assert content.endswith(b"\n") or not content
        return [json.loads(line) for line in content.splitlines()]


@contextmanager
def _log_to(output: Output) -> Iterator[logging.Logger]:
    log = logging.getLogger("unit_tests.test_output")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(output)
    try:
        yield log
    finally:
        log.removeHandler(output)


def _forms(secret: str) -> list[str]:
    in_base64 = base64.b64encode(secret.encode()).decode()
    in_python = [repr(secret)[1:-1], repr(secret.encode())[2:-1]]
    in_json = json.dumps(secret)[1:-1]
    return [secret, quote(secret), quote(secret, safe=""), quote_plus(secret), in_base64, *in_python, in_json]


def test_lines_are_written_as_they_are_and_at_once() -> None:
    pipe = Pipe()
    output = Output(pipe.writing)
    output.lines([b'{"a": 1}', b"", "é".encode()])
    assert os.read(pipe.reading, 1_000) == '{"a": 1}\n\né\n'.encode()
    output.lines([])
    assert pipe.read() == b""


def test_lines_that_do_not_fit_into_the_pipe_at_once_come_whole() -> None:
    pipe = Pipe()
    os.set_blocking(pipe.writing, False)
    lines = [b"%d " % i + b"x" * 50_000 for i in range(20)]
    read: list[bytes] = []

    def read_all() -> None:
        while chunk := os.read(pipe.reading, 10_000):
            read.append(chunk)

    reader = threading.Thread(target=read_all)
    reader.start()
    Output(pipe.writing).lines(lines)
    os.close(pipe.writing)
    reader.join(10)
    os.close(pipe.reading)
    assert b"".join(read) == b"".join(line + b"\n" for line in lines)


def test_that_nobody_reads_any_more_is_an_error() -> None:
    pipe = Pipe()
    os.close(pipe.reading)
    with pytest.raises(BrokenPipeError):
        Output(pipe.writing).lines([b"x"])
    os.close(pipe.writing)


def test_a_failure_is_a_trace_with_a_sentence_for_the_user_and_one_for_the_engineer() -> None:
    pipe = Pipe()
    Output(pipe.writing).failure(ConfigError("Enter a key.", "no key\nat line 5"))
    [message] = pipe.messages()
    emitted_at = message["trace"].pop("emitted_at")
    assert 1.7e12 < emitted_at < 1e13
    assert message == {
        "type": "TRACE",
        "trace": {
            "type": "ERROR",
            "error": {
                "message": "Enter a key.",
                "internal_message": "no key\nat line 5",
                "failure_type": "config_error",
            },
        },
    }


@pytest.mark.parametrize(
    ("error", "message", "status"),
    [
        (None, None, {"status": "SUCCEEDED"}),
        (None, "A warning.", {"status": "SUCCEEDED", "message": "A warning."}),
        (ConfigError("Enter a key."), None, {"status": "FAILED", "message": "Enter a key."}),
        (ConfigError("Enter a key."), "A warning.", {"status": "FAILED", "message": "Enter a key."}),
    ],
)
def test_the_status_of_a_check(error: DestinationError | None, message: str | None, status: dict[str, str]) -> None:
    pipe = Pipe()
    Output(pipe.writing).status(error, message)
    assert pipe.messages() == [{"type": "CONNECTION_STATUS", "connectionStatus": status}]


@pytest.mark.parametrize(
    ("level", "name"),
    [(50, "FATAL"), (40, "ERROR"), (30, "WARN"), (20, "INFO"), (10, "DEBUG"), (5, "DEBUG"), (25, "DEBUG")],
)
def test_what_is_logged_is_a_message_with_airbytes_name_for_its_level(level: int, name: str) -> None:
    pipe = Pipe()
    with _log_to(Output(pipe.writing)) as log:
        log.setLevel(1)
        log.log(level, "%d records of “%s”", 5, "ü\n\t\0")
    assert pipe.messages() == [{"type": "LOG", "log": {"level": name, "message": "5 records of “ü\n\t\0”"}}]


def test_the_traceback_of_an_exception_is_not_logged_because_it_may_quote_a_record() -> None:
    pipe = Pipe()
    with _log_to(Output(pipe.writing)) as log:
        try:
            raise KeyError("ann@example.com")
        except KeyError:
            log.exception("It failed.")
    assert pipe.messages() == [{"type": "LOG", "log": {"level": "ERROR", "message": "It failed."}}]


@given(SECRETS, SECRETS, st.lists(st.text(max_size=5) | st.integers(0, 15), max_size=8))
@settings(deadline=None)
def test_no_form_of_a_secret_leaves(secret: str, other: str, parts: list[str | int]) -> None:
    forms = [*_forms(secret), *_forms(other)]
    text = "".join(part if isinstance(part, str) else forms[part] for part in parts)
    pipe = Pipe()
    output = Output(pipe.writing)
    output.hide(secret)
    output.hide(other)
    output.failure(ConfigError(text, text))
    output.status(ConfigError(text))
    output.status(None, text)
    with _log_to(output) as log:
        log.warning("%s", text)
    trace, failed, succeeded, logged = pipe.messages()
    error = trace["trace"]["error"]
    texts = [error["message"], error["internal_message"], logged["log"]["message"]]
    texts += [status["connectionStatus"]["message"] for status in (failed, succeeded)]
    assert not [form for form in forms for shown in texts if form in shown]


def test_around_a_secret_all_stays_readable() -> None:
    pipe = Pipe()
    output = Output(pipe.writing)
    output.hide("s3/cr+t")
    output.status(None, "s3/cr+t, s3%2Fcr%2Bt, s3/cr%2Bt and czMvY3IrdA== but not s3 or cr+t")
    assert pipe.messages()[0]["connectionStatus"]["message"] == "****, ****, **** and **** but not s3 or cr+t"


def test_a_secret_that_holds_another_is_masked_as_a_whole() -> None:
    pipe = Pipe()
    output = Output(pipe.writing)
    output.hide("s3cret")
    output.hide("s3cret-too")
    output.status(None, "s3cret-too and s3cret")
    assert pipe.messages()[0]["connectionStatus"]["message"] == "**** and ****"


def test_what_another_thread_logs_comes_out_whole_before_the_next_line_of_the_writer() -> None:
    pipe = Pipe()
    output = Output(pipe.writing)
    output.hide("s3cret")
    os.set_blocking(pipe.reading, False)
    with _log_to(output) as log:
        threads = [threading.Thread(target=log.warning, args=("%d s3cret", i)) for i in range(5)]
        for thread in threads:
            thread.start()
            thread.join()
    with pytest.raises(BlockingIOError):
        os.read(pipe.reading, 1)
    output.lines([b'{"type":"STATE"}'])
    os.set_blocking(pipe.reading, True)
    messages = pipe.messages()
    assert [message["log"]["message"] for message in messages[:-1]] == [f"{i} ****" for i in range(5)]
    assert messages[-1] == {"type": "STATE"}


def test_what_other_threads_log_without_end_is_bounded() -> None:
    pipe = Pipe()
    output = Output(pipe.writing)
    with _log_to(output) as log:

        def log_much() -> None:
            for i in range(3_000):
                log.info("%d", i)

        thread = threading.Thread(target=log_much)
        thread.start()
        thread.join()
    reader = threading.Thread(
        target=lambda: messages.extend(json.loads(line) for line in os.fdopen(pipe.reading, "rb"))
    )
    messages: list[dict[str, Any]] = []
    reader.start()
    output.lines([])
    os.close(pipe.writing)
    reader.join(10)
    assert [message["log"]["message"] for message in messages] == [str(i) for i in range(2_000, 3_000)]


def _status_after(secret: str, text: str) -> str:
    reading, writing = os.pipe()
    output = Output(writing)
    output.hide(secret)
    output.status(None, text)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        message: str = json.loads(file.read())["connectionStatus"]["message"]
    return message


def test_an_empty_secret_hides_nothing() -> None:
    assert _status_after("", "all well") == "all well"


def test_half_of_a_surrogate_pair_does_not_keep_a_message_back() -> None:
    assert _status_after("s3cret", "file \udcff of s3cret") == "file ? of ****"
    assert _status_after("\ud800", "all well") == "all well"
