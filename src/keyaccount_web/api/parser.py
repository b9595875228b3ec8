"""What is refused of a JSON body before anybody reads it? What is no JSON, and text that no database takes."""

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from keyaccount_web.api.problems import ApiError

DEEPEST = 20


class StrictParser(Parser):
    """No NaN, no half characters, no NUL, no towers of brackets."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            told = json.loads(request.body, parse_constant=_no_constant)
            _check(told, 0)
        except (ValueError, RecursionError) as error:
            raise ApiError("api.unreadable", status=400) from error
        if not isinstance(told, dict):
            raise ApiError("api.no_object", status=422)
        return told


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair raises UnicodeEncodeError, a ValueError
        if "\x00" in value:
            raise ValueError("NUL")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth + 1)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
