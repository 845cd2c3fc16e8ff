"""Fixtures for tests of mutations: a fake vendor and the writes it received."""

import pytest

from tests.commands.runners import vendor_with_one_write
from tests.fake_planner import PlanningProvider, StepRecorder


@pytest.fixture
def writes() -> StepRecorder:
    """The writes that the vendor received."""
    return StepRecorder()


@pytest.fixture
def vendor(writes: StepRecorder) -> PlanningProvider:
    """A vendor with every capability, whose plans consist of one write."""
    return vendor_with_one_write(writes)
