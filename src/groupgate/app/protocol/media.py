"""Media types of answers, and which of them a client wants most."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Media(StrEnum):
    """What an answer may be written as, the one first that is taken if all are named alike."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    PAGE = "text/html"


# Clients that name no type, only `*/*`, know nothing of the newer type (`graphql-http` audits).
_UNNAMED = (Media.JSON, Media.GRAPHQL, Media.PAGE)
_NAMED = tuple(Media)

_EXACT = 2

_QUALITY = re.compile(r"0(\.[0-9]*)?|1(\.0*)?")


def preferred(accept: str, offers: Sequence[Media]) -> Media | None:
    """Return the offer that an Accept header prefers, None if it takes none of them."""
    ranges = list(_ranges(accept))
    if not ranges:
        return Media.JSON
    marks = {offer: _mark(offer, ranges) for offer in offers}
    best = max(offers, key=marks.__getitem__)
    quality, _, _ = marks[best]
    return best if quality > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    name: str
    quality: float

    @property
    def exactness(self) -> int:
        return _EXACT - self.name.count("*")

    def takes(self, media: Media) -> bool:
        major, _, _ = media.partition("/")
        return self.name in {media, f"{major}/*", "*/*"}


def _mark(offer: Media, ranges: Sequence[_Range]) -> tuple[float, int, int]:
    """The most exact range that takes an offer says how much it is wanted (RFC 9110, 12.5.1)."""
    fitting = [each for each in ranges if each.takes(offer)]
    if not fitting:
        return 0.0, 0, 0
    best = max(fitting, key=lambda each: (each.exactness, each.quality))
    order = _NAMED if best.exactness == _EXACT else _UNNAMED
    return best.quality, best.exactness, -order.index(offer)


def _ranges(accept: str) -> Iterator[_Range]:
    """Read the header; ranges of another charset, or with no decent quality, take nothing."""
    for part in accept.lower().split(","):
        name, *written = (piece.strip() for piece in part.split(";"))
        if not name:
            continue
        parameters = dict(_parameter(each) for each in written)
        quality = parameters.get("q", "1")
        if parameters.get("charset", "utf-8") != "utf-8" or not _QUALITY.fullmatch(quality):
            quality = "0"
        yield _Range(name=name, quality=float(quality))


def _parameter(written: str) -> tuple[str, str]:
    name, _, value = written.partition("=")
    return name.strip(), value.strip().strip('"')
