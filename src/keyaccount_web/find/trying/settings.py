"""Which settings can be tried, how are they read from an address, kept with a run, and told apart?"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, cast

from django.http import QueryDict

from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.find.list_basis import ListBasis
from keyaccount.find.settings import Basis, FindSettings
from keyaccount.language import message
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.options import RunOptions, Service, options_of
from keyaccount_web.runs.services import settings_of
from keyaccount_web.shell.templatetags.pages import lang

LIST = "list"
"""Where a run keeps the basis of the list."""
SHARES = ("share", "big_ticket_share", "returning_share", "cost_coverage")
DAYS = ("one_time_days", "big_ticket_days")
_FIND = ("until", "basis", *SHARES, *DAYS)
_OPTIONS = ("groups", "service", "service_rate")
_WAYS = ("in_set", "monthly_spend_from", "standing", "mixed", "guards_apply")


@dataclass(frozen=True)
class TrySettings:
    """All that decides who would be on the list."""

    find: FindSettings = field(default_factory=FindSettings)
    options: RunOptions = field(default_factory=RunOptions)
    basis: ListBasis = field(default_factory=ListBasis)

    def differences(self, other: "TrySettings") -> tuple[str, ...]:
        """The names of the settings that differ, those that do not count left out."""
        return tuple(
            name
            for name in (*_FIND, *_OPTIONS, *_WAYS)
            if self._value(name) != other._value(name)
            and not (name == "service_rate" and {self.options.service, other.options.service} != {"rate"})
            and not (name == "mixed" and len(self.basis.ways) < 2 and len(other.basis.ways) < 2)
        )

    def with_one(self, name: str, other: "TrySettings") -> "TrySettings | None":
        """These settings with one as in `other`; None: that makes no list."""
        part = _part_of(name)
        try:
            changed = replace(getattr(self, part), **{name: other._value(name)})
            if name in ("service", "service_rate"):
                # A rate without the choice of it says nothing.
                changed = replace(
                    self.options, service=other.options.service, service_rate=other.options.service_rate
                )
            return replace(self, **{part: changed})
        except KeyAccountError:
            return None

    def _value(self, name: str) -> Any:
        return getattr(getattr(self, _part_of(name)), name)

    def kept(self) -> dict[str, Any]:
        """What a run keeps beside its own settings."""
        ways = {name: self._value(name) for name in _WAYS}
        spend = self.basis.monthly_spend_from
        return {
            **self.options.as_json(),
            LIST: {**ways, "monthly_spend_from": None if spend is None else str(spend)},
        }


def _part_of(name: str) -> Literal["find", "options", "basis"]:
    return "find" if name in _FIND else "options" if name in _OPTIONS else "basis"


def tried_of(run: Run | None) -> TrySettings:
    """The settings of a kept run; None, or one that says nothing of the list: the presets."""
    if run is None:
        return TrySettings()
    told = run.settings.get(LIST)
    basis = ListBasis()
    if told:
        spend = told["monthly_spend_from"]
        basis = ListBasis(**{**told, "monthly_spend_from": None if spend is None else Decimal(spend)})
    return TrySettings(settings_of(run), options_of(run), basis)


def tried(asked: QueryDict, start: TrySettings) -> TrySettings:
    """The settings of an address; what it does not name is as in `start`.

    Raises SettingError `setting.number`, `setting.date`, `setting.range`, `setting.choice`; ListError `list.no_way`.
    """
    if "basis" not in asked:  # the page as it is opened
        return start
    find: dict[str, Any] = {"until": _date(asked.get("until", "")), "basis": cast("Basis", asked["basis"])}
    find |= {name: _percent(asked, name) for name in SHARES if asked.get(name)}
    find |= {name: _whole(asked, name) for name in DAYS if asked.get(name)}
    options: dict[str, Any] = {
        "groups": "groups" in asked,
        "service": cast("Service", asked.get("service", "entered")),
    }
    if asked.get("service_rate"):
        options["service_rate"] = _percent(asked, "service_rate")
    spend = asked.get("monthly_spend_from", "") if "by_spend" in asked else ""
    basis = ListBasis(
        in_set="in_set" in asked,
        monthly_spend_from=_number(spend, "monthly_spend_from", "3000") if spend else None,
        standing="standing" in asked,
        mixed=cast("Literal['any', 'all']", asked.get("mixed", "any")),
        guards_apply="guards_apply" in asked,
    )
    return TrySettings(replace(start.find, **find), RunOptions(**options), basis)


def as_query(settings: TrySettings) -> Mapping[str, str]:
    """The same as fields of a form: `tried` reads it back."""
    told: dict[str, str] = {
        "basis": settings.find.basis,
        "service": settings.options.service,
        "mixed": settings.basis.mixed,
    }
    if settings.find.until:
        told["until"] = settings.find.until.isoformat()
    for name in SHARES:
        told[name] = _plain(getattr(settings.find, name) * 100)
    for name in DAYS:
        told[name] = str(getattr(settings.find, name))
    told["service_rate"] = _plain(settings.options.service_rate * 100)
    if settings.basis.monthly_spend_from is not None:
        told |= {"by_spend": "on", "monthly_spend_from": _plain(settings.basis.monthly_spend_from)}
    on = {
        "groups": settings.options.groups,
        "in_set": settings.basis.in_set,
        "standing": settings.basis.standing,
        "guards_apply": settings.basis.guards_apply,
    }
    return told | {name: "on" for name, is_on in on.items() if is_on}


def name_of(setting: str) -> str:
    """A setting in the reader's words."""
    return message(f"try.setting.{setting}", lang())


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _date(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise SettingError("setting.date", name=name_of("until"), value=text) from error


def _percent(asked: QueryDict, name: str) -> Decimal:
    return _number(asked.get(name, ""), name, "80") / 100


def _whole(asked: QueryDict, name: str) -> int:
    number = _number(asked.get(name, ""), name, "3")
    if number != int(number):
        raise SettingError("setting.number", name=name_of(name), example="3", value=asked.get(name))
    return int(number)


def _number(text: str, name: str, example: str) -> Decimal:
    try:
        number = Decimal(text.strip().replace(",", ""))
    except ArithmeticError as error:
        raise SettingError("setting.number", name=name_of(name), example=example, value=text) from error
    if not number.is_finite() or abs(number) > 10**12:
        raise SettingError("setting.number", name=name_of(name), example=example, value=text)
    return number
