"""Which sheets of a workbook contradict each other?"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from keyaccount.know.workbook.fields import BASE, KINDS
from keyaccount.ledger.check import Problem
from keyaccount.ledger.fields import simplified

if TYPE_CHECKING:
    from keyaccount.know.workbook.check import RecordRow

ACCOUNT_NAME = "account_name"
"""The field by which a further sheet repeats what its account is called, to be read by people and compared."""


def check_names(rows: Iterable["RecordRow"]) -> None:
    """Refuse rows that call one account by different names: which is right nobody could tell, so both, each naming the other."""
    first: dict[str, tuple[str, RecordRow]] = {}
    told = [one for row in rows if (one := _named(row))]
    # The sheet of accounts speaks first, wherever it lies.
    told.sort(key=lambda one: one[2].kind != "accounts")
    for code, name, row in told:
        if code not in first:
            first[code] = (name, row)
        elif simplified(first[code][0]) != simplified(name):
            there, other = first[code]
            if row.kind == other.kind == "accounts":
                continue  # a key given twice, which is said of it already
            _refuse(row, name, other, there)
            if not any(one.code == "account.named_differently" for one in other.problems):
                _refuse(other, there, row, name)


def _named(row: "RecordRow") -> "tuple[str, str, RecordRow] | None":
    if row.kind == "accounts":
        code, name = row.values.get("code", ""), row.values.get("name", "")
    elif row.kind in BASE:
        return None
    else:
        link = KINDS[row.kind].link_to("accounts")
        code, name = row.values.get(link.name, "") if link else "", row.values.get(ACCOUNT_NAME, "")
    return (code, name, row) if code and name else None


def _refuse(row: "RecordRow", name: str, other: "RecordRow", there: str) -> None:
    values = {"value": name, "there": there, "sheet": other.sheet, "first_row": other.row}
    row.problems.append(Problem(ACCOUNT_NAME, name, "account.named_differently", values))
