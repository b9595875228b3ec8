"""Do the worked examples of the docs come out as the docs say?"""

import csv
import datetime as dt
import io
import tomllib
from dataclasses import asdict

import pytest

from keyaccount.find.field import against_field, faster_accounts
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.settings import FindSettings

from ..data import ROOT
from .ledgers import line, table

WORKED = [
    file
    for file in sorted((ROOT / "docs" / "worked").glob("*.toml"))
    if {"until", "lines"} <= tomllib.loads(file.read_text(encoding="utf-8")).keys()
]


def rows(text):
    return list(csv.DictReader(io.StringIO(text.strip())))


def value(text):
    return {"true": True, "false": False}.get(text, text)


def sides(result, worked):
    listed = worked["listed"]
    told = against_field(result.year_accounts, listed, history=result.years[1].complete)
    both = [{"side": name} | asdict(side) for name, side in (("list", told.listed), ("field", told.field))]
    return both, {"faster": len(faster_accounts(result.year_accounts, listed, told.listed))}


# What a page's example is about: the rows of its table, and the figures below it.
ABOUT = {
    "accounts": lambda result, _worked: (result.accounts.to_pylist(), asdict(result.summary)),
    "whale": lambda result, _worked: (result.accounts.to_pylist(), asdict(result.whale)),
    "segments": lambda result, _worked: (result.segments["region"].to_pylist(), asdict(result.summary)),
    "field": sides,
}
TEXTS = ("account_id", "verdict", "in_set", "segment", "side")


@pytest.mark.parametrize("file", WORKED, ids=lambda file: file.stem)
class TestTheWorkedExample:
    def test_gives_what_its_page_says(self, file):
        worked = tomllib.loads(file.read_text(encoding="utf-8"))
        lines = [
            line(
                row.pop("account_id"),
                row.pop("date"),
                row.pop("net_amount"),
                **{name: text or None for name, text in row.items()},
            )
            for row in rows(worked["lines"])
        ]
        result = find_key_accounts(
            table(lines), settings=FindSettings(until=dt.date.fromisoformat(str(worked["until"])))
        )
        expected = rows(",".join(worked["columns"]) + "\n" + worked["expected"].strip())
        found, figures = ABOUT[worked.get("of", "accounts")](result, worked)
        key = worked["columns"][0]
        assert [row[key] for row in found] == [row[key] for row in expected]
        for ours, theirs in zip(found, expected, strict=True):
            for name, text in theirs.items():
                if name in TEXTS:
                    assert ours[name] == value(text), (ours[key], name)
                elif not text:
                    assert ours[name] is None, (ours[key], name)
                else:
                    assert float(ours[name]) == pytest.approx(float(text), abs=1e-6), (ours[key], name)
        for name, figure in worked["summary"].items():
            assert float(figures[name]) == pytest.approx(figure, abs=1e-6), name
