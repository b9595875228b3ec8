"""How does the list leave the product: pdf, xlsx, csv, json, parquet?"""

import csv
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from keyaccount.errors import KeyAccountError
from keyaccount.files import safe_cell
from keyaccount.find.document import Made, list_document
from keyaccount.find.explain import AccountYear
from keyaccount.find.key_accounts import ACCOUNT_COLUMNS, KeyAccountList
from keyaccount.find.sentences import concentration_sentence, department_sentence, headline, joined
from keyaccount.ledger.check import RefusedRow
from keyaccount.ledger.report import ReadReport
from keyaccount.paper import check_paper
from keyaccount.reasons import Reason

OUT_KINDS = (".csv", ".xlsx", ".json", ".parquet", ".pdf")


@dataclass(frozen=True)
class ReadOutcome:
    """What came of reading the files of a run."""

    report: ReadReport | None
    """Of the ledger; None where it was not read from files."""
    refused: tuple[RefusedRow, ...]
    """Of the ledger, the groups and the cost to serve."""


class OutKindError(KeyAccountError):
    """The ending of the file to write is none that we write."""


def check_kind(path: Path) -> None:
    """Before any work is done for a file that cannot be written.

    Raises OutKindError `out.kind`, PaperError `document.no_typst`.
    """
    if path.suffix.lower() not in OUT_KINDS:
        raise OutKindError("out.kind", file=str(path))
    if path.suffix.lower() == ".pdf":
        check_paper()


def write_list(
    path: Path, result: KeyAccountList, outcome: ReadOutcome, lang: str, run: dict[str, Any]
) -> None:
    """Write the list in the format that `path` ends in. `run` is what the reader must know of the run (`run_facts`)."""
    match path.suffix.lower():
        case ".csv":
            _write_csv(path, result, lang)
        case ".parquet":
            pq.write_table(with_reasons(result, lang), path)
        case ".json":
            path.write_text(list_json(result, outcome, lang, run), encoding="utf-8")
        case ".xlsx":
            from keyaccount.find.workbook import write_workbook

            document = list_document(result, made=Made.of_run(run))
            told = with_reasons(result, lang)
            write_workbook(path, document, lang, accounts=told, files=run["files"], refused=outcome.refused)
        case ".pdf":
            from keyaccount.find.board import board_pdf

            path.write_bytes(board_pdf(list_document(result, made=Made.of_run(run)), lang))


class Reasoned(Protocol):
    """Rows that say why: a `KeyAccountList`, or a part of its accounts."""

    @property
    def accounts(self) -> pa.Table: ...

    def reasons(self, row: Mapping[str, Any]) -> list[Reason]: ...


def with_reasons(result: Reasoned, lang: str) -> pa.Table:
    """The accounts with `reasons` (text) and `reason_codes` behind the first columns, as files carry them."""
    texts, codes = [], []
    for row in result.accounts.to_pylist():
        reasons = result.reasons(row)
        texts.append(joined(reasons, lang))
        codes.append(" ".join(reason.code for reason in reasons))
    first = result.accounts.select(list(ACCOUNT_COLUMNS))
    rest = [name for name in result.accounts.column_names if name not in ACCOUNT_COLUMNS]
    told = first.append_column("reasons", pa.array(texts, pa.string()))
    told = told.append_column("reason_codes", pa.array(codes, pa.string()))
    for name in rest:
        told = told.append_column(name, result.accounts[name])
    return told


def list_json(result: KeyAccountList, outcome: ReadOutcome, lang: str, run: dict[str, Any]) -> str:
    """The whole run as one JSON object; money as numbers with all their decimals."""
    content = {
        "run": run,
        "sentences": [
            headline(result, lang),
            concentration_sentence(result, lang),
            department_sentence(result, lang),
        ],
        "settings": asdict(result.settings),
        "summary": asdict(result.summary),
        "years": [asdict(year) for year in result.years],
        "losses": result.losses.to_pylist(),
        "segments": {field: rows.to_pylist() for field, rows in result.segments.items()},
        "whale": asdict(result.whale) if result.whale is not None else None,
        "curve": {
            "sales": result.sales_curve.to_pylist(),
            "profit": result.profit_curve.to_pylist() if result.profit_curve is not None else None,
        },
        "notes": [
            {"code": note.code, "values": dict(note.values), "text": note.text(lang)} for note in result.notes
        ],
        "accounts": list(_json_accounts(result, lang)),
        "read": _json_read(outcome.report) if outcome.report is not None else None,
        "refused": _json_refused(outcome, lang),
    }
    return json.dumps(content, ensure_ascii=False, default=json_value) + "\n"


def _json_accounts(result: KeyAccountList, lang: str) -> Iterator[dict[str, Any]]:
    for row in result.accounts.to_pylist():
        reasons = result.reasons(row)
        yield row | {
            "reasons": [
                {"code": one.code, "values": dict(one.values), "text": one.text(lang)} for one in reasons
            ]
        }


def account_year_json(year: AccountYear, outcome: ReadOutcome, lang: str, run: dict[str, Any]) -> str:
    """One account's year (`explain`) as a JSON object."""
    reasons = [{"code": one.code, "values": dict(one.values), "text": one.text(lang)} for one in year.reasons]
    content = {**asdict(year), "reasons": reasons, "run": run, "refused": _json_refused(outcome, lang)}
    return json.dumps(content, ensure_ascii=False, default=json_value) + "\n"


def _json_refused(outcome: ReadOutcome, lang: str) -> list[dict[str, Any]]:
    return [
        {
            "file": row.place,
            "row": row.row,
            "reason": row.reason(lang),
            "problems": [asdict(problem) for problem in row.problems],
        }
        for row in outcome.refused
    ]


def _json_read(report: ReadReport) -> dict[str, Any]:
    return {
        "rows": report.rows,
        "accepted": report.accepted,
        "refused": report.refused,
        "blank": report.blank,
        "money": report.money,
        "money_accepted": report.money_accepted,
        "money_refused": report.money_refused,
        "money_in_totals": report.money_in_totals,
        "reconciles": report.reconciles,
        "files": [asdict(file) for file in report.files],
    }


def json_value(value: Any) -> Any:
    """What `json.dumps` does not know: decimals, dates, paths, sets."""
    if isinstance(value, Decimal):
        # A float prints the same digits for any amount below a hundred billion.
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"no JSON for {type(value)}")


def _write_csv(path: Path, result: KeyAccountList, lang: str) -> None:
    told = with_reasons(result, lang)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(told.column_names)
        for batch in told.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                writer.writerow([_csv_value(value) for value in row.values()])


def _csv_value(value: Any) -> Any:
    if isinstance(value, str):
        return safe_cell(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value
