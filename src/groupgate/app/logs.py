"""Logging: structured events on standard error, as text or as JSON.

The lines of other libraries, Python's warnings and uncaught exceptions have the same format.
"""

import logging
import sys
import threading
from contextvars import ContextVar
from types import TracebackType
from typing import Final

import structlog
from structlog.contextvars import STRUCTLOG_KEY_PREFIX
from structlog.typing import Processor

from groupgate.app.settings import Settings

_HANDLER: Final = "groupgate"

_log = structlog.get_logger()


def log_field(name: str) -> ContextVar[str]:
    """Return a variable whose value every log line has while it is set.

    The same as `structlog.contextvars.bind_contextvars`, which takes ten times as long.
    """
    return ContextVar(f"{STRUCTLOG_KEY_PREFIX}{name}")


def configure_logs(settings: Settings) -> None:
    """Configure structlog and the standard library's logging for this process."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    is_json = settings.log_format == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # A line and its end in one write: workers write to the same file.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(processors, renderer, level)
    if is_json:
        sys.excepthook = _log_exception
        threading.excepthook = _log_thread_exception
        sys.unraisablehook = _log_unraisable


def uses_json() -> bool:
    """Return True if the log is configured as JSON."""
    return isinstance(structlog.get_config()["processors"][-1], structlog.processors.JSONRenderer)


def _configure_libraries(processors: list[Processor], renderer: Processor, level: int) -> None:
    """Write warnings and errors of libraries in the same format; their other lines are noise."""
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(_HANDLER)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *processors],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [*(one for one in root.handlers if one.name != _HANDLER), handler]
    root.setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def _log_exception(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    _log.critical("uncaught_exception", exc_info=(kind, error, traceback))


def _log_thread_exception(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _log_exception(args.exc_type, args.exc_value, args.exc_traceback)


def _log_unraisable(args: "sys.UnraisableHookArgs") -> None:
    # The object may be half destroyed, so its representation is the type only.
    _log.error(
        "unraisable_exception",
        object=type(args.object).__name__,
        exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
    )
