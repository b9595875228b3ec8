"""What stands on the tab of an account's kind and role: the scorecard, why, and what a person says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from keyaccount.find.kind_settings import KindSettings
from keyaccount.find.kinds import PARTS, scorecard
from keyaccount.language import message
from keyaccount.periods import year_ending
from keyaccount_web.find.models import KindDecision
from keyaccount_web.know.models import Account
from keyaccount_web.shell.templatetags.pages import lang

SHOWN_DECISIONS = 30
FROM_LEDGER = (
    *(
        "discounted",
        "price_driven",
        "narrow",
        "no_services",
        "services",
        "broad",
        "advice",
        "length",
        "regular",
    ),
)
FROM_RECORDS = {
    "few_touches": "account_activity",
    "expert_visits": "account_activity",
    "executives": "account",
    "proposals": "account_needs",
    "commitments": "account_plan",
    "joint_projects": "account_plan",
    "two_way": "account_kinds",
}
"""Part → page with its records, which is also where they are entered."""
ANCHORS = {"two_way": "#bought"}


@dataclass(frozen=True)
class PartShown:
    """One line of the scorecard."""

    name: str
    value: float | None
    weight: float
    text: str
    """What it is made of, or what is missing."""
    url: str
    """Its records; empty: there are none."""
    setting: str
    """Address of what must be set for it to be judged, for who may."""


@dataclass(frozen=True)
class CardShown:
    """The scorecard of one kind."""

    kind: str
    score: float | None
    confidence: float
    is_leader: bool
    parts: list[PartShown]


def cards(
    account: Account, row: Mapping[str, Any], settings: KindSettings, until: Any, *, may_set: bool
) -> list[CardShown]:
    """The three scorecards, the leading kind first."""
    year = year_ending(until)
    lines = f"{reverse('account_lines', args=[account.pk])}?from={year.begin}&to={year.until}&account={account.code}"
    told: dict[str, list[PartShown]] = {kind: [] for kind in PARTS}
    for part in scorecard(row, settings):
        url = ""
        if part.value is not None and part.part in FROM_LEDGER:
            url = lines
            if part.part == "length":
                url = f"{reverse('account_lines', args=[account.pk])}?to={year.until}&account={account.code}"
        elif part.part in FROM_RECORDS:
            url = reverse(FROM_RECORDS[part.part], args=[account.pk]) + ANCHORS.get(part.part, "")
        missing = part.value is None and may_set
        names = {
            "no_services": "service_categories",
            "services": "service_categories",
            "advice": "advice_categories",
        }
        setting = f"{reverse('settings')}#kinds.{names[part.part]}" if missing and part.part in names else ""
        told[part.kind].append(
            PartShown(part.part, part.value, part.weight, part.reason.text(lang()), url, setting)
        )
    found = [
        CardShown(kind, row[f"{kind}_score"], row[f"{kind}_confidence"], row["leader"] == kind, parts)
        for kind, parts in told.items()
    ]
    return sorted(found, key=lambda card: not card.is_leader)


def why_open(row: Mapping[str, Any], settings: KindSettings) -> str:
    """Why no kind was decided on; empty: one was."""
    if row["why_open"] is None:
        return ""
    leader = message(f"kind.{row['leader']}", lang()) if row["leader"] else ""
    values = {
        "leader": leader,
        "confidence": row["confidence"],
        "score": row["score"] or 0,
        "least": settings.open_below,
        "least_score": settings.least_score,
        "lead": settings.lead,
    }
    return message(f"kind.why_open.{row['why_open']}", lang(), **values)


@dataclass(frozen=True)
class PastDecision:
    """What somebody decided at some time."""

    entry: Any
    texts: list[str]
    reason: str


def past_decisions(decision: KindDecision | None, names: Mapping[str, str]) -> list[PastDecision]:
    """Newest first."""
    if decision is None:
        return []
    entries = decision.history.select_related("history_user").all()[:SHOWN_DECISIONS]
    return [PastDecision(entry, decision_texts(entry, names), entry.reason) for entry in entries]


def decision_texts(decision: Any, names: Mapping[str, str]) -> list[str]:
    """What a decision says, in words."""

    def said(name: str) -> str:
        value = decision.get(name) if isinstance(decision, Mapping) else getattr(decision, name, "")
        return str(value or "")

    told = []
    if said("kind"):
        told.append(f"{message('kinds.kind', lang())} → {message('kind.' + said('kind'), lang())}")
    if said("role"):
        told.append(f"{message('kinds.role', lang())} → {message('role.kind.' + said('role'), lang())}")
    if said("volume_class"):
        name = names.get(said("volume_class"), said("volume_class"))
        told.append(f"{message('kinds.class', lang())} → {name}")
    if said("route"):
        told.append(f"{message('kinds.route', lang())} → {message('route.' + said('route'), lang())}")
    return told
