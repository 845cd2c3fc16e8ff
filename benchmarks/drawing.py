"""Chance with weights."""

import random
from collections.abc import Mapping
from typing import TypeVar

ThingT = TypeVar("ThingT")


def drawn(weights: Mapping[ThingT, int]) -> ThingT:
    """One of these, each as often as its weight says."""
    return random.choices(list(weights), list(weights.values()))[0]  # noqa: S311 # no secret
