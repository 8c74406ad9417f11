import argparse

import pytest

from keen_sandbox.readings import Readings, add_options


def _read(*options: str) -> Readings:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return Readings.of(parser.parse_args(options))


def test_without_an_option_every_reading_is_the_usual_one() -> None:
    assert _read() == Readings(
        forbidden_status=403,
        missing_collection_status=404,
        tokens_outlive_deletes=False,
        no_kafka_tokens=False,
        string_units="codepoints",
    )


def test_every_reading_has_an_option() -> None:
    assert _read(
        "--forbidden-status=401",
        "--missing-collection-status=200",
        "--tokens-outlive-deletes",
        "--no-kafka-tokens",
        "--string-units=utf16",
    ) == Readings(
        forbidden_status=401,
        missing_collection_status=200,
        tokens_outlive_deletes=True,
        no_kafka_tokens=True,
        string_units="utf16",
    )


@pytest.mark.parametrize(
    "option", ["--forbidden-status=404", "--missing-collection-status=500", "--string-units=bytes"]
)
def test_a_reading_that_is_not_offered_is_refused(option: str) -> None:
    with pytest.raises(SystemExit):
        _read(option)


@pytest.mark.parametrize(
    ("text", "codepoints", "utf16"), [("", 0, 0), ("abc", 3, 3), ("é€", 2, 2), ("😀a", 2, 3), ("\ud800", 1, 1)]
)
def test_a_string_is_as_long_as_the_reading_counts(text: str, codepoints: int, utf16: int) -> None:
    assert Readings(string_units="codepoints").length(text) == codepoints
    assert Readings(string_units="utf16").length(text) == utf16
