"""Who below a key account buys cheaper? By hand, against plain Python, at the edges (C4)."""

import csv
import datetime as dt
import io
import random
import tomllib
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import ibis
import pyarrow as pa
import pytest

from keyaccount.cover.discounts import discounts_by_tier
from keyaccount.cover.inversions import (
    InversionSettings,
    inversion_lines,
    inversion_pairs,
    inversion_reason,
    inversions,
    price_picture,
)
from keyaccount.cover.price_cells import quarters
from keyaccount.errors import SettingError
from keyaccount.periods import Period
from keyaccount.tables import TableError

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "inversions.toml").read_text(encoding="utf-8"))
PERIOD = Period(WORKED["begin"], WORKED["until"])
FIRST, SECOND = dt.date(2025, 1, 1), dt.date(2025, 4, 1)
MONEY, QUANTITY = pa.decimal128(18, 4), pa.decimal128(18, 6)
KINDS = {
    "date": pa.date32(),
    "since": pa.date32(),
    "until": pa.date32(),
    "quantity": QUANTITY,
    "net_amount": MONEY,
    "freight": MONEY,
    "list_amount": MONEY,
    "discount": MONEY,
    "level": pa.int64(),
}


def arrow(rows):
    columns = {}
    for name in rows[0]:
        kind = KINDS.get(name, pa.string())
        values = [None if row[name] in ("", None) else str(row[name]) for row in rows]
        if pa.types.is_decimal(kind):
            values = [one and Decimal(one) for one in values]
        elif pa.types.is_date(kind):
            values = [one and dt.date.fromisoformat(one) for one in values]
        elif pa.types.is_integer(kind):
            values = [one and int(one) for one in values]
        columns[name] = pa.array(values, kind)
    return pa.table(columns)


def read(text):
    return arrow(list(csv.DictReader(io.StringIO(text.strip()))))


def lines(*rows, unit="箱"):
    """account, date, product, quantity, net amount."""
    names = ("account_id", "date", "product_id", "quantity", "net_amount")
    return ibis.memtable(arrow([dict(zip(names, row, strict=True)) | {"unit": unit} for row in rows]))


def thrice(account, quantity, amount, product="P"):
    return [(account, f"2025-0{month}-10", product, quantity, amount) for month in (1, 2, 3)]


def places(**levels):
    return arrow(
        [{"account_id": one, "level": level, "since": "", "until": ""} for one, level in levels.items()]
    )


LINES, PLACES = ibis.memtable(read(WORKED["price_lines"])), read(WORKED["places"])


def shown(row, names):
    return ",".join(
        f"{row[name]:f}".rstrip("0").rstrip(".")
        if isinstance(row[name], Decimal)
        else f"{row[name]:.6f}".rstrip("0").rstrip(".")
        if isinstance(row[name], float)
        else ""
        if row[name] is None
        else str(row[name])
        for name in names
    )


def test_goods_whose_freight_eats_up_their_price_have_none():
    rows = [
        {"account_id": one, "date": f"2025-0{month}-10", "product_id": "P", "quantity": 5, "net_amount": amount, "freight": freight}
        for one, amount, freight in (("K", 100, 150), ("S", 100, 0), ("T", 100, 90))
        for month in (1, 2, 3)
    ]  # fmt: skip
    told = inversions(ibis.memtable(arrow(rows)), places(K=1), period=PERIOD)
    assert (len(told.rows), told.money) == (0, 0)
    key = inversions(ibis.memtable(arrow(rows)), places(S=1), period=PERIOD).rows.to_pylist()
    assert [(one["lowest_account"], one["lowest_price"]) for one in key] == [("T", 2)]


class TestTheWorkedExample:
    def test_finds_what_its_page_says(self):
        told = inversions(LINES, PLACES, period=PERIOD)
        rows = [shown(row, WORKED["columns"]) for row in told.rows.to_pylist()]
        assert rows == WORKED["expected"].strip().splitlines()
        summary = WORKED["summary"]
        assert (told.compared, told.money) == (summary["compared"], summary["money"])
        assert told.left_out["no_product"] == summary["no_product"]
        assert told.left_out["no_quantity"] == summary["no_quantity"]
        assert told.units_differ == ("P",)

    def test_opens_down_to_pairs_and_lines(self):
        told = inversion_pairs(LINES, PLACES, "K", "P", "箱", FIRST, period=PERIOD)
        rows = [shown(row, WORKED["pair_columns"]) for row in told.to_pylist()]
        assert rows == WORKED["pairs"].strip().splitlines()
        behind = inversion_lines(LINES, ["L"], "P", "箱", FIRST, period=PERIOD).to_pyarrow()
        assert sum(behind["net_amount"].to_pylist()) == 950

    def test_pictures_price_against_volume(self):
        told = price_picture(LINES, PLACES, "P", "箱", FIRST, period=PERIOD).to_pylist()
        assert [(row["account_id"], row["level"], row["price"]) for row in told[:3]] == [
            ("G", 1, 98),
            ("K", 3, 100),
            ("O", 0, 80),
        ]
        assert len(told) == 6

    @pytest.mark.parametrize(("lang", "word"), [("zh", "低 5.0%"), ("en", "5.0% less; 3 customers")])
    def test_says_why(self, lang, word):
        row = inversions(LINES, PLACES, period=PERIOD).rows.to_pylist()[0]
        assert word in inversion_reason(row).text(lang)


def plainly(rows, levels, settings):
    """The definition in loops and fractions; rows: account, date, product, quantity, amount."""
    cells = defaultdict(lambda: [0, Fraction(0), Fraction(0)])
    for account, date, product, quantity, amount in rows:
        if quantity > 0 and amount > 0:
            cell = cells[account, product, (date.month - 1) // 3]
            cell[0] += 1
            cell[1] += Fraction(quantity)
            cell[2] += Fraction(amount)
    found = {}
    for (key, product, quarter), (number, quantity, amount) in cells.items():
        if not levels.get(key) or number < settings.least_lines:
            continue
        pairs = []
        for (other, its_product, its_quarter), (many, its_quantity, its_amount) in cells.items():
            same = (its_product, its_quarter) == (product, quarter)
            if not same or other == key or levels.get(other, 0) >= levels[key]:
                continue
            if many < settings.least_lines or its_quantity < Fraction(settings.least_share) * quantity:
                continue
            gap = amount / quantity - its_amount / its_quantity
            if gap / (amount / quantity) >= Fraction(settings.least_gap):
                pairs.append((gap, other))
        if pairs:
            gap = max(gap for gap, _ in pairs)
            who = min(other for one, other in pairs if one == gap)
            found[key, product, quarter] = (
                len(pairs),
                who,
                float(Fraction(int(gap * quantity * 10_000 + Fraction(1, 2)), 10_000)),
            )
    return found


class TestAgainstPlainPython:
    @pytest.mark.parametrize("seed", range(4))
    def test_finds_the_same_pairs_and_the_same_money(self, seed):
        chance = random.Random(seed)  # noqa: S311 - invented rows
        ids = [f"C{at:02}" for at in range(25)]
        levels = {one: chance.choice([1, 2, 3]) for one in ids[:8]}
        rows = []
        for _ in range(2500):
            account, product = chance.choice(ids), chance.choice("PQR")
            quantity = Decimal(chance.choice([-1, 0, 1, 2, 3, 10, 40]))
            price = {"P": 100, "Q": 7, "R": 33}[product] * Decimal(
                chance.choice(["0.99", "1", "1", "1", "0.9", "1.05"])
            )
            day = dt.date(2025, 1, 1) + dt.timedelta(chance.randrange(365))
            rows.append((account, day, product, quantity, (quantity * price).quantize(Decimal("0.01"))))
        settings = InversionSettings(least_lines=2)
        told = inversions(
            lines(*[(a, d.isoformat(), p, q, m) for a, d, p, q, m in rows]),
            places(**levels),
            period=Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
            settings=settings,
        )
        found = {
            (row["account_id"], row["product"], (row["quarter"].month - 1) // 3): (
                row["pairs"],
                row["lowest_account"],
                float(row["money"]),
            )
            for row in told.rows.to_pylist()
        }
        assert found == plainly(rows, levels, settings)
        assert len(found) > 10

    def test_pairs_are_as_many_as_the_row_says(self):
        told = inversions(LINES, PLACES, period=PERIOD).rows.to_pylist()
        for row in told:
            behind = inversion_pairs(
                LINES, PLACES, row["account_id"], row["product"], row["unit"], row["quarter"], period=PERIOD
            )
            assert len(behind) == row["pairs"]
            assert behind["price"][0].as_py() == row["lowest_price"]


class TestAtTheEdges:
    def found(self, *rows, level=1, **more):
        return inversions(lines(*rows), places(K=level), period=PERIOD, **more).rows.to_pylist()

    def test_a_gap_of_just_one_percent_is_one_and_a_hair_less_is_none(self):
        key = thrice("K", 100, 10_000)
        assert len(self.found(*key, *thrice("L", 100, 9_900))) == 1
        assert self.found(*key, *thrice("L", 100, "9900.0001")) == []

    def test_just_5_percent_of_the_quantity_is_enough(self):
        key = thrice("K", 100, 10_000)
        assert len(self.found(*key, *thrice("L", 5, 400))) == 1
        assert self.found(*key, *thrice("L", "4.999999", 400)) == []

    def test_a_third_line_is_enough(self):
        key = thrice("K", 100, 10_000)
        assert self.found(*key, *thrice("L", 50, 4000)[:2]) == []
        assert self.found(*key[:2], *thrice("L", 50, 4000)) == []

    def test_ties_for_the_lowest_price_go_by_account(self):
        key = thrice("K", 100, 10_000)
        row = self.found(*key, *thrice("M", 30, 2700), *thrice("L", 10, 900))[0]
        assert (row["lowest_account"], row["pairs"]) == ("L", 2)

    def test_equals_are_not_below_one_another(self):
        rows = lines(*thrice("K", 100, 10_000), *thrice("J", 100, 9_000))
        assert len(inversions(rows, places(K=2, J=2), period=PERIOD).rows) == 0
        assert len(inversions(rows, places(K=2, J=1), period=PERIOD).rows) == 1

    def test_the_place_on_the_quarters_last_day_counts(self):
        rows = lines(*thrice("K", 100, 10_000), *thrice("L", 100, 9_000))

        def found(since, until):
            listed = arrow([{"account_id": "K", "level": 1, "since": since, "until": until}])
            return len(inversions(rows, listed, period=PERIOD).rows)

        assert found("2025-03-31", "") == 1
        assert found("", "2025-03-30") == 0

    def test_rebates_come_off_the_price(self):
        rows = lines(*thrice("K", 100, 10_000), *thrice("K", 100, 10_000, "Q"), *thrice("L", 100, 9_000))
        rebates = pa.table(
            {
                "account_id": ["K", "K"],
                "product": pa.array([None, "P"], pa.string()),
                "date": pa.array([dt.date(2025, 3, 31)] * 2),
                "amount": pa.array([Decimal(3000), Decimal(900)], MONEY),
            }
        )
        # of 3,000 on everything half is on P: 30,000 − 1,500 − 900 = 27,600 for 300, and L pays 90
        row = inversions(rows, places(K=1), period=PERIOD, rebates=rebates).rows.to_pylist()[0]
        assert (row["price"], row["money"]) == (92, 600)

    def test_groups_are_compared_as_one(self):
        rows = lines(
            *thrice("K", 50, 5_000), ("K2", "2025-01-09", "P", 150, 15_000), *thrice("L", 100, 9_000)
        )
        told = inversions(
            rows, places(TOP=1), period=PERIOD, groups={"K": "TOP", "K2": "TOP"}
        ).rows.to_pylist()
        assert [(row["account_id"], row["quantity"], row["money"]) for row in told] == [("TOP", 300, 3000)]

    def test_merged_accounts_are_one(self):
        rows = lines(*thrice("K", 100, 10_000), *thrice("L", 2, 180), *thrice("L2", 4, 360))
        assert len(inversions(rows, places(K=1), period=PERIOD).rows) == 0
        assert len(inversions(rows, places(K=1), period=PERIOD, merged={"L2": "L"}).rows) == 1

    def test_without_products_or_quantities_nothing_is_found_and_it_is_said(self):
        bare = lines(*thrice("K", 100, 10_000)).drop("quantity")
        told = inversions(bare, places(K=1), period=PERIOD)
        assert (len(told.rows), told.left_out["no_quantity"]) == (0, 3)
        bare = lines(*thrice("K", 100, 10_000)).drop("product_id")
        assert inversions(bare, places(K=1), period=PERIOD).left_out["no_product"] == 3

    def test_nobody_on_the_list_gives_nothing(self):
        empty = places(K=1).slice(0, 0)
        assert len(inversions(LINES, empty, period=PERIOD).rows) == 0

    def test_quarters_of_a_period(self):
        assert quarters(Period(dt.date(2024, 12, 5), dt.date(2025, 4, 1))) == [
            dt.date(2024, 10, 1),
            FIRST,
            SECOND,
        ]


class TestDiscounts:
    def test_by_tier_share_and_depth(self):
        rows = ibis.memtable(
            arrow(
                [
                    {
                        "account_id": "K",
                        "date": "2025-01-01",
                        "net_amount": 90,
                        "list_amount": 100,
                        "discount": "",
                    },
                    {
                        "account_id": "K",
                        "date": "2025-01-01",
                        "net_amount": 80,
                        "list_amount": "",
                        "discount": 20,
                    },
                    {
                        "account_id": "L",
                        "date": "2025-01-01",
                        "net_amount": 50,
                        "list_amount": 50,
                        "discount": "",
                    },
                    {
                        "account_id": "M",
                        "date": "2025-01-01",
                        "net_amount": 40,
                        "list_amount": 50,
                        "discount": "",
                    },
                    {
                        "account_id": "M",
                        "date": "2025-01-01",
                        "net_amount": 40,
                        "list_amount": "",
                        "discount": "",
                    },
                ]
            )
        )
        tiers = pa.table(
            {"account_id": ["K", "L"], "channel": ["key_account", "business"], "tier": ["gold", "business_c"]}
        )
        told = discounts_by_tier(rows, tiers, period=PERIOD).to_pylist()
        assert [(row["channel"], row["customers"], row["with_discount"], row["share"]) for row in told] == [
            ("business", 1, 0, 0.0),
            ("key_account", 1, 1, 1.0),
            (None, 1, 1, 1.0),
        ]
        assert [row["depth"] for row in told] == [0, 0.15, 0.2]  # (200 − 170) ÷ 200

    def test_without_list_prices_there_are_none(self):
        assert (
            len(discounts_by_tier(lines(*thrice("K", 1, 1)), pa.table({"account_id": ["K"]}), period=PERIOD))
            == 0
        )


class TestErrors:
    @pytest.mark.parametrize(
        "changes", [{"least_gap": Decimal(0)}, {"least_lines": 0}, {"least_share": Decimal(2)}]
    )
    def test_settings_out_of_range(self, changes):
        with pytest.raises(SettingError):
            InversionSettings(**changes)

    def test_a_missing_column_is_named(self):
        with pytest.raises(TableError) as error:
            inversions(LINES, PLACES.drop_columns(["level"]), period=PERIOD)
        assert error.value.values["columns"] == ["level"]
        with pytest.raises(TableError):
            inversions(LINES, PLACES, period=PERIOD, rebates=pa.table({"account_id": ["K"]}))
