"""How do our dataclasses become plain data, as JSON keeps it, and the same dataclasses again?

Money stays a decimal to its last digit: it is written as text. Values whose kind no field tells (`Any`) are marked with it.
"""

import datetime as dt
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_MARKED: Mapping[str, Callable[[str], Any]] = {
    "$decimal": Decimal,
    "$date": dt.date.fromisoformat,
    "$moment": dt.datetime.fromisoformat,
}


def to_plain(value: Any) -> Any:
    """Dataclasses, mappings, tuples, decimals, dates as what JSON can hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_plain(one) for one in value]
    if isinstance(value, Decimal):
        return {"$decimal": f"{value:f}"}
    if isinstance(value, dt.datetime):
        return {"$moment": value.isoformat()}
    if isinstance(value, dt.date):
        return {"$date": value.isoformat()}
    return value


def from_plain(kind: type[T], told: Any) -> T:
    """A dataclass from plain data: what `to_plain` gave, or the looser JSON of a run (numbers and dates not marked).

    Fields that are missing take their presets; what is not a field is passed over, so that data kept by an older or a newer
    version can be read.
    """
    made: T = _made(kind, told)
    return made


def _made(kind: Any, told: Any) -> Any:
    if isinstance(told, Mapping) and len(told) == 1 and (mark := next(iter(told))) in _MARKED:
        return _MARKED[mark](told[mark])
    if told is None or kind is Any:
        return _unmarked(told)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _made(next(one for one in inner if one is not type(None)), told)
    if origin is tuple:
        return tuple(_made(inner[0], one) for one in told)
    if origin is not None and _is_mapping(origin):
        return {name: _made(inner[1], one) for name, one in told.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: _made(hints[name], one) for name, one in told.items() if name in hints})
    return told if origin is Literal else _simple(kind, told)


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _simple(kind: Any, told: Any) -> Any:
    if kind is Decimal:
        return Decimal(str(told))
    if kind in (dt.date, dt.datetime) and isinstance(told, str):
        return kind.fromisoformat(told)
    return float(told) if kind is float else told


def _unmarked(told: Any) -> Any:
    if isinstance(told, Mapping):
        return {name: _made(Any, one) for name, one in told.items()}
    return [_made(Any, one) for one in told] if isinstance(told, list) else told


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)
