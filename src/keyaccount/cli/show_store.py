"""How do imports, their history and a check of the store look on a terminal, and as JSON?"""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.text import Text

from keyaccount.cli.show import REFUSED_SHOWN, console, table
from keyaccount.language import message, shown_names
from keyaccount.ledger.store.check import CheckReport
from keyaccount.ledger.store.imports import ImportOutcome
from keyaccount.ledger.store.overlap import Difference
from keyaccount.ledger.store.reading import History
from keyaccount.ledger.store.records import ImportRecord
from keyaccount.money import show_exact


def imported(outcome: ImportOutcome, lang: str) -> None:
    """What came of an import: what is in now, what was there already, what was refused."""
    out = console()
    for one in outcome.sources:
        for file, import_id in one.known:
            out.print(message("import.known", lang, file=file, n=import_id), soft_wrap=True)
        if one.import_id is not None:
            values = {
                "n": one.import_id,
                "source": one.source,
                "files": one.files,
                "lines": one.lines,
                "money": one.net_amount,
            }
            out.print(Text(message("import.done", lang, **values), style="bold"), soft_wrap=True)
        elif one.difference is not None and not one.known:
            out.print(message("import.unchanged", lang, source=one.source))
        if one.import_id is not None and one.difference is not None:
            difference(one.difference, lang)
            out.print(message(f"overlap.done.{one.on_overlap}", lang))
    _refused(outcome, lang)
    if outcome.upkeep.trouble:
        out.print(Text(message("upkeep.trouble", lang, reason=outcome.upkeep.trouble), style="yellow"))


def difference(one: Difference, lang: str) -> None:
    """What a re-sent period would change."""
    out = console()
    values = asdict(one)
    out.print(Text(message("overlap.there", lang, **values)), soft_wrap=True)
    rows = [
        [message("overlap.is_there", lang), f"{one.lines_there:,}", show_exact(one.amount_there, lang)],
        [message("overlap.again", lang), f"{one.lines_again:,}", show_exact(one.amount_again, lang)],
        [message("overlap.gone", lang), f"{one.lines_gone:,}", show_exact(one.amount_gone, lang)],
        [message("overlap.new", lang), f"{one.lines_new:,}", show_exact(one.amount_new, lang)],
    ]
    out.print(table(lang, ("overlap", "lines", "sales"), rows))
    if one.accounts_changed:
        out.print(Text(message("overlap.accounts", lang, **values)), soft_wrap=True)


def import_json(outcome: ImportOutcome, lang: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "sources": [asdict(one) for one in outcome.sources],
        "snapshot": outcome.snapshot,
        "read": {
            "rows": outcome.ledger.report.rows,
            "accepted": outcome.ledger.report.accepted,
            "refused": outcome.ledger.report.refused,
            "reconciles": outcome.ledger.report.reconciles,
        },
        "refused": [
            {"file": row.place, "row": row.row, "reason": row.reason(lang)} for row in outcome.refused
        ],
        "refused_files": list(outcome.refused_files),
        "trouble": outcome.upkeep.trouble,
    }


def history(told: History, lang: str) -> None:
    """The imports of a store, newest last, and its published results."""
    out = console()
    out.print(Text(message("store.place", lang, place=told.place.name), style="dim"), soft_wrap=True)
    if not told.imports:
        out.print(message("history.none", lang))
        return
    rows = [_history_row(record, lang) for record in told.imports]
    columns = ("import", "when", "who", "source", "file", "period", "lines", "sales", "refused_rows", "state")
    out.print(table(lang, columns, rows))
    total = sum((record.current_amount for record in told.imports), Decimal(0))
    lines = sum(record.current_lines for record in told.imports)
    out.print(Text(message("history.total", lang, lines=lines, money=total)))
    for one in told.published:
        values = {"name": one.name, "snapshot": one.snapshot, "by": one.published_by}
        out.print(message("history.published", lang, **values, day=one.published_at.date()), soft_wrap=True)


def _history_row(record: ImportRecord, lang: str) -> list[str]:
    files = [Path(file.file).name for file in record.files]
    period = f"{record.first_date} – {record.last_date}" if record.first_date else "—"
    return [
        str(record.import_id),
        record.imported_at.strftime("%Y-%m-%d %H:%M"),
        record.imported_by,
        record.source,
        shown_names(files, lang),
        period,
        f"{record.lines:,}",
        show_exact(record.net_amount, lang),
        f"{record.refused:,}",
        _state(record, lang),
    ]


def _state(record: ImportRecord, lang: str) -> str:
    if record.undone_at is not None:
        return message("state.undone", lang, by=record.undone_by, day=record.undone_at.date())
    if record.displaced_lines:
        values = {"n": record.displaced_lines, "imports": record.displaced_by}
        return message("state.displaced" if record.state == "displaced" else "state.in_part", lang, **values)
    return message("state.current", lang)


def history_json(told: History) -> dict[str, Any]:
    """The same for programs; moments in UTC."""
    return {
        "place": told.place.name,
        "imports": [
            {
                **asdict(record),
                "state": record.state,
                "current_lines": record.current_lines,
                "current_amount": record.current_amount,
            }
            for record in told.imports
        ],
        "published": [asdict(one) for one in told.published],
        "snapshots": [asdict(one) for one in told.snapshots],
    }


def checked(report: CheckReport, removed: Sequence[Path], lang: str) -> None:
    """Whether the store is sound, and what lies about."""
    out = console()
    values = {"imports": report.imports, "lines": report.lines, "money": report.net_amount}
    out.print(Text(message("check.counted", lang, **values)))
    for finding in report.findings:
        out.print(Text(message(finding.code, lang, **finding.values), style="bold red"), soft_wrap=True)
    if not report.findings:
        out.print(Text(message("check.sound", lang), style="green"))
    if removed:
        out.print(message("check.removed", lang, n=len(removed)))
    if report.left_over:
        files = [path.name for path in report.left_over]
        out.print(
            Text(message("check.left_over", lang, n=len(files), files=files), style="yellow"), soft_wrap=True
        )


def check_json(report: CheckReport, removed: Sequence[Path], lang: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "sound": not report.findings,
        "imports": report.imports,
        "lines": report.lines,
        "net_amount": report.net_amount,
        "findings": [
            {"code": one.code, "values": one.values, "text": message(one.code, lang, **one.values)}
            for one in report.findings
        ],
        "left_over": list(report.left_over),
        "removed": list(removed),
    }


def _refused(outcome: ImportOutcome, lang: str) -> None:
    rows = sorted(outcome.refused, key=lambda row: row.is_total)
    if not rows:
        return
    out = console()
    out.print(message("import.refused", lang, n=len(rows)))
    for row in rows[:REFUSED_SHOWN]:
        told = message("read.refused", lang, row=row.row, reason=row.reason(lang))
        out.print(Text(f"{row.place} {told}"), soft_wrap=True)
    if len(rows) > REFUSED_SHOWN:
        out.print(Text(message("read.refused_more", lang, n=len(rows) - REFUSED_SHOWN)))
    for path in outcome.refused_files:
        out.print(message("import.mend", lang, file=path), soft_wrap=True)
