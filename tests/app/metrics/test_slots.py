"""Slots of shared memory: what a reader sees while another process writes."""

import subprocess
import sys
from typing import Final

import pytest

from groupgate.app.metrics import slots
from groupgate.app.metrics.slots import Slot


def test_a_slot_has_the_last_content() -> None:
    slot = Slot()
    assert not slot.is_written
    for content in (b"first", b"second, which is longer", b"third"):
        slot.write(content)
        assert slot.is_written
        assert slot.read() == content


def test_a_content_that_is_too_large_is_not_kept() -> None:
    slot = Slot()
    slot.write(b"small")
    slot.write(bytes(slots.HALF_BYTES))
    assert slot.read() == b"small"


@pytest.mark.parametrize("written", [4, 12, 20, 30])
def test_a_content_that_is_only_begun_leaves_the_one_before(written: int) -> None:
    """The writer has ended, or is interrupted, after so many bytes; the next one writes again."""
    slot, complete = Slot(), Slot()
    for content in (b"first", b"the last complete one"):
        slot.write(content)
        complete.write(content)
    complete.write(b"a content of which only a part was written")
    (changed,) = (one for one in (0, 1) if slot._halves[one][:99] != complete._halves[one][:99])
    slot._halves[changed][:written] = complete._halves[changed][:written]
    assert slot.read() == b"the last complete one"
    slot.write(b"next")
    assert slot.read() == b"next"


def test_another_process_reads_whole_contents_while_one_writes() -> None:
    """In a process of its own, as this one may have threads, which a fork does not copy."""
    with subprocess.Popen(
        [sys.executable, "-c", READER], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "26\n"
        assert reader.wait(timeout=60) == 0


READER: Final = """
import os, signal, time
from groupgate.app.metrics.slots import Slot

def content(number):
    return bytes([97 + number]) * (1 + 1000 * number)

slot = Slot()
slot.write(content(0))
child = os.fork()
while child == 0:
    for number in range(26):
        slot.write(content(number))
        time.sleep(0.0001)
seen = set()
until = time.monotonic() + 60
try:
    while len(seen) < 26 and time.monotonic() < until:
        found = slot.read()
        assert found == content(found[0] - 97)
        seen.add(found[0])
finally:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print(len(seen))
"""
