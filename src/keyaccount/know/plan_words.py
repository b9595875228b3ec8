"""How is a plan's document put into words: figures in their units, tables, one sentence for each part? (K8)"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from keyaccount.know.plan_document import CUSTOMER, CommitmentTold, GoalTold, PlanDocument
from keyaccount.know.plan_units import MONEY, unit_text
from keyaccount.language import message
from keyaccount.money import show_money

CHARTER = ("field_of_play", "value", "how", "gain", "three_years")
SITUATION = ("trends", "opportunities", "strengths", "vulnerability")


def amount_text(measure: str, unit: str, amount: Decimal | None, lang: str) -> str:
    """A figure of a goal in its unit: money, per cent, or a number with its unit."""
    if amount is None:
        return "—"
    if measure in MONEY:
        return show_money(amount, lang)
    if measure == "wallet":
        return f"{amount:.1%}"
    told = f"{amount.quantize(Decimal('0.1')).normalize():,f}"
    return f"{told} {unit_text(measure, unit, lang)}".strip()


@dataclass(frozen=True)
class Part:
    """A table with its title and sentence: heads with widths (shares), rows of text."""

    title: str
    sentence: str
    heads: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


class PlanWords:
    """A document in the reader's language."""

    def __init__(self, document: PlanDocument, lang: str) -> None:
        self.document, self.lang = document, lang
        self.is_for_customer = document.edition == CUSTOMER

    def text(self, code: str, **values: Any) -> str:
        return message(f"plan_paper.{code}", self.lang, **values)

    def field(self, code: str, **values: Any) -> str:
        return message(code, self.lang, **values)

    @property
    def title(self) -> str:
        return self.text(f"title.{self.document.edition}", year=self.document.year)

    @property
    def mark(self) -> str:
        """What stands on every page, so that nobody hands over the wrong one."""
        return self.text(f"mark.{self.document.edition}")

    @property
    def sales_sentence(self) -> str:
        """What the year's sales are beside the same months of the last; of a year that the ledger has not reached, nothing but that."""
        told = self.document
        if told.until.year < told.year:
            before = sum(told.sales_before, Decimal(0))
            return self.text(
                "sales_not_yet", year=told.year, until=told.until, last=told.year - 1, before=before
            )
        months = told.until.month if told.until.year == told.year else 12
        now, before = sum(told.sales[:months], Decimal(0)), sum(told.sales_before[:months], Decimal(0))
        values = {"year": told.year, "until": told.until, "now": now, "before": before}
        if before == 0:
            return self.text("sales_new", **values)
        if before < 0 or now < 0:  # returns outweigh sales: a rate of change would say nothing
            return self.text("sales_only", **values)
        change = float(now / before) - 1
        code = "sales_more" if change >= 0.0005 else "sales_less" if change <= -0.0005 else "sales_same"
        return self.text(code, **values, change=abs(change))

    @property
    def goals_sentence(self) -> str:
        standings = [one.standing for one in self.document.goals]
        reached = standings.count("reached")
        behind = sum(one in ("behind", "missed") for one in standings)
        return self.text("goals_sentence", n=len(standings), reached=reached, behind=behind)

    @property
    def commitments_sentence(self) -> str:
        told = self.document.commitments
        counts = {state: sum(one.state == state for one in told) for state in ("kept", "broken", "open")}
        return self.text("commitments_sentence", n=len(told), **counts)

    def goal_measure(self, one: GoalTold) -> str:
        measure = self.text(f"measure.{one.measure}")
        return f"{measure} · {one.goods}" if one.goods else measure

    def amount(self, one: GoalTold, amount: Decimal | None) -> str:
        return amount_text(one.measure, one.unit, amount, self.lang)

    def standing(self, code: str) -> str:
        return self.text(f"standing.{code}")

    def goals(self) -> Part:
        rows = tuple(
            (
                one.name, self.goal_measure(one), self.amount(one, one.base), self.amount(one, one.target),
                *self._by_now(one), self.standing(one.standing),
            )
            for one in self.document.goals
        )  # fmt: skip
        heads = ("goal", "measure", "base", "target", "by_now", "reached", "standing")
        return self._part("goals", self.goals_sentence, heads, (2.4, 1.5, 1.2, 1.2, 1.3, 1.2, 1.0), rows)

    def _by_now(self, one: GoalTold) -> tuple[str, str]:
        """What should be reached, and what is; nothing of a year without figures."""
        if one.standing == "to_come":
            return "—", "—"
        return self.amount(one, one.expected), self.amount(one, one.reached)

    def actions(self) -> Part:
        columns = ("what", "goal", "who", "due", "state", *(() if self.is_for_customer else ("result",)))
        rows = []
        for goal in self.document.goals:
            for one in goal.actions:
                result = () if self.is_for_customer else (one.result,)
                rows.append(
                    (one.what, goal.name, one.owner, f"{one.due}", self.text(f"action.{one.state}"), *result)
                )
        done = sum(one.state == "done" for goal in self.document.goals for one in goal.actions)
        widths = (2.6, 1.8, 0.9, 1.0, 0.8, 1.8)[: len(columns)]
        return self._part(
            "actions", self.text("actions_sentence", n=len(rows), done=done), columns, widths, tuple(rows)
        )

    def commitments(self) -> Part:
        columns: tuple[str, ...] = ("what", "side", "measure", "due", "state", "their_word", "agreed")
        rows: tuple[tuple[str, ...], ...] = tuple(self._commitment(one) for one in self.document.commitments)
        if not self.is_for_customer:
            columns = (*columns, "note")
            rows = tuple((*row, one.note) for row, one in zip(rows, self.document.commitments, strict=True))
        widths = (2.2, 0.9, 1.5, 1.0, 0.8, 0.9, 1.4, 1.4)[: len(columns)]
        return self._part("commitments", self.commitments_sentence, columns, widths, rows)

    def _commitment(self, one: CommitmentTold) -> tuple[str, ...]:
        # On paper for the customer "ours" would be read as theirs.
        sides = {"ours": "supplier", "theirs": "buyer"} if self.is_for_customer else {}
        side = self.text(f"side.{sides.get(one.side, one.side)}")
        their_word = self.text(f"word.{one.their_word}") if one.their_word else "—"
        agreed = f"{one.agreed_by} {one.agreed_on}" if one.agreed_by else "—"
        return (one.what, side, one.measure, f"{one.due}", self.text(f"word.{one.state}"), their_word, agreed)

    def risks(self) -> Part:
        grades = {1: "low", 2: "middle", 3: "high"}
        rows = tuple(
            (one.what, self.text(f"grade.{grades[one.likelihood]}"), self.text(f"grade.{grades[one.effect]}"), one.answer or "—", one.owner)
            for one in self.document.risks
        )  # fmt: skip
        sentence = self.text("risks_sentence", n=len(rows))
        return self._part(
            "risks",
            sentence,
            ("what", "likelihood", "effect", "answer", "who"),
            (2.2, 0.7, 0.7, 2.6, 0.9),
            rows,
        )

    def reviews(self) -> Part:
        told = self.document.reviews
        rows: tuple[tuple[str, ...], ...]
        if self.is_for_customer:
            rows = tuple(
                (self.text("quarter", n=one.quarter), f"{one.held_on}", one.told_customer) for one in told
            )
            return self._part("reviews", "", ("quarter", "held", "told"), (0.8, 1.0, 5.0), rows)
        rows = tuple(
            (
                self.text("quarter", n=one.quarter), f"{one.held_on}", f"{one.progress or 0:.0%}",
                one.decisions, one.next_steps, one.told_customer or "—",
            )
            for one in told
        )  # fmt: skip
        heads = ("quarter", "held", "progress", "decisions", "next", "told")
        return self._part("reviews", "", heads, (0.8, 1.0, 0.7, 2.2, 2.2, 1.8), rows)

    def _part(
        self,
        name: str,
        sentence: str,
        heads: tuple[str, ...],
        widths: tuple[float, ...],
        rows: tuple[tuple[str, ...], ...],
    ) -> Part:
        return Part(
            self.text(f"part.{name}"),
            sentence,
            tuple(self.text(f"head.{one}") for one in heads),
            widths,
            rows,
        )

    def text_rows(self, names: tuple[str, ...]) -> list[tuple[str, str]]:
        """Heading and text of what is there."""
        return [
            (self.text(f"text.{name}"), self.document.texts[name])
            for name in names
            if name in self.document.texts
        ]

    @property
    def level(self) -> str:
        now, wanted = self.document.level_now, self.document.level_wanted
        if not now and not wanted:
            return ""
        names = [self.text(f"level.{one}") if one else "—" for one in (now, wanted)]
        return " → ".join(names)
