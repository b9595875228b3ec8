"""What is asked again and again within one request, and need be looked up once?

@once_a_request
def current_run() -> Run | None: …

Outside of a request (a worker, a test that calls a service) it is asked each time.
"""

from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_kept: ContextVar[dict[Any, Any] | None] = ContextVar("kept_in_request", default=None)


class Once(Generic[P, T]):
    """A function whose answers are kept until the request ends, or `forget` is called by who changes what it reads."""

    def __init__(self, ask: Callable[P, T]) -> None:
        self._ask = ask
        wraps(ask)(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        kept = _kept.get()
        if kept is None:
            return self._ask(*args, **kwargs)
        mine = kept.setdefault(self, {})
        key = (args, tuple(sorted(kwargs.items())))
        if key not in mine:
            mine[key] = self._ask(*args, **kwargs)
        answer: T = mine[key]
        return answer

    def forget(self) -> None:
        (_kept.get() or {}).pop(self, None)


def once_a_request(ask: Callable[P, T]) -> Once[P, T]:
    """For what is the same for the whole of a request."""
    return Once(ask)


@contextmanager
def a_request() -> Any:
    """From here on answers are kept."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)
