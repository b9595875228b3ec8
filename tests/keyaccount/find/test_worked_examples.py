"""Do the worked examples of the docs come out as the docs say?"""

import csv
import datetime as dt
import io
import tomllib

import pytest

from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.settings import FindSettings

from ..data import ROOT
from .ledgers import line, table

WORKED = [
    file
    for file in sorted((ROOT / "docs" / "worked").glob("*.toml"))
    if "until" in tomllib.loads(file.read_text(encoding="utf-8"))
]


def rows(text):
    return list(csv.DictReader(io.StringIO(text.strip())))


def value(text):
    return {"true": True, "false": False}.get(text, text)


@pytest.mark.parametrize("file", WORKED, ids=lambda file: file.stem)
class TestTheWorkedExample:
    def test_gives_what_its_page_says(self, file):
        worked = tomllib.loads(file.read_text(encoding="utf-8"))
        lines = [
            line(row.pop("account_id"), row.pop("date"), row.pop("net_amount"), **row)
            for row in rows(worked["lines"])
        ]
        result = find_key_accounts(
            table(lines), settings=FindSettings(until=dt.date.fromisoformat(str(worked["until"])))
        )
        expected = rows(",".join(worked["columns"]) + "\n" + worked["expected"].strip())
        found = result.accounts.to_pylist()
        assert [row["account_id"] for row in found] == [row["account_id"] for row in expected]
        for ours, theirs in zip(found, expected, strict=True):
            for name, text in theirs.items():
                if name in ("account_id", "verdict", "in_set"):
                    assert ours[name] == value(text), (ours["account_id"], name)
                else:
                    assert float(ours[name]) == pytest.approx(float(text), abs=1e-6), (
                        ours["account_id"],
                        name,
                    )
        for name, figure in worked["summary"].items():
            assert float(getattr(result.summary, name)) == pytest.approx(figure, abs=1e-6), name
