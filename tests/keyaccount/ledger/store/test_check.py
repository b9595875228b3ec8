"""A check finds what is not as it must be."""

import duckdb
import pytest

from keyaccount.language import message
from keyaccount.ledger.store.check import check_store, clean_store
from keyaccount.ledger.store.place import opened_to_write

from .stores import FEBRUARY, JANUARY, KEYED
from .test_overlap import CORRECTED, keyed


def findings(desk, *statements):
    """What a check says after somebody has meddled with the tables."""
    con = duckdb.connect()
    with opened_to_write(con, desk.place, "meddle", lambda _: None):
        for statement in statements:
            con.execute(statement)
    found = check_store(desk.place).findings
    for one in found:
        for lang in ("zh", "en"):
            assert "{" not in message(one.code, lang, **one.values)
    return [one.code for one in found]


@pytest.fixture
def filled(desk):
    desk.take(desk.file("a.csv", JANUARY))
    desk.take(desk.file("b.csv", FEBRUARY))
    desk.take(desk.file("c.csv", CORRECTED), on_overlap="replace")
    return desk


class TestCheck:
    def test_counts_what_is_there(self, filled):
        report = check_store(filled.place)
        assert (report.imports, report.lines, str(report.net_amount)) == (3, 5, "430.5000")
        assert (report.findings, report.left_over) == ((), ())

    @pytest.mark.parametrize(
        ("statement", "codes"),
        [
            ("DELETE FROM lake.lines WHERE account_id = 'K3'", ["check.lines", "check.sums"]),
            ("UPDATE lake.lines SET net_amount = net_amount + 0.0001 WHERE account_id = 'K3'", ["check.lines", "check.sums"]),
            ("UPDATE lake.rollup SET net_amount = net_amount + 0.0001 WHERE account_id = 'K3'", ["check.sums"]),
            ("DELETE FROM lake.rollup WHERE account_id = 'K3'", ["check.sums"]),
            ("INSERT INTO lake.rollup FROM lake.rollup WHERE account_id = 'K3'", ["check.sums"]),
            ("UPDATE lake.lines SET import_id = 9 WHERE account_id = 'K3'", ["check.lines", "check.strangers", "check.sums"]),
            ("DELETE FROM lake.displaced_lines WHERE account_id = 'K1'", ["check.lines", "check.touches"]),
            ("INSERT INTO lake.account_names VALUES (3, 'K1', 'x', DATE '2025-01-01')", ["check.sums"]),
        ],
    )  # fmt: skip
    def test_finds_every_meddling(self, filled, statement, codes):
        assert findings(filled, statement) == codes

    def test_finds_a_line_id_held_twice(self, desk):
        desk.take(desk.file("a.csv", keyed((1, JANUARY[0]), (2, JANUARY[1])), header=KEYED))
        found = findings(desk, "UPDATE lake.lines SET line_id = '1'")
        assert found == ["check.doubled"]

    def test_finds_a_missing_file(self, filled):
        next(filled.place.data.rglob("lines/*.parquet")).unlink()
        assert [one.code for one in check_store(filled.place).findings] == ["check.missing"]


class TestClean:
    def test_removes_what_nothing_needs(self, filled):
        orphan = next(filled.place.data.rglob("lines/*.parquet")).with_name("ducklake-of-nobody.parquet")
        orphan.write_bytes(b"x")
        (filled.place.refused / "99-x-refused.csv").write_text("x")
        report = check_store(filled.place)
        assert (report.findings, len(report.left_over)) == ((), 2)
        assert len(clean_store(filled.place)) == 2
        filled.assert_sound()
