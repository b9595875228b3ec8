"""By which method, settings and files was the list made?"""

from dataclasses import fields
from decimal import Decimal
from typing import Any

from keyaccount.find.board.writing import Column, Writing
from keyaccount.find.document import GUARDS
from keyaccount.find.settings import FindSettings
from keyaccount.language import message
from keyaccount.paper import breakable

MOST_FILES = 30


class Appendix(Writing):
    """The last pages."""

    def told(self) -> dict[str, Any]:
        document = self.document
        settings, basis = document.settings, document.settings.basis
        method = [
            self.text("method.rank", basis=self.text(f"method.basis.{basis}"), share=settings.share),
            self.rule("key"),
            *(self.rule(verdict) for verdict in (*GUARDS, "rising")),
            self.text("method.profit", cover=settings.cost_coverage),
        ]
        parts: list[dict[str, Any]] = [{"title": self.text("method"), "sentences": method, "table": None}]
        if document.notes:
            notes = [note.text(self.lang) for note in document.notes]
            parts.append({"title": self.text("notes"), "sentences": notes, "table": None})
        parts.append({"title": self.text("settings"), "sentences": [], "table": self._settings()})
        parts.append({"title": self.text("sources"), **self._sources()})
        return {"title": self.text("appendix"), "parts": parts}

    def _settings(self) -> dict[str, Any]:
        preset = FindSettings()
        columns = [
            Column(
                message("column.setting", self.lang),
                lambda name: message(f"setting_of.{name}", self.lang),
                "1fr",
            ),
            Column(
                message("column.value", self.lang),
                lambda name: self._set(name, self.document.settings),
                "30",
                right=True,
            ),
            Column(
                message("column.preset", self.lang), lambda name: self._set(name, preset), "30", right=True
            ),
        ]
        return self.table(columns, [one.name for one in fields(FindSettings)])

    def _set(self, name: str, settings: FindSettings) -> str:
        value = getattr(settings, name)
        if value is None:
            return "—"
        if name == "basis":
            return self.text(f"value.{value}")
        return f"{float(value) * 100:g}%" if isinstance(value, Decimal) else str(value)

    def _sources(self) -> dict[str, Any]:
        document = self.document
        rows: list[tuple[str, str]] = [
            (self.text("source.until"), f"{document.year.begin} – {document.year.until}"),
            (self.text("source.version"), f"keyaccount {document.version}"),
        ]
        rows += [(self.text("source.run"), str(document.run))] if document.run is not None else []
        rows += (
            [(self.text("source.snapshot"), str(document.snapshot))] if document.snapshot is not None else []
        )
        rows += [(self.text("source.unassigned"), document.unassigned)] if document.unassigned else []
        for one in document.imports[:MOST_FILES]:
            mark = self.text("fingerprint", sha256=one.sha256[:16]) if one.sha256 else ""
            rows.append((self.text("source.file"), "  ".join(filter(None, (one.file, one.source, mark)))))
        more = len(document.imports) - MOST_FILES
        columns = [
            Column(message("column.setting", self.lang), lambda row: row[0], "36"),
            Column(message("column.value", self.lang), lambda row: breakable(row[1]), "1fr"),
        ]
        sentences = [self.text("more_files", n=more)] if more > 0 else []
        return {"sentences": sentences, "table": self.table(columns, rows)}
