"""Reading a ledger leaves others memory to work with."""

import duckdb

from keyaccount.ledger.read import _desk


def gibibytes(con):
    (told,) = con.execute("SELECT current_setting('memory_limit')").fetchone()
    size, unit = told.split()
    return float(size) * {"MiB": 1 / 1024, "GiB": 1, "TiB": 1024}[unit]


def test_half_of_the_machines_memory_is_taken_at_most():
    preset = gibibytes(duckdb.connect()) / 0.8
    con, _folder = _desk()
    assert abs(gibibytes(con) / preset - 0.5) < 0.02
