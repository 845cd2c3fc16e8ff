"""The log: what it contains of other libraries, of warnings and of uncaught exceptions."""

import io
import json
import logging
import sys
import threading
import warnings
from io import StringIO
from typing import Any

import pytest
import structlog

from groupgate.app.logs import configure_logs
from groupgate.app.settings import Settings

JSON = Settings.model_construct(log_format="json")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the log, which is JSON, without the times."""
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    for line in logged:
        assert line.pop("timestamp")
    return logged


def fail() -> None:
    """Raise an exception."""
    raise ValueError("two\nlines")


def test_a_line_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers share standard error: what is written in parts mixes with the lines of others."""
    writes: list[str] = []
    stream = io.StringIO()
    monkeypatch.setattr(stream, "write", writes.append)
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logs(JSON)
    structlog.get_logger().warning("one")
    logging.getLogger("asyncio").warning("two")
    assert [json.loads(line)["event"] for line in writes] == ["one", "two"]
    assert all(line.endswith("\n") for line in writes)


def test_a_traceback_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(JSON)
    try:
        fail()
    except ValueError:
        logging.getLogger("asyncio").exception("Exception in ASGI application\n")
        structlog.get_logger().exception("request_failed", request_id="r")
    foreign, own = lines(capsys)
    tracebacks = [foreign.pop("exception"), own.pop("exception")]
    assert foreign == {
        "event": "Exception in ASGI application\n",
        "level": "error",
        "logger": "asyncio",
    }
    assert own == {"event": "request_failed", "level": "error", "request_id": "r"}
    for traceback in tracebacks:
        assert traceback.startswith("Traceback (most recent call last):\n")
        assert traceback.endswith("ValueError: two\nlines")


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(JSON)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    (line,) = lines(capsys)
    assert (line["logger"], line["level"]) == ("py.warnings", "warning")
    assert "DeprecationWarning: old" in line["event"]


def test_an_uncaught_exception_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """In the main thread, in another thread, and where Python can only ignore it."""
    configure_logs(JSON)
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    class Fragile:
        def __del__(self) -> None:
            fail()

    del [Fragile()][0]
    logged = lines(capsys)
    assert [(line["event"], line["level"]) for line in logged] == [
        ("uncaught_exception", "critical"),
        ("uncaught_exception", "critical"),
        ("unraisable_exception", "error"),
    ]
    assert all(line["exception"].endswith("ValueError: two\nlines") for line in logged)


def test_information_of_libraries_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Httpx would log the URL of every call."""
    configure_logs(JSON)
    logging.getLogger("httpx").info("HTTP Request: GET https://vendor.example")
    assert lines(capsys) == []


def test_configuring_again_does_not_double_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(JSON)
    configure_logs(JSON)
    logging.getLogger("asyncio").warning("once")
    assert [line["event"] for line in lines(capsys)] == ["once"]


def test_text_has_the_same_content(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings.model_construct(log_format="text"))
    logging.getLogger("asyncio").warning("Invalid HTTP request received.")
    logged = capsys.readouterr().err
    assert "[warning  ] Invalid HTTP request received." in logged
    assert len(logged.splitlines()) == 1


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_line_and_its_end_are_one_write(monkeypatch: pytest.MonkeyPatch, log_format: str) -> None:
    """Several workers write to one file, and PYTHONUNBUFFERED makes each write a system call."""
    written: list[str] = []

    class Stream(StringIO):
        def write(self, text: str) -> int:
            written.append(text)
            return len(text)

    monkeypatch.setattr("sys.stderr", Stream())
    configure_logs(Settings.model_construct(log_format=log_format))
    structlog.get_logger().warning("own", number=1)
    logging.getLogger("library").warning("other")
    assert [text.count("\n") for text in written] == [1, 1]
    assert all(text.endswith("\n") for text in written)
