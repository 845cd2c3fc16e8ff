"""Responses: the media type that an Accept header prefers."""

import pytest

from groupgate.app.protocol.responses import Media, preferred_media

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
APOLLO = "application/graphql-response+json,application/json;q=0.9"
AXIOS = "application/json, text/plain, */*"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", Media.JSON),
        (" , ;q=1", Media.JSON),
        ("*/*", Media.JSON),
        ("application/*", Media.JSON),
        (AXIOS, Media.JSON),
        (APOLLO, Media.GRAPHQL),
        ("application/json, application/graphql-response+json", Media.GRAPHQL),
        ("application/json;q=0.9, application/graphql-response+json;q=0.8", Media.JSON),
        ("application/graphql-response+json, */*", Media.GRAPHQL),
        ("APPLICATION/GraphQL-Response+JSON", Media.GRAPHQL),
        ("application/json; charset=UTF-8", Media.JSON),
        ('application/graphql-response+json;charset="utf-8"', Media.GRAPHQL),
        ("application/graphql-response+json; charset=utf8", Media.GRAPHQL),
        ("application/json;version=1", Media.JSON),
        ("application/json;q=0, application/*", Media.GRAPHQL),
        ("application/json;q=0, */*;q=0.1", Media.GRAPHQL),
        ("*/*;q=0.9, application/json;q=0.1, application/graphql-response+json", Media.GRAPHQL),
        ("application/json;q=1.000", Media.JSON),
    ],
)
def test_programs_receive_the_type_they_prefer(accept: str, expected: Media) -> None:
    assert preferred_media(accept, (Media.GRAPHQL, Media.JSON)) is expected


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/*",
        "application/xml",
        "application/json;q=0",
        "*/*;q=0",
        "application/json;charset=utf-16",
        "application/json;q=2",
        "application/json;q=nan",
        "application/json;q=-1",
        "application/json;q=",
        "application",
        "json",
        "*",
        "application/json2",
        "application/vnd.api+json",
    ],
)
def test_no_offer_is_accepted(accept: str) -> None:
    assert preferred_media(accept, (Media.GRAPHQL, Media.JSON)) is None


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, Media.PAGE),
        ("text/html", Media.PAGE),
        ("text/*", Media.PAGE),
        ("text/html, application/json", Media.JSON),
        ("text/html;q=0.9, application/json", Media.JSON),
        ("application/json;q=0.8, text/html;q=0.9", Media.PAGE),
        ("*/*", Media.JSON),
        ("image/*, */*;q=0.8", Media.JSON),
        (APOLLO, Media.GRAPHQL),
    ],
)
def test_clients_that_prefer_html_receive_the_page(accept: str, expected: Media) -> None:
    assert preferred_media(accept, tuple(Media)) is expected
