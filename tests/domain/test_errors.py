"""The trees of errors and refusals, their messages and their defaults."""

import re
from itertools import pairwise
from sys import modules

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.errors import (
    Denied,
    GatewayError,
    Malformed,
    Refused,
    Rejected,
    Throttled,
    TooManyCalls,
    Unavailable,
    Unreachable,
    Unsent,
    UpstreamError,
    WriteOutcome,
    clear_traceback,
)
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.domain.refusals import (
    Conflict,
    Incomplete,
    InvalidInput,
    NotFound,
    Refusal,
    Unsupported,
    UserErrorCode,
    not_found,
)

DODO = ProviderKey.DODO
GROUP = GroupRef(provider=DODO, collection_id="suite", native_id="monthly")


def drawn_tree(root: type) -> dict[str, str]:
    """Return the parent of each class in the tree that the docstring of the root's module draws."""
    module = modules[root.__module__]
    assert module.__doc__ is not None
    drawn = re.findall(r"^([ │├└─]*)(\w+)(?:  .*)?$", module.__doc__, re.MULTILINE)
    start = next(index for index, (_, name) in enumerate(drawn) if name == root.__name__)
    path = [root.__name__]
    parents = {}
    for indent, name in drawn[start + 1 :]:
        if not indent:
            break
        depth = len(indent) // 4
        path[depth:] = [name]
        parents[name] = path[depth - 1]
    return parents


def tree_of_classes(root: type) -> dict[str, str]:
    """Return the parent of each class of the root's module that is below the root."""
    return {
        kind.__name__: kind.__mro__[1].__name__
        for kind in vars(modules[root.__module__]).values()
        if isinstance(kind, type) and issubclass(kind, root) and kind is not root
    }


def test_the_tree_of_errors_is_the_one_in_the_docstring() -> None:
    tree = tree_of_classes(GatewayError)

    assert drawn_tree(GatewayError) == tree
    assert tree == {
        "Refused": "GatewayError",
        "UpstreamError": "GatewayError",
        "Unavailable": "UpstreamError",
        "Unsent": "Unavailable",
        "Unreachable": "Unsent",
        "Throttled": "UpstreamError",
        "TooManyCalls": "UpstreamError",
        "Denied": "UpstreamError",
        "Malformed": "UpstreamError",
        "Rejected": "Malformed",
        "Unconfirmed": "Malformed",
    }


def test_the_tree_of_refusals_is_the_one_in_the_docstring() -> None:
    tree = tree_of_classes(Refusal)

    assert drawn_tree(Refusal) == tree
    assert tree == dict.fromkeys(
        ["InvalidInput", "NotFound", "Conflict", "Unsupported", "Incomplete"], "Refusal"
    )


@pytest.mark.parametrize(
    ("kind", "is_retryable"),
    [
        (Unavailable, True),
        (Unsent, True),
        (Unreachable, True),
        (Throttled, True),
        (TooManyCalls, False),
        (Denied, False),
        (Malformed, False),
    ],
)
def test_an_upstream_error_has_a_vendor_a_message_and_a_retryable_flag(
    kind: type[UpstreamError], *, is_retryable: bool
) -> None:
    error = kind(DODO, "Dodo Payments failed.")

    assert (str(error), error.message, error.provider) == (
        "Dodo Payments failed.",
        "Dodo Payments failed.",
        DODO,
    )
    assert (error.retryable, error.retry_after, error.outcome) == (is_retryable, None, None)


def test_an_upstream_error_can_name_the_seconds_until_a_retry() -> None:
    assert Throttled(DODO, "Too many calls.", retry_after=2.5).retry_after == 2.5


def test_each_failure_has_its_own_cause_and_keeps_it() -> None:
    causes = [Unavailable(DODO, "Dodo Payments failed.").cause for _ in range(100)]
    error = Unavailable(DODO, "Dodo Payments failed.")

    assert all(re.fullmatch(r"[0-9a-f]{12}", cause) for cause in causes)
    assert all(one != other for one, other in pairwise(sorted(causes)))
    assert error.cause == error.cause


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        (ProviderKey.AXIM, "Axim Commerce rejected a call of the gateway with status 409."),
        (ProviderKey.DODO, "Dodo Payments rejected a call of the gateway with status 409."),
        (ProviderKey.TWO_CHECKOUT, "2Checkout rejected a call of the gateway with status 409."),
    ],
)
def test_a_rejected_call_names_the_vendor_and_the_status_but_not_the_body(
    provider: ProviderKey, message: str
) -> None:
    error = Rejected(provider, 409, b'{"secret": 1}')

    assert (error.message, error.status, error.body) == (message, 409, b'{"secret": 1}')
    assert error.json_path is None


def test_a_malformed_response_can_name_the_place_in_its_body() -> None:
    error = Malformed(DODO, "Dodo Payments returned no name.", json_path="$.items[0].name")

    assert (error.json_path, error.retry_after) == ("$.items[0].name", None)


def test_a_refused_mutation_has_the_messages_of_its_refusals() -> None:
    group, name = not_found(GROUP), Conflict(message="Taken.", code=UserErrorCode.TAKEN)

    error = Refused(group, name)

    assert error.refusals == (group, name)
    assert error.args == ("The group does not exist.", "Taken.")


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        (CollectionRef(provider=DODO, native_id="suite"), "The collection does not exist."),
        (GROUP, "The group does not exist."),
        (ProductRef(provider=DODO, native_id="a"), "The product does not exist."),
    ],
)
def test_a_missing_object_is_refused_with_a_message_that_names_its_kind(
    ref: Ref, message: str
) -> None:
    refusal = not_found(ref)

    assert refusal == NotFound(message=message, about=ref)
    assert (refusal.code, refusal.field) == (UserErrorCode.NOT_FOUND, None)


def test_refusals_with_one_possible_code_have_it_by_default() -> None:
    unsupported = Unsupported(message="", provider=DODO, capability=Capability.GROUP_ACCESS)

    assert not_found(GROUP).code is UserErrorCode.NOT_FOUND
    assert unsupported.code is UserErrorCode.UNSUPPORTED
    assert Incomplete(message="", is_retryable=True).code is UserErrorCode.INCOMPLETE
    assert Conflict(message="", code=UserErrorCode.STALE).conflicting_ref is None


def test_refusals_of_different_kinds_are_not_equal() -> None:
    invalid = InvalidInput(message="Taken.", code=UserErrorCode.TAKEN)
    conflict: Refusal = Conflict(message="Taken.", code=UserErrorCode.TAKEN)

    assert invalid == InvalidInput(message="Taken.", code=UserErrorCode.TAKEN)
    assert conflict != invalid


def test_write_outcomes_and_user_error_codes_have_their_names_as_values() -> None:
    assert [outcome.value for outcome in WriteOutcome] == ["NOT_APPLIED", "UNKNOWN"]
    assert all(code.value == code.name for code in UserErrorCode)
    assert len(UserErrorCode) == 13


def test_clearing_a_traceback_keeps_the_message_only() -> None:
    error = Unavailable(DODO, "Dodo Payments failed.")
    error.__cause__, error.__context__ = OSError(), OSError()
    with pytest.raises(Unavailable):
        raise error
    references: list[object] = [error.__traceback__, error.__cause__, error.__context__]
    assert None not in references

    clear_traceback(error)

    assert [error.__traceback__, error.__cause__, error.__context__] == [None] * 3
    assert error.message == "Dodo Payments failed."
