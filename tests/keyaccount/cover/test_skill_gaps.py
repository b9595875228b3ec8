"""Which skills are lacking? By hand, against plain Python, at the edges (L1)."""

import csv
import io
import random
import tomllib
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest

from keyaccount.cover.skills import skill_factor, skill_fit, skill_gaps
from keyaccount.errors import SettingError
from keyaccount.tables import TableError

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "skills.toml").read_text(encoding="utf-8"))


def table(name):
    rows = list(csv.DictReader(io.StringIO(WORKED[name].strip())))
    return made(rows, rows[0])


def made(rows, names):
    return pa.table(
        {
            name: pa.array(
                [int(row[name]) if name == "level" else row[name] or None for row in rows],
                pa.int64() if name == "level" else pa.string(),
            )
            for name in names
        }
    )


ACCOUNTS, NEEDS, HELD = (table(name) for name in ("skill_accounts", "skill_needs", "skills_held"))


class TestWorked:
    def test_gaps_and_fit(self):
        found = skill_gaps(ACCOUNTS, NEEDS, HELD)
        told = [",".join(str(row[name]) for name in WORKED["columns"]) for row in found.to_pylist()]
        assert told == WORKED["expected"].split()
        assert {one: str(fit) for one, fit in skill_fit(found).items()} == WORKED["summary"]

    def test_the_factor_in_staffing(self):
        assert skill_factor(Fraction(5, 13)) == 1 - Fraction(1, 5) * Fraction(8, 13)
        assert (skill_factor(Fraction(1)), skill_factor(Fraction(0), Decimal(0))) == (1, 1)
        with pytest.raises(SettingError) as error:
            skill_factor(Fraction(0), Decimal(1))
        assert error.value.code == "setting.range"


def test_another_way_to_count():
    """Account by account, need by need."""
    chance = random.Random(3)  # noqa: S311 - invented rows
    kinds, industries, skills = ("", "x", "y"), ("", "p", "q"), ("s", "t", "u")
    accounts = [
        {"account_id": f"A{at}", "manager_id": chance.choice(("m1", "m2", "")), "kind": chance.choice(kinds), "industry": chance.choice(industries)}
        for at in range(80)
    ]  # fmt: skip
    needs = [
        {
            "skill": skill,
            "kind": chance.choice(kinds),
            "industry": chance.choice(industries),
            "level": chance.randrange(4),
        }
        for skill in skills * 3
    ]
    held = [
        {"manager_id": one, "skill": chance.choice(skills), "level": chance.randrange(4)}
        for one in ("m1", "m2", "m1")
    ]
    found = skill_gaps(made(accounts, accounts[0]), made(needs, needs[0]), made(held, held[0]))
    sums = {}
    for account in accounts:
        for skill in skills:
            asked = max(
                (
                    one["level"]
                    for one in needs
                    if one["skill"] == skill
                    and one["kind"] in ("", account["kind"])
                    and one["industry"] in ("", account["industry"])
                ),
                default=0,
            )
            has = max(
                (
                    one["level"]
                    for one in held
                    if (one["manager_id"], one["skill"]) == (account["manager_id"], skill)
                ),
                default=0,
            )
            if account["manager_id"]:
                key = account["manager_id"], skill
                sums[key] = sums.get(key, 0) + max(0, asked - has)
    told = dict.fromkeys(sums, 0)
    for row in found.to_pylist():
        told[row["manager_id"], row["skill"]] += row["weighted"]
    assert told == sums
    assert any(sums.values())


class TestEdges:
    def test_nothing_asked_or_nobody_there(self):
        assert len(skill_gaps(ACCOUNTS, NEEDS.slice(0, 0), HELD)) == 0
        assert len(skill_gaps(ACCOUNTS.slice(0, 0), NEEDS, HELD)) == 0
        assert skill_fit(skill_gaps(ACCOUNTS, NEEDS.slice(0, 0), HELD)) == {}

    def test_a_level_that_is_none_is_refused(self):
        bad = NEEDS.set_column(3, "level", pa.array([1, 2, 4, 2], pa.int64()))
        with pytest.raises(SettingError) as error:
            skill_gaps(ACCOUNTS, bad, HELD)
        assert (error.value.code, error.value.values["value"]) == ("setting.range", 4)

    def test_a_column_that_is_missing_is_named(self):
        with pytest.raises(TableError):
            skill_gaps(ACCOUNTS.drop_columns(["kind"]), NEEDS, HELD)
