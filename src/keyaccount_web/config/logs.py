"""How does a line of the log look, and what must not stand in it? The tokens of links by which somebody comes in."""

import datetime as dt
import json
import logging
import re

_SECRET = re.compile(r"(/(?:people/welcome|sign-in/password/reset/key)/)[^/\s]+")


class WithoutTokens(logging.Filter):
    """Paths of invitations and of forgotten passwords lose their last part; a refused form would tell them otherwise."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _SECRET.sub(r"\1…", record.getMessage()), ()
        return True


class RefusalsInOneLine(logging.Filter):
    """Who may not see a page is no fault of the program: the line says so, without where in the program it was found."""

    def filter(self, record: logging.LogRecord) -> bool:
        from django.core.exceptions import PermissionDenied

        if record.exc_info and isinstance(record.exc_info[1], PermissionDenied):
            record.exc_info = None
        return True


class WithRequestId(logging.Filter):
    """Each line knows its request, or the request that started its task."""

    def filter(self, record: logging.LogRecord) -> bool:
        from keyaccount_web.operate.request_ids import current_id

        record.request_id = current_id() or "-"
        return True


class AsJson(logging.Formatter):
    """One JSON object a line, for what collects logs."""

    _TOLD = ("view", "method", "status", "milliseconds", "user")

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        told = {
            "at": at,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
            "process": record.process,
        }
        told |= {name: record.__dict__[name] for name in self._TOLD if name in record.__dict__}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)
