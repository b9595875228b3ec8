"""What must not stand in a log? The tokens of links by which somebody comes in."""

import logging
import re

_SECRET = re.compile(r"(/(?:people/welcome|sign-in/password/reset/key)/)[^/\s]+")


class WithoutTokens(logging.Filter):
    """Paths of invitations and of forgotten passwords lose their last part; a refused form would tell them otherwise."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _SECRET.sub(r"\1…", record.getMessage()), ()
        return True
