"""What would a director repeat of the list? Its figures as sentences, in Chinese and English."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.find.settings import FindSettings
from keyaccount.find.whale import Whale
from keyaccount.language import message
from keyaccount.periods import Period
from keyaccount.reasons import Reason

# From here on 80/20 is said to hold, or nearly to hold.
HOLDS_FROM = 0.8
NEARLY_FROM = 0.7
# Of fewer accounts the top fifth says nothing.
FEWEST_ACCOUNTS = 20


class Told(Protocol):
    """What sentences are made of: a `KeyAccountList`, or a `ListDocument` for a reader who may see the figures of the whole."""

    @property
    def settings(self) -> FindSettings: ...

    @property
    def summary(self) -> Any: ...

    @property
    def notes(self) -> Sequence[Reason]: ...


def year_name(period: Period, lang: str) -> str:
    """`2025 年` for a calendar year, otherwise its first and last day."""
    if (period.begin.month, period.begin.day) == (1, 1) and (period.until.month, period.until.day) == (
        12,
        31,
    ):
        return message("year.calendar", lang, year=period.begin.year)
    return message("year.span", lang, begin=period.begin, until=period.until)


def not_judged(result: Told) -> frozenset[str]:
    """Verdicts that could not be given for want of costs or of the year before: their 0 would mislead."""
    missing = {note.code for note in result.notes}
    return frozenset(
        verdict
        for verdict, code in (("profitless", "note.no_cost"), ("one_time", "note.history_short"))
        if code in missing
    )


def headline(result: Told, lang: str) -> str:
    """How many accounts carry the business, and how many of them only look as if they did."""
    summary = result.summary
    counted = [
        message(f"headline.{verdict}", lang, n=summary.verdicts[verdict])
        for verdict in ("key", "profitless", "big_ticket", "one_time")
        if summary.verdicts[verdict]
    ]
    year = year_name(summary.periods.year, lang)
    parts = ("，".join(counted) if lang == "zh" else ", ".join(counted)) if counted else ""
    sentence = message(
        f"headline.{result.settings.basis}",
        lang,
        year=year + (" " if lang == "zh" and year[-1].isdigit() else ""),
        accounts=summary.accounts,
        set_size=summary.set_size,
        share=result.settings.share,
        parts=message("headline.parts", lang, parts=parts) if parts else "",
    )
    if summary.verdicts["rising"]:
        sentence += ("" if lang == "zh" else " ") + message(
            "headline.rising", lang, n=summary.verdicts["rising"]
        )
    return sentence


def concentration_sentence(result: Told, lang: str) -> str:
    """How far 80/20 holds here."""
    summary = result.summary
    return concentration_told(
        lang,
        accounts=summary.accounts,
        top_share=result.settings.top_share,
        top_accounts=summary.top_accounts,
        top_amount_share=summary.top_amount_share,
        gini=summary.gini,
    )


def concentration_told(
    lang: str,
    *,
    accounts: int,
    top_share: Decimal,
    top_accounts: int,
    top_amount_share: float | None,
    gini: float | None,
) -> str:
    """The same from figures that were kept."""
    share = top_amount_share or 0.0
    if accounts < FEWEST_ACCOUNTS:
        holds = "few"
    else:
        holds = "holds" if share >= HOLDS_FROM else "nearly" if share >= NEARLY_FROM else "not"
    return message(
        "concentration",
        lang,
        top=top_share,
        top_accounts=top_accounts,
        amount=share,
        gini=gini or 0.0,
        holds=message(f"concentration.{holds}", lang),
    )


def whale_sentence(told: Whale, lang: str) -> str:
    """What the accounts that lose money cost, and of how many nothing can be said."""
    values = {
        "peak": told.peak,
        "peak_accounts": told.peak_accounts,
        "tail": told.tail,
        "tail_accounts": told.tail_accounts,
        "profit": told.profit,
    }
    sentence = message("whale.sentence" if told.tail_accounts else "whale.no_tail", lang, **values)
    if told.unjudged_accounts:
        left_out = message("whale.left_out", lang, n=told.unjudged_accounts, sales=told.unjudged_sales)
        sentence += ("" if lang == "zh" else " ") + left_out
    return sentence


def department_sentence(result: Told, lang: str) -> str:
    """Whether a key account department pays (F9)."""
    summary, settings = result.summary, result.settings
    values = {"n": summary.verdicts["key"], "from": settings.department_from}
    if not summary.verdicts["key"]:
        return message("department.none", lang)
    if summary.department_pays:
        return message(
            "department.pays", lang, **values, managers=summary.managers, load=settings.accounts_per_manager
        )
    return message("department.not", lang, **values)


def reasons_text(result: KeyAccountList, row: dict[str, Any], lang: str) -> str:
    """All reasons of one account in a row, the deciding one first."""
    return joined(result.reasons(row), lang)


def joined(reasons: Sequence[Reason], lang: str) -> str:
    """Reasons in a row."""
    return ("；" if lang == "zh" else "; ").join(reason.text(lang) for reason in reasons)


def verdict_name(verdict: str, lang: str) -> str:
    return message(f"verdict.{verdict}", lang)


def shown_name(row: Mapping[str, Any]) -> str:
    """The account's name, or its id where it has none."""
    return str(row["account_name"] or row["account_id"])


def change(now: Any, before: Any) -> float | None:
    """Growth against the year before; None where there was nothing to grow from."""
    return float(now / before - 1) if before is not None and before > 0 else None


def month_name(month: dt.date) -> str:
    return month.strftime("%Y-%m")
