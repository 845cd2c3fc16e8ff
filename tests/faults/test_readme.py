"""The table in the README is the one that the tests hold."""

from tests.faults.readme import README, render, table_of


def test_the_table_of_faults_is_in_step() -> None:
    """`python -m tests.faults.readme` writes it anew."""
    assert table_of(README.read_text(encoding="utf-8")) == render()
