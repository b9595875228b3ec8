"""How is an outcome told, in the reader's language? (C5)"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from keyaccount.language import message
from keyaccount_web.shell.templatetags.pages import lang


@dataclass(frozen=True)
class Shown:
    """An outcome as pages take it."""

    branches: list[dict[str, Any]]
    tiers: list[dict[str, Any]]
    totals: dict[str, Any]
    problems: list[str]
    """Each in a sentence, with what to do."""
    capacity: float


def shown_outcome(told: dict[str, Any]) -> Shown:
    return Shown(
        branches=[_money(row) for row in told["branches"]],
        tiers=told["tiers"],
        totals=_money(told["totals"]),
        problems=[problem_text(one["code"], one["values"]) for one in told["problems"]],
        capacity=told["capacity"],
    )


def _money(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "cost": None if row.get("cost") is None else Decimal(str(row["cost"]))}


def problem_text(code: str, values: dict[str, Any]) -> str:
    """Codes of tier, touch and period as words."""
    told = dict(values)
    for name, prefix in (("tier", "tier"), ("touch", "standard.touch"), ("period", "standard.period")):
        if name in told:
            told[name] = message(f"{prefix}.{told[name]}", lang())
    if "there" in told:
        told["there"] = Decimal(str(told["there"]))
    return message(code, lang(), **told)


def asked_texts(asked: dict[str, Any]) -> list[str]:
    """What a plan has otherwise, one sentence each."""
    told = []
    if asked["more"]:
        code = "scenario.told.more_of_tier" if asked["tier"] else "scenario.told.more"
        tier = message(f"tier.{asked['tier']}", lang()) if asked["tier"] else ""
        told.append(message(code, lang(), n=asked["more"], tier=tier))
    told += [
        message(f"scenario.told.{name}", lang(), value=asked[name])
        for name in ("skill", "support")
        if Decimal(asked[name]) != 1
    ]
    for key, times in asked["times"].items():
        tier, touch = key.split(".")
        values = {
            "tier": message(f"tier.{tier}", lang()),
            "touch": message(f"standard.touch.{touch}", lang()),
        }
        told.append(message("scenario.told.times", lang(), **values, n=times))
    told += [
        message("scenario.told.changed", lang(), name=message(f"scenario.{name}", lang()), value=value)
        for name, value in asked["changed"].items()
    ]
    return told or [message("scenario.told.nothing", lang())]
