"""What was it made of? Rows refused, settings beside their presets, every account for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pyarrow as pa

from keyaccount.find.settings import FindSettings
from keyaccount.find.workbook.look import MOST_ROWS, WIDTH, WIDTHS, Look
from keyaccount.ledger.check import RefusedRow


class MakingSheets(Look):
    """Sheets by which it can be made again."""

    def refused(self, refused: Sequence[RefusedRow]) -> None:
        rows = [
            [
                row.place,
                row.row,
                " ".join(problem.field or "" for problem in row.problems).strip(),
                " ".join(problem.value or "" for problem in row.problems).strip(),
                row.reason(self.lang),
            ]
            for row in refused
        ]
        self.add("sheet.refused", ("file", "row", "field", "value", "reason"), rows)

    def settings(self, files: Sequence[Mapping[str, Any]]) -> None:
        document, preset = self.document, FindSettings()
        rows: list[list[Any]] = [
            [
                self.text(f"setting_of.{field.name}"),
                _shown(getattr(document.settings, field.name)),
                _shown(getattr(preset, field.name)),
                f"find.{field.name}",
            ]
            for field in fields(FindSettings)
        ]
        made = {
            "keyaccount": document.version,
            "--unassigned": document.unassigned,
            self.text("document.source.run"): document.run,
            self.text("document.source.snapshot"): document.snapshot,
        }
        rows += [[name, value, None] for name, value in made.items() if value is not None]
        kept = [
            {self.text("document.source.file"): one.file, "SHA-256": one.sha256 or None}
            for one in document.imports
        ]
        for file in files or kept:
            rows += [[name, _shown(value), None] for name, value in file.items()]
        self.add("sheet.settings", ("setting", "value", "preset", "field"), rows)

    def all_accounts(self, told: pa.Table) -> None:
        """Every account under the field names, for formulas and programs."""
        sheet = self.new_sheet("accounts")
        sheet.freeze_panes(1, 2)
        sheet.write_row(0, 0, told.column_names, self.head)
        for at, name in enumerate(told.column_names):
            sheet.set_column(at, at, WIDTHS.get(name, WIDTH))
        for at, row in enumerate(told.slice(0, MOST_ROWS - 1).to_pylist(), start=1):
            for column, value in enumerate(row.values()):
                self.write(sheet, at, column, value, self.plain)


def _shown(value: Any) -> str | int | Decimal | None:
    if value is None or isinstance(value, (int, Decimal)):
        return value
    if isinstance(value, dict):
        return "; ".join(f"{name}={one}" for name, one in value.items())
    return str(value)
