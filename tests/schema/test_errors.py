"""Top-level errors have a code, and errors of the gateway itself are masked and logged."""

from typing import Any

import pytest
from graphql import GraphQLError, build_schema, execute_sync, parse
from structlog.testing import capture_logs

from groupgate.schema.errors import bad_input, format_errors

SCHEMA = build_schema("type Query { number(first: Int! = 1): Int, numbers: [Int] }")


def errors_of(text: str, root: Any = None, **variables: Any) -> list[dict[str, Any]]:
    """Execute a document and return its formatted errors."""
    result = execute_sync(SCHEMA, parse(text), root, variable_values=variables)
    return format_errors(result.errors or (), "r1")


def raises_bad_input(*_args: object, **_kwargs: object) -> None:
    """Resolve a field by raising an error with a code."""
    raise bad_input("No.")


def test_an_error_keeps_its_code() -> None:
    (error,) = errors_of("{ number }", {"number": raises_bad_input})
    assert error == {
        "message": "No.",
        "locations": [{"line": 1, "column": 3}],
        "path": ["number"],
        "extensions": {"code": "BAD_USER_INPUT"},
    }


def test_an_error_in_an_argument_is_bad_user_input() -> None:
    (error,) = errors_of("query ($v: Int = 1) { number(first: $v) }", v=None)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == ["number"]


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("{ number }", {"number": "a"}),
        ("{ numbers }", {"numbers": 1}),
        ("{ numbers }", {"numbers": ["a"]}),
    ],
    ids=["scalar", "no list", "item"],
)
def test_a_result_of_the_wrong_type_is_a_masked_internal_error(
    text: str, root: dict[str, Any]
) -> None:
    with capture_logs() as logs:
        (error,) = errors_of(text, root)
    assert error["message"] == (
        "The gateway failed with an internal error. Its log contains this request id."
    )
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "r1"}
    assert [log["event"] for log in logs] == ["request_failed"]


def test_an_error_without_nodes_is_a_masked_internal_error() -> None:
    with capture_logs():
        (error,) = format_errors([GraphQLError("secret")], "r1")
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "r1"}
