"""One JSON object a line, for machines that collect logs. It holds no question, no address and no path with an id."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from chatbot.serving.scope import REQUEST


class JSONLines(logging.Formatter):
    """A record as JSON: when, how grave, who says what, for which request, and the fields of `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := REQUEST.get():
            line["request_id"] = request
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def write_json() -> None:
    """Let everything that is logged from now on be JSON lines, each request one of them."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JSONLines())
    logging.getLogger("chatbot").setLevel(logging.INFO)
