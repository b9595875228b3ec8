"""Kinds by the scorecard, roles and classes by volume (F5, F6): by hand, against plain Python, at the edges."""

import csv
import datetime as dt
import io
import random
import tomllib
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from keyaccount.errors import SettingError
from keyaccount.find.kind_evidence import KindError, kind_evidence, kind_lines
from keyaccount.find.kind_settings import KindSettings, RoleSettings, VolumeClass
from keyaccount.find.kinds import KINDS, PARTS, kinds, scorecard
from keyaccount.find.roles import role_reasons, roles
from keyaccount.tables import TableError

from ..data import ROOT
from .kind_reference import WEIGHTS, kinds_by_hand

UNTIL = dt.date(2025, 12, 31)
MONEY, QUANTITY = pa.decimal128(18, 4), pa.decimal128(18, 6)
SCHEMA = {
    "account_id": pa.string(),
    "date": pa.date32(),
    "product_id": pa.string(),
    "category": pa.string(),
    "quantity": QUANTITY,
    "list_amount": MONEY,
    "net_amount": MONEY,
}


def table(lines, *, without=()):
    schema = pa.schema([(name, kind) for name, kind in SCHEMA.items() if name not in without])
    return ibis.memtable(pa.Table.from_pylist(lines, schema=schema))


def line(account, date, net, **more):
    told = {"product_id": "P", "category": "水泵", "quantity": 1, "list_amount": None} | more
    told |= {name: Decimal(str(told[name])) for name in ("quantity", "list_amount") if told[name] is not None}
    return {
        "account_id": account,
        "date": dt.date.fromisoformat(date),
        "net_amount": Decimal(str(net)),
        **told,
    }


def judged(lines, records=None, *, until=UNTIL, settings=None, without=()):
    evidence = kind_evidence(table(lines, without=without), until=until, settings=settings)
    found = kinds(evidence, records=records, settings=settings)
    return {row["account_id"]: row for row in found.to_pylist()}


def worked(name):
    return tomllib.loads((ROOT / "docs" / "worked" / f"{name}.toml").read_text(encoding="utf-8"))


def rows(text):
    return list(csv.DictReader(io.StringIO(text.strip())))


def agrees(found, expected):
    for name, text in expected.items():
        value = found[name]
        if text == "":
            assert value is None, name
        elif isinstance(value, bool):
            assert value is (text == "true"), name
        elif isinstance(value, str):
            assert value == text, name
        else:
            assert value == pytest.approx(float(text), abs=1e-8), name


class TestTheWorkedExample:
    def test_of_kinds_gives_what_its_page_says(self):
        told = worked("kinds")
        settings = KindSettings(service_categories=tuple(told["service_categories"]))
        lines = [
            line(row.pop("account_id"), row.pop("date"), row.pop("net_amount"), **row)
            for row in rows(told["kind_lines"])
        ]
        records = pa.Table.from_pylist(
            [
                {name: value if name == "account_id" else int(value) for name, value in row.items()}
                for row in rows(told["records"])
            ]
        )
        evidence = kind_evidence(table(lines), until=told["until"], settings=settings)
        found = kinds(evidence, records=records, settings=settings).to_pylist()
        expected = rows(",".join(told["columns"]) + "\n" + told["expected"].strip())
        assert [row["account_id"] for row in found] == [row["account_id"] for row in expected]
        for ours, theirs in zip(found, expected, strict=True):
            agrees(ours, theirs)
        assert evidence.range_sold == told["summary"]["range_sold"]

    def test_of_roles_gives_what_its_page_says(self):
        told = worked("roles")
        given = rows(told["role_accounts"])
        found = roles(
            _accounts(given),
            standing=_standing({row["account_id"]: row["standing"] for row in given if row["standing"]}),
        )
        expected = rows(",".join(told["columns"]) + "\n" + told["expected"].strip())
        for ours, theirs in zip(found.to_pylist(), expected, strict=True):
            agrees(ours, theirs)
        assert sum(row["is_over_ceiling"] is True for row in found.to_pylist()) == told["summary"]["over"]


def some_ledger(seed):
    """Lines and records of 25 accounts over three years, with gaps in every column."""
    chance = random.Random(seed)  # noqa: S311 - invented figures
    lines = []
    for at in range(25):
        for _ in range(chance.choice((0, 1, 8, 40))):
            product = chance.choice("PQRS")
            quantity = chance.choice((None, -2, 1, 5, 30))
            listed = chance.choice((None, 100, 500, 3000))
            net = (
                Decimal(chance.randrange(-300, 4000))
                if listed is None
                else Decimal(listed) * chance.choice((60, 85, 90, 100)) / 100
            )
            day = dt.date(2023, 1, 1) + dt.timedelta(days=chance.randrange(0, 1096))
            category = chance.choice((None, {"P": "水泵", "Q": "阀门", "R": "服务", "S": "咨询"}[product]))
            lines.append(
                line(
                    f"K{at:02}",
                    day.isoformat(),
                    net,
                    product_id=product,
                    category=category,
                    quantity=quantity,
                    list_amount=listed,
                )
            )
    names = ("touches", "expert_visits", "proposals", "proposals_accepted", "commitments", "joint_projects", "contacts",
             "executive_contacts", "sponsors")  # fmt: skip
    records = {
        f"K{at:02}": {name: chance.choice((None, None, 0, 1, 4, 20)) for name in names}
        | {"purchases": chance.choice((None, Decimal(50), Decimal(90000)))}
        for at in range(0, 30, 2)
    }
    return lines, records


class TestKinds:
    @pytest.mark.parametrize("seed", range(6))
    def test_are_those_of_plain_python(self, seed):
        lines, records = some_ledger(seed)
        settings = KindSettings(service_categories=("服务",), advice_categories=("咨询",))
        expected = kinds_by_hand(lines, records, until=UNTIL, services=("服务",), advice=("咨询",))
        kept = pa.Table.from_pylist([{"account_id": account, **one} for account, one in records.items()])
        kept = kept.set_column(
            kept.column_names.index("purchases"), "purchases", kept["purchases"].cast(MONEY)
        )
        found = judged(lines, kept, settings=settings)
        assert found.keys() == expected.keys()
        for account, theirs in expected.items():
            for name, value in theirs.items():
                ours = found[account][name]
                if isinstance(value, int | float):
                    assert ours == pytest.approx(value, abs=2e-6), (account, name)
                else:
                    assert ours == value, (account, name)

    def test_weigh_as_the_docs_say(self):
        presets = KindSettings()
        assert {
            kind: {part: int(presets.weight(part)) for part in parts} for kind, parts in PARTS.items()
        } == WEIGHTS

    def test_are_the_same_of_shuffled_lines_and_lie_between_0_and_1(self):
        lines, _ = some_ledger(9)
        found = judged(lines)
        random.Random(3).shuffle(lines)  # noqa: S311 - any order will do
        assert judged(lines) == found
        for row in found.values():
            for name in [
                *(f"part_{part}" for parts in PARTS.values() for part in parts),
                *(f"{kind}_score" for kind in KINDS),
            ]:
                assert row[name] is None or 0 <= row[name] <= 1, name

    def test_stay_open_of_a_ledger_that_has_only_amounts(self):
        found = judged(
            [line("A", "2025-03-01", 100), line("A", "2025-06-01", 100)],
            without=("product_id", "category", "quantity", "list_amount"),
        )
        assert (found["A"]["kind"], found["A"]["why_open"]) == ("open", "confidence")
        assert [name for name in found["A"] if name.startswith("part_") and found["A"][name] is not None] == [
            "part_regular"
        ]

    def test_count_products_where_there_are_no_categories(self):
        lines = [line("A", "2025-03-01", 100, product_id=f"P{at}") for at in range(3)] + [
            line("B", "2025-03-01", 9, product_id="P0")
        ]
        found = judged(lines, without=("category",))
        # The company sold 3 products, fewer than the 30 that are wide.
        assert (found["A"]["part_broad"], found["B"]["part_broad"]) == (1, 0)

    def test_take_the_list_price_from_the_discount_where_there_is_no_list_amount(self):
        schema = pa.schema(
            [("account_id", pa.string()), ("date", pa.date32()), ("net_amount", MONEY), ("discount", MONEY)]
        )
        day = dt.date(2025, 5, 1)
        lines = [("A", 80, 20), ("B", 100, 0), ("C", 100, None)]
        told = [
            {
                "account_id": one,
                "date": day,
                "net_amount": Decimal(net),
                "discount": None if off is None else Decimal(off),
            }
            for one, net, off in lines
        ]
        found = kinds(kind_evidence(ibis.memtable(pa.Table.from_pylist(told, schema=schema)), until=UNTIL))
        # Usual: 20 of 200 = 10%; A's 20% is 10 points above. Of C nothing is known.
        assert found["part_discounted"].to_pylist() == [1, 0, None]

    def test_do_not_call_returns_alone_a_purchase(self):
        found = judged([line("A", "2025-03-01", -100), line("B", "2025-03-01", 100)])
        assert found["A"]["part_regular"] is None
        assert found["A"]["sales"] == -100

    def test_do_not_take_missing_records_for_none_while_few_have_any(self):
        lines = [line(f"K{at}", "2025-03-01", 100) for at in range(10)]
        few = pa.table({"account_id": ["K0"], "touches": [3]})
        found = judged(lines, few)
        assert (found["K0"]["part_few_touches"], found["K1"]["part_few_touches"]) == (0.75, None)
        enough = pa.table({"account_id": ["K0", "K5"], "touches": [3, 1]})
        assert judged(lines, enough)["K1"]["part_few_touches"] == 1

    def test_stay_open_where_two_are_close_or_the_best_is_low(self):
        weights = {f"{part}_weight": Decimal(0) for parts in PARTS.values() for part in parts}
        lines = [
            line("A", "2025-03-01", 100),
            line("A", "2025-04-01", 100, category="阀门"),
            line("B", "2025-03-01", 1, category="轴承"),
        ]
        # A bought 2 of 3 categories: broad 0.5, narrow 0.5; two months of twelve.
        close = KindSettings(**weights | {"narrow_weight": Decimal(1), "broad_weight": Decimal(1)})
        assert judged(lines, settings=close)["A"]["why_open"] == "close"
        low = KindSettings(**weights | {"regular_weight": Decimal(1)})
        assert (judged(lines, settings=low)["A"]["why_open"], judged(lines, settings=low)["A"]["leader"]) == (
            "low",
            "strategic",
        )

    def test_are_not_driven_by_a_price_that_no_volume_follows(self):
        prices = (100, 80, 100, 120, 100, 90)
        found = judged(
            [line("A", f"2025-{month:02}-05", net, quantity=3) for month, net in enumerate(prices, 1)]
        )
        assert found["A"]["part_price_driven"] == 0

    def test_read_merged_accounts_as_one(self):
        lines = [line("A", "2025-03-01", 100), line("B", "2025-04-01", 50)]
        merged = pa.table({"account_id": ["B"], "into_id": ["A"]})
        evidence = kind_evidence(table(lines), until=UNTIL, merged=merged)
        assert evidence.accounts.select(["account_id", "bought", "active_months"]).to_pylist() == [
            {"account_id": "A", "bought": Decimal(150), "active_months": 2}
        ]

    def test_open_down_to_their_lines(self):
        lines = table([line("A", "2025-03-01", 100), line("A", "2024-03-01", 70), line("B", "2025-03-01", 5)])
        assert kind_lines(lines, ["A"], UNTIL).to_pyarrow()["net_amount"].to_pylist() == [Decimal(100)]

    def test_say_of_each_part_what_it_is_made_of_in_both_languages(self):
        lines, _ = some_ledger(2)
        settings = KindSettings(service_categories=("服务",), advice_categories=("咨询",))
        for row in judged(
            lines,
            pa.table({"account_id": ["K01"], "contacts": [2], "executive_contacts": [1], "sponsors": [0]}),
            settings=settings,
        ).values():
            card = scorecard(row, settings)
            assert len(card) == 16
            for part in card:
                assert part.reason.text("zh")
                assert part.reason.text("en")
                assert part.reason.code.endswith("unknown") is (part.value is None)

    def test_are_refused_of_an_empty_ledger_and_without_the_needed_columns(self):
        with pytest.raises(KindError) as empty:
            kind_evidence(table([]))
        assert empty.value.code == "kinds.no_lines"
        with pytest.raises(TableError) as missing:
            kind_evidence(table([line("A", "2025-03-01", 1)], without=("date",)))
        assert missing.value.code == "column.missing"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"narrow_weight": Decimal(-1)},
            {"coverage": Decimal("1.1")},
            {"service_full": Decimal(0)},
            {"touches_full": 0},
            {"wide_categories": 1},
        ],
    )
    def test_refuse_settings_out_of_range(self, wrong):
        with pytest.raises(SettingError) as refused:
            KindSettings(**wrong)
        assert refused.value.code == "setting.range"


def _accounts(given):
    def money(text):
        return Decimal(text) if text else None

    return pa.table(
        {
            "account_id": [row["account_id"] for row in given],
            "sales": pa.array([money(row["sales"]) for row in given], MONEY),
            "in_set": [row["in_set"] == "true" for row in given],
            "kind": [row["kind"] for row in given],
            "cost_to_serve": pa.array([money(row["cost_to_serve"]) for row in given], MONEY),
            "purchases": pa.array([money(row["purchases"]) for row in given], MONEY),
        }
    )


def _standing(held):
    return pa.table(
        {
            "account_id": pa.array(list(held), pa.string()),
            "standing": pa.array(list(held.values()), pa.string()),
        }
    )


def _one(**told):
    given = {
        "account_id": "A",
        "sales": "",
        "in_set": "false",
        "kind": "open",
        "cost_to_serve": "",
        "purchases": "",
    } | told
    return _accounts([given])


class TestRoles:
    @pytest.mark.parametrize(
        ("standing", "role"),
        [
            ("army", "important"),
            ("reference", "important"),
            ("supplier", "group"),
            ("affiliate", "group"),
            ("development", "strategic"),
        ],
    )
    def test_come_of_special_standing(self, standing, role):
        row = roles(_one(), standing=_standing({"A": standing})).to_pylist()[0]
        assert row["role"] == role
        assert [reason.code for reason in role_reasons(row)] == [f"role.because.{standing}"]

    def test_name_every_rule_that_applies(self):
        row = roles(
            _one(kind="strategic", in_set="true", purchases="5"), standing=_standing({"A": "army"})
        ).to_pylist()[0]
        codes = [reason.code.rpartition(".")[2] for reason in role_reasons(row)]
        assert (row["role"], codes) == ("strategic", ["kind", "army", "purchases", "in_set"])
        assert all(reason.text(lang) for reason in role_reasons(row) for lang in ("zh", "en"))

    @pytest.mark.parametrize(
        ("sales", "volume_class"),
        [("1000000", "direct"), ("999999.9999", "distribution"), ("0", "network"), ("-5", "network")],
    )
    def test_class_includes_its_lower_bound(self, sales, volume_class):
        assert roles(_one(sales=sales)).to_pylist()[0]["volume_class"] == volume_class

    def test_effort_exactly_at_the_ceiling_is_not_above_it(self):
        # 3% of 1,000,000.01 is 30,000.0003.
        at, above = (
            roles(_one(sales="1000000.01", cost_to_serve=cost)).to_pylist()[0]
            for cost in ("30000.0003", "30000.0004")
        )
        assert (at["is_over_ceiling"], above["is_over_ceiling"]) == (False, True)

    def test_refuse_classes_out_of_order_and_unknown_policies(self):
        small, large = (
            VolumeClass("a", Decimal(1), "limit", Decimal(0)),
            VolumeClass("b", Decimal(2), "limit", Decimal(0)),
        )
        with pytest.raises(SettingError) as order:
            RoleSettings((small, large))
        with pytest.raises(SettingError) as policy:
            RoleSettings((VolumeClass("a", Decimal(1), "hope", Decimal(0)),))
        assert (order.value.code, policy.value.code) == ("setting.range", "setting.choice")
