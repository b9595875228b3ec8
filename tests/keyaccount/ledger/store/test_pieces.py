"""Three years in forty pieces (twenty where lines have keys), in any order, with repeats, a replacement and two undos, make the ledger of one import."""

import csv
import datetime as dt
import io
import random
from decimal import Decimal
from itertools import pairwise

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keyaccount import (
    FindSettings,
    ReadOptions,
    find_key_accounts,
    read_cost_to_serve,
    read_groups,
    read_ledger,
)
from keyaccount.find.explain import explain
from keyaccount.ledger.store.place import opened_to_write
from keyaccount.ledger.store.reading import open_store
from keyaccount.ledger.store.undo import undo_import
from keyaccount.ledger.store.upkeep import merge

from ..files import write

HEADER = ("明细编号", "客户编号", "客户名称", "日期", "订单号", "金额", "成本", "运费", "区域")
COLUMNS = {"freight": "运费"}


def ledger(random_source):
    """Some 3,000 lines of three years: orders over several days, returns, missing costs, names and regions that change."""
    lines = []
    for number in range(3_000):
        account = f"K{int(70 * random_source.random() ** 2):02}"
        day = dt.date(2023, 1, 1) + dt.timedelta(days=number * 1096 // 3_000)
        # An order may go on in the next piece.
        order = (
            f"S{account}-{(day + dt.timedelta(days=random_source.choice((0, 0, 9)))).strftime('%Y%m')[2:]}"
        )
        amount = Decimal(random_source.randrange(-3_000, 40_000)) / 100
        name = f"公司{account}{'（新）' if day.year == 2025 and account < 'K10' else ''}"
        cost = (
            "" if random_source.random() < 0.04 else f"{amount * random_source.randrange(60, 101) / 100:.4f}"
        )
        region = random_source.choice(("华东", "华南", "")) if account > "K50" else "华北"
        freight = "" if random_source.random() < 0.5 else f"{random_source.randrange(500) / 100}"
        lines.append(
            (
                f"L{number}",
                account,
                name,
                day.isoformat(),
                order if number % 17 else "",
                f"{amount}",
                cost,
                freight,
                region,
            )
        )
    return lines


def write_piece(folder, name, lines, kind):
    if kind == "parquet":
        columns = {title: [line[at] for line in lines] for at, title in enumerate(HEADER)}
        path = folder / f"{name}.parquet"
        pq.write_table(pa.table(columns), path)
        return path
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([HEADER, *lines])
    return write(folder / f"{name}.csv", stream.getvalue(), "gb18030" if kind == "gb18030" else "utf-8")


def spoilt(lines):
    """A wrong version of a piece, to be corrected: a line more, one less, one changed."""
    *rest, last = lines
    return [
        *rest[1:],
        (*last[:5], "99999", *last[6:]),
        ("X1", "K99", "错误", lines[0][3], "", "5", "1", "", ""),
    ]


@pytest.mark.parametrize(("pieces_in_all", "with_keys"), [(40, False), (20, True)])
def test_many_pieces_make_the_ledger_of_one(desk, tmp_path, pieces_in_all, with_keys):
    chance = random.Random(20251231)  # noqa: S311 - no secret
    lines = ledger(chance)
    if with_keys:
        slices = [
            lines[at::pieces_in_all] for at in range(pieces_in_all)
        ]  # every piece has lines of all three years
    else:
        days = sorted({line[3] for line in lines})
        cuts = [days[at * len(days) // pieces_in_all] for at in range(pieces_in_all)] + ["9999"]
        slices = [[line for line in lines if begin <= line[3] < end] for begin, end in pairwise(cuts)]
    kinds = ["utf-8", "gb18030", "parquet"]
    pieces = [write_piece(tmp_path, f"piece{at}", rows, kinds[at % 3]) for at, rows in enumerate(slices)]
    columns = COLUMNS if with_keys else {**COLUMNS, "line_id": ""}
    order = chance.sample(range(pieces_in_all), pieces_in_all)

    def take(file, **options):
        return desk.take(file, source="ERP", columns=columns, **options)

    junk = write_piece(
        tmp_path, "junk", [("J1", "K01", "别家", "2022-12-31", "", "1e6", "1", "", "")], "utf-8"
    )
    for number, at in enumerate(order):
        if number == 7:
            take(write_piece(tmp_path, "wrong", spoilt(slices[at]), "utf-8"))
            done = take(pieces[at], on_overlap="replace")
            if (
                with_keys
            ):  # a line that is not sent again stays, so it is taken out by a replacement of the whole
                undo_import(desk.place, done.sources[0].import_id)
                undo_import(desk.place, done.sources[0].import_id - 1)
                take(pieces[at])
        else:
            take(pieces[at])
        if number % 9 == 0:
            assert take(pieces[order[number // 2]]).snapshot is None
        if number == pieces_in_all // 2:
            first_undone = take(junk).sources[0].import_id
            undo_import(desk.place, first_undone)
        if number == pieces_in_all * 3 // 4:
            undo_import(desk.place, desk.import_of(pieces[order[pieces_in_all * 5 // 8]]))
            take(pieces[order[pieces_in_all * 5 // 8]])
        if number == pieces_in_all * 33 // 40:
            con = duckdb.connect()
            with opened_to_write(con, desk.place, "test", lambda _: None):
                merge(con)
    desk.assert_sound()

    whole = write_piece(tmp_path, "whole", lines, "utf-8")
    at_once = read_ledger(whole, options=ReadOptions(columns=columns, latest=dt.date(2026, 12, 31)))
    assert at_once.report.accepted == len(lines)
    groups = read_groups(
        write(tmp_path / "groups.csv", "account_id,parent_id\nK03,K01\nK60,K03\nK61,HOLDING\nK62,HOLDING\n")
    ).rows
    costs = read_cost_to_serve(
        write(tmp_path / "costs.csv", "account_id,amount,date\nK01,500,2025-05-05\nK02,90,\n")
    ).rows
    store = open_store(desk.place)
    for settings in (
        FindSettings(),
        FindSettings(until=dt.date(2025, 5, 17), basis="profit", share=Decimal("0.7")),
    ):
        for more in ({}, {"groups": groups, "cost_to_serve": costs}):
            ours = find_key_accounts(store.condensed(), settings=settings, **more)
            theirs = find_key_accounts(at_once.lines, settings=settings, **more)
            assert ours.accounts.equals(theirs.accounts)
            assert ours.segments["region"].equals(theirs.segments["region"])
            assert ours.losses.equals(theirs.losses)
            assert (ours.summary, ours.years, ours.notes) == (theirs.summary, theirs.years, theirs.notes)
    for account in ("K01", "K05"):
        assert explain(ours, store.lines(), account) == explain(theirs, at_once.lines, account)
