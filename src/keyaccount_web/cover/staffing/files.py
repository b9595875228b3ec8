"""How does staffing leave the product? One row per branch. (C5)"""

import io
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from keyaccount.language import message
from keyaccount_web.lists.exports import csv_lines, write_xlsx
from keyaccount_web.lists.kit import Column
from keyaccount_web.shell.templatetags.pages import lang

_EXACT = (
    "visit_hours", "call_hours", "executive_hours", "service_hours", "burst_hours", "hours", "capacity", "needed_exact",
    "actual_years",
)  # fmt: skip
_WHOLE = ("accounts", "needed", "norm", "quota", "actual", "gap")


def _of(name: str) -> Any:
    return lambda row: row[name]


def _cost(row: dict[str, Any]) -> Decimal | None:
    return None if row["cost"] is None else Decimal(str(row["cost"]))


COLUMNS = (
    Column("branch", "staffing.branch", value=_of("name")),
    *(Column(name, f"staffing.{name}", value=_of(name), show="count") for name in _WHOLE),
    *(Column(name, f"staffing.{name}", value=_of(name), show="text") for name in _EXACT),
    Column("cost", "staffing.cost_of_needed", value=_cost, show="money"),
)


def staffing_file(told: dict[str, Any], file_format: str, *, name: str = "staffing") -> HttpResponse:
    """The exact figures, by branch."""
    rows = told["branches"]
    if file_format == "csv":
        response = HttpResponse("".join(csv_lines(COLUMNS, rows)), content_type="text/csv; charset=utf-8")
    else:
        file = io.BytesIO()
        write_xlsx(file, message("section.staffing", lang()), COLUMNS, rows)
        response = HttpResponse(
            file.getvalue(),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    file_name = f"{name}-{timezone.localdate():%Y%m%d}.{file_format}"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response
