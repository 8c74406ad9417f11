import pytest

from destination_keen.errors import (
    AuthenticationError,
    ConfigError,
    DestinationError,
    InternalError,
    InterruptedRunError,
    MalformedInputError,
    PermissionDeniedError,
    TransientError,
    UndeliverableError,
)


@pytest.mark.parametrize(
    ("error", "failure_type"),
    [
        (ConfigError, "config_error"),
        (AuthenticationError, "config_error"),
        (PermissionDeniedError, "config_error"),
        (TransientError, "transient_error"),
        (UndeliverableError, "transient_error"),
        (InternalError, "system_error"),
        (MalformedInputError, "system_error"),
    ],
)
def test_airbyte_learns_whether_a_person_has_to_act_or_a_retry_may_help(
    error: type[DestinationError], failure_type: str
) -> None:
    assert error("What happened.").failure_type == failure_type
    assert error("What happened.").exit_code == 1


def test_the_engineer_reads_the_message_again_where_there_is_nothing_to_add() -> None:
    assert ConfigError("for the user", "for the engineer").internal_message == "for the engineer"
    assert ConfigError("for the user").internal_message == "for the user"
    assert str(ConfigError("for the user", "for the engineer")) == "for the user"


def test_an_error_that_nobody_foresaw_tells_its_place_and_not_its_text() -> None:
    def break_on(record: str) -> None:
        raise KeyError(record)

    email = "@".join(["ann", "example.com"])
    with pytest.raises(KeyError) as caught:
        break_on(email)
    error = InternalError.unexpected(caught.value)
    assert error.failure_type == "system_error"
    assert "KeyError" in error.internal_message
    assert "break_on" in error.internal_message
    assert "test_errors.py" in error.internal_message
    assert email not in error.message + error.internal_message + repr(error)


@pytest.mark.parametrize(("number", "name", "exit_code"), [(15, "SIGTERM", 143), (2, "SIGINT", 130)])
def test_a_run_that_a_signal_ended_has_the_exit_code_that_shells_expect(number: int, name: str, exit_code: int) -> None:
    error = InterruptedRunError(number, name)
    assert error.exit_code == exit_code
    assert error.failure_type == "transient_error"
    assert name in error.message


def test_the_tree_in_the_docstring_names_every_class() -> None:
    from destination_keen import errors

    classes = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)}
    words = set((errors.__doc__ or "").replace("├── ", " ").replace("└── ", " ").split())
    assert classes <= words
