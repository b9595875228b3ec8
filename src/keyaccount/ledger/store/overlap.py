"""Does a delivery bring again what the store has already, and how does it differ? (design, "A re-sent period")

Lines with a line_id are known again by it. Lines without are known again by their day: where the source has lines of
the same days already, the delivery's period, from its first day to its last, has been sent again.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from keyaccount.ledger.store.tables import LINE_COLUMNS

# So much of what a new header brings stands there under another one, and it is no new source.
LOOK_ALIKE = 0.5

_CONTENT = ", ".join(name for name in LINE_COLUMNS if name not in ("file", "row"))


@dataclass(frozen=True)
class Difference:
    """What would change if the delivery took the place of what it brings again. Money [company currency]."""

    source: str
    imports: tuple[int, ...]
    """Those whose lines it brings again."""
    first_date: dt.date
    last_date: dt.date
    by_line_id: bool
    lines_there: int
    amount_there: Decimal
    lines_again: int
    amount_again: Decimal
    lines_gone: int
    """Lines there that the delivery does not have so."""
    amount_gone: Decimal
    lines_new: int
    """Lines of the delivery that are not there so."""
    amount_new: Decimal
    accounts: tuple[str, ...]
    """Those whose lines differ, by size of the difference; at most a thousand."""
    accounts_changed: int
    lines_besides: int
    """Lines of the delivery of other days or with other keys."""

    @property
    def is_none(self) -> bool:
        """Whether what is there would stay as it is."""
        return not self.lines_gone and not self.lines_new


@dataclass(frozen=True)
class Overlap:
    """Which lines of the store a delivery brings again (SQL over `lake.lines`), and the difference."""

    there: str
    difference: Difference


def overlap_of(
    con: duckdb.DuckDBPyConnection,
    source: str,
    imports: Sequence[int],
    *,
    new: str,
    since: dt.date | None = None,
) -> Overlap | None:
    """What the delivery in the view `new` brings again of the current `imports` of its source; None: nothing.

    `since`: the delivery is all that the source has from that day on, so every line there of those days is brought again.
    """
    if not imports:
        return None
    ids = ", ".join(map(str, imports))
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_keys AS SELECT line_id FROM {new} WHERE line_id IS NOT NULL"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE new_days AS SELECT DISTINCT date FROM {new} WHERE line_id IS NULL"
    )
    by_key = "line_id IN (FROM new_keys)"
    by_day = _same_days(con, ids, since)
    there = f"import_id IN ({ids}) AND ({by_key}{f' OR {by_day}' if by_day else ''})"
    lines, amount, first, last, found = con.execute(
        f"SELECT count(*), sum(net_amount), min(date), max(date), list(DISTINCT import_id) FROM lake.lines WHERE {there}"
    ).fetchone() or (0, None, None, None, [])
    if not lines:
        return None
    con.execute(
        "CREATE OR REPLACE TEMP TABLE common_days AS SELECT date FROM new_days SEMI JOIN "
        f"(SELECT date FROM lake.lines WHERE import_id IN ({ids}) AND {by_day or 'false'}) USING (date)"
    )
    again = (
        "true"
        if since
        else f"(line_id IN (SELECT line_id FROM lake.lines WHERE import_id IN ({ids}) AND {by_key}) "
        "OR (line_id IS NULL AND date IN (FROM common_days)))"
    )
    difference = _difference(con, new, again, there)
    keyed = con.execute("SELECT count(*) > 0 FROM new_keys").fetchone() == (True,)
    return Overlap(
        there,
        Difference(
            source=source,
            imports=tuple(sorted(found)),
            first_date=first,
            last_date=last,
            by_line_id=keyed and since is None,
            lines_there=lines,
            amount_there=amount,
            **difference,
        ),
    )


def look_alike(con: duckdb.DuckDBPyConnection, imports: dict[int, str], *, new: str) -> str | None:
    """The source, of several imports, that holds most of what the view `new` brings under a header never seen."""
    if not imports:
        return None
    ids = ", ".join(map(str, imports))
    rows = con.execute(
        f"WITH news AS (SELECT account_id, date, net_amount FROM {new}), "
        "known AS (SELECT import_id, count(*) AS lines FROM news JOIN (SELECT DISTINCT import_id, account_id, date, net_amount "
        f"FROM lake.lines WHERE import_id IN ({ids}) AND date BETWEEN (SELECT min(date) FROM news) AND (SELECT max(date) FROM news)) "
        "USING (account_id, date, net_amount) GROUP BY 1) "
        "SELECT import_id, lines, (SELECT count(*) FROM news) FROM known"
    ).fetchall()
    by_source: dict[str, int] = {}
    for import_id, lines, _ in rows:
        by_source[imports[import_id]] = by_source.get(imports[import_id], 0) + lines
    likely = max(by_source, key=lambda name: (by_source[name], name), default=None)
    return likely if likely is not None and by_source[likely] >= LOOK_ALIKE * rows[0][2] else None


def _same_days(con: duckdb.DuckDBPyConnection, ids: str, since: dt.date | None) -> str | None:
    """SQL for the lines there that are known again by their day; None: there are none."""
    if since is not None:
        return f"date >= DATE '{since}'"
    first, last = con.execute("SELECT min(date), max(date) FROM new_days").fetchone() or (None, None)
    if first is None:
        return None
    period = f"(line_id IS NULL AND date BETWEEN DATE '{first}' AND DATE '{last}')"
    query = f"SELECT count(*) FROM (FROM lake.lines WHERE import_id IN ({ids}) AND {period}) SEMI JOIN new_days USING (date)"
    return period if con.execute(query).fetchone() != (0,) else None


def _difference(con: duckdb.DuckDBPyConnection, new: str, again: str, there: str) -> dict[str, Any]:
    # Lines that look alike are real, so they are counted: three here and two there differ by one.
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE differing AS SELECT account_id, net_amount, sum(side) AS lines FROM ("
        f"SELECT {_CONTENT}, 1 AS side FROM {new} WHERE {again} UNION ALL "
        f"SELECT {_CONTENT}, -1 FROM lake.lines WHERE {there}) GROUP BY {_CONTENT} HAVING sum(side) <> 0"
    )
    row = con.execute(
        "SELECT coalesce(sum(-lines) FILTER (lines < 0), 0)::BIGINT, coalesce(sum(-lines * net_amount) FILTER (lines < 0), 0), "
        "coalesce(sum(lines) FILTER (lines > 0), 0)::BIGINT, coalesce(sum(lines * net_amount) FILTER (lines > 0), 0), "
        "count(DISTINCT account_id) FROM differing"
    ).fetchone()
    lines_gone, amount_gone, lines_new, amount_new, changed = row or (0, 0, 0, 0, 0)
    accounts = con.execute(
        "SELECT account_id FROM differing WHERE account_id IS NOT NULL GROUP BY 1 "
        "ORDER BY sum(abs(lines * net_amount)) DESC, account_id LIMIT 1000"
    ).fetchall()
    lines_again, amount_again, besides = con.execute(
        f"SELECT count(*) FILTER ({again}), coalesce(sum(net_amount) FILTER ({again}), 0), count(*) FILTER (NOT ({again})) "
        f"FROM {new}"
    ).fetchone() or (0, 0, 0)
    return {
        "lines_again": lines_again,
        "amount_again": Decimal(amount_again),
        "lines_gone": lines_gone,
        "amount_gone": Decimal(amount_gone),
        "lines_new": lines_new,
        "amount_new": Decimal(amount_new),
        "accounts": tuple(account for (account,) in accounts),
        "accounts_changed": changed,
        "lines_besides": besides,
    }
