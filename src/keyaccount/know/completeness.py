"""How complete is the file of an account, and what is missing most? (K1, K9)

Worked by hand in docs/en/calculations/completeness.md.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from keyaccount.errors import SettingError
from keyaccount.reasons import Reason

PARTS: Mapping[str, int] = {
    "address": 3,
    "industry": 3,
    "tax_number": 2,
    "two_contacts": 5,
    "reachable": 5,
    "touched": 5,
    "need": 4,
    "expectation": 3,
    "rival": 4,
    "wallet": 4,
    "occasion": 2,
    "plan": 3,
    "size": 2,
    "production": 2,
    "finances": 2,
    "credit": 3,
}
"""What a full file has, and how much each part weighs; presets of the settings `completeness.*`."""
FULL_ENOUGH = 0.8
"""From this score on a file counts as complete; preset of the setting `completeness.enough`."""


@dataclass(frozen=True)
class Completeness:
    """One account's file."""

    key: Hashable
    score: float
    """In [0, 1]: the weight of what is there ÷ the weight of all parts."""
    missing: tuple[str, ...]
    """The heaviest first."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What is missing, said in words."""
        return tuple(Reason(f"completeness.missing.{part}", {}) for part in self.missing)


def completeness(
    filled: Iterable[tuple[Hashable, Iterable[str]]], weights: Mapping[str, int] = PARTS
) -> list[Completeness]:
    """The score of each file, the least complete first.

    Parameters
    ----------
    filled : for each account the parts that its file has; names outside `weights` are left out.
    weights : 0 or more by part; 0: the part is not asked for, present or not.

    Returns
    -------
    one per account; ties stay in the order given. Parts of equal weight stay in the order of `weights`.

    Raises
    ------
    SettingError `setting.range` for a weight below 0, or where no part weighs anything.
    """
    if any(weight < 0 for weight in weights.values()) or not any(weights.values()):
        raise SettingError(
            "setting.range", name="completeness", allowed="≥ 0, not all 0", value=list(weights.values())
        )
    asked = {part: weight for part, weight in weights.items() if weight}
    total = sum(asked.values())
    heaviest = sorted(asked, key=lambda part: -asked[part])
    found = []
    for key, parts in filled:
        there = asked.keys() & set(parts)
        score = sum(asked[part] for part in there) / total
        found.append(Completeness(key, score, tuple(part for part in heaviest if part not in there)))
    return sorted(found, key=lambda one: one.score)


def mean_score(files: Iterable[Completeness]) -> float | None:
    """The average score of several files; None: there are none."""
    scores = [one.score for one in files]
    return sum(scores) / len(scores) if scores else None
