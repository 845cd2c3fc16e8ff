"""Slots of shared memory: what a reader sees while another process writes."""

import subprocess
import sys
from typing import Final

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
    slot.write(bytes(slots.SLOT_BYTES // 2))
    assert slot.read() == b"small"


def test_a_process_that_ends_while_it_writes_leaves_the_content_before() -> None:
    """The next content is written beside it, and no header names that yet."""
    slot = Slot()
    slot.write(b"complete")
    half = slots._HEADER.unpack_from(slot._memory)[0]
    start = slots._HEADER.size + (1 - half) * slots._HALF
    slot._memory[start : start + 4] = b"part"
    assert slot.read() == b"complete"


def test_another_process_reads_whole_contents_while_one_writes() -> None:
    """In a process of its own, as this one may have threads, which a fork does not copy."""
    done = subprocess.run(
        [sys.executable, "-c", READER], check=True, capture_output=True, text=True
    )
    assert done.stdout == "26\n"


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
while len(seen) < 26 and time.monotonic() < until:
    found = slot.read()
    assert found == content(found[0] - 97)
    seen.add(found[0])
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
print(len(seen))
"""
