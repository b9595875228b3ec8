"""How are the facts of a ledger kept, so that another process need not read the ledger again? (F7)"""

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
from pyarrow import feather

from keyaccount.find.account_years import periods_ending
from keyaccount.find.facts import AccountFacts

_TABLES = ("years", "groups", "merged")
_SEGMENT = "segment-"


def keep_facts(folder: Path, facts: AccountFacts, **more: pa.Table) -> None:
    """Write the facts, and further tables beside them, into a new folder; whole or not at all.

    Where the folder is there already, it stays: the same facts were kept by somebody else meanwhile.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
    try:
        tables = {
            "years": facts.years,
            "groups": _pairs(facts.groups),
            "merged": _pairs(facts.merged),
            **{f"{_SEGMENT}{field}": rows for field, rows in facts.segments.items()},
            **more,
        }
        for name, table in tables.items():
            feather.write_feather(table, made / f"{name}.arrow", compression="lz4")
        told = {
            "until": facts.until and facts.until.isoformat(),
            "year_until": facts.periods.year.until.isoformat(),
            "first_day": facts.first_day.isoformat(),
            "last_day": facts.last_day.isoformat(),
            "fields": sorted(facts.fields),
        }
        (made / "facts.json").write_text(json.dumps(told), encoding="utf-8")
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def kept_facts(folder: Path) -> tuple[AccountFacts, dict[str, pa.Table]] | None:
    """The facts that are kept in a folder, and the tables beside them; None: nothing is kept there."""
    try:
        told = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        tables = {file.stem: feather.read_table(file) for file in folder.glob("*.arrow")}
        # So that what is used stays when what is old goes.
        os.utime(folder)
    except FileNotFoundError:
        return None
    facts = AccountFacts(
        years=tables["years"],
        segments={
            name.removeprefix(_SEGMENT): rows
            for name, rows in sorted(tables.items())
            if name.startswith(_SEGMENT)
        },
        periods=periods_ending(dt.date.fromisoformat(told["year_until"])),
        first_day=dt.date.fromisoformat(told["first_day"]),
        last_day=dt.date.fromisoformat(told["last_day"]),
        until=dt.date.fromisoformat(told["until"]) if told["until"] else None,
        fields=frozenset(told["fields"]),
        groups=_mapping(tables["groups"]),
        merged=_mapping(tables["merged"]),
    )
    return facts, {
        name: table for name, table in tables.items() if name not in _TABLES and not name.startswith(_SEGMENT)
    }


def _pairs(mapping: Mapping[str, str]) -> pa.Table:
    ones, others = list(mapping), list(mapping.values())
    return pa.table({"one": pa.array(ones, pa.string()), "other": pa.array(others, pa.string())})


def _mapping(table: pa.Table) -> dict[str, str]:
    return dict(zip(table["one"].to_pylist(), table["other"].to_pylist(), strict=True))
