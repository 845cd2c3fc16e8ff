"""Parameters of a request, read from a URL or from a body."""

import pytest
from groupgate.app.protocol.request_error import UNREADABLE, RequestError

from groupgate.app.protocol.parameters import Parameters, from_body, from_url


def test_a_url_is_decoded_as_a_form_is() -> None:
    found = from_url(b"query=%7B+a%20%7D&operationName=%C3%84&variables=%7B%22a%22%3A1%7D&id=x&b=1")
    assert found == Parameters(query="{ a }", operation_name="Ä", variables={"a": 1}, id="x")


def test_empty_parameters_of_a_url_are_as_good_as_none() -> None:
    assert from_url(b"query=&operationName=&variables=&extensions=") == Parameters()


def test_null_in_a_url_is_a_name_but_no_variables() -> None:
    found = from_url(b"operationName=null&variables=null")
    assert found == Parameters(operation_name="null", variables=None)


def test_bytes_of_a_url_that_are_not_encoded_are_refused() -> None:
    with pytest.raises(RequestError) as caught:
        from_url(b"query=\xc3\xa4")
    assert caught.value.reason is UNREADABLE
    assert [error["message"] for error in caught.value.errors] == [
        "The URL must be percent-encoded UTF-8."
    ]


def test_null_in_a_body_is_as_good_as_nothing() -> None:
    body = b'{"query": null, "operationName": null, "variables": null, "extensions": null}'
    assert from_body(body) == Parameters()


def test_ids_of_documents_have_three_names() -> None:
    found = from_body(b'{"documentId": "a", "doc_id": "b", "id": "c"}')
    assert found == Parameters(document_id="a", doc_id="b", id="c")
