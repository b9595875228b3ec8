"""Is every text there in both languages, and is every code that the program uses there at all?"""

import re
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

from keyaccount import language
from keyaccount.errors import KeyAccountError
from keyaccount.language import LANGUAGES, catalogue, message, reader_language

SOURCE = Path(__file__).resolve().parents[2] / "src" / "keyaccount"
CODE = r"[a-z_]+(?:\.[a-z_]+)+"


@pytest.fixture(autouse=True)
def _only_the_librarys_texts(monkeypatch):
    """Those of the web app are known, too, once a command of it has been looked at."""
    monkeypatch.setattr(language, "_packages", ["keyaccount.messages"])
    catalogue.cache_clear()
    yield
    catalogue.cache_clear()


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def source_text():
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(SOURCE.rglob("*.py")))


class TestEveryText:
    def test_stands_in_both_languages_with_the_same_values(self):
        for code, text in catalogue().items():
            assert set(text) == set(LANGUAGES), code
            assert placeholders(text["zh"]) == placeholders(text["en"]), code

    def test_is_chinese_in_chinese(self):
        shown_as_is = {
            "usage.other",
            "read.columns",
            "explain.title",
            "server.failed.found",
        }  # nothing but values
        for code, text in catalogue().items():
            plain = re.sub(r"\{[^}]*\}", "", text["zh"])
            assert code in shown_as_is or re.search(r"[\u4e00-\u9fff]", plain), code

    def test_has_chinese_punctuation_in_chinese(self):
        for code, text in catalogue().items():
            plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\w+://[^\s，。；]*", "", text["zh"])
            assert not re.search(r"[,;:!?()]", plain), code

    def test_has_no_chinese_in_english(self):
        for code, text in catalogue().items():
            assert not re.search(r"[\u4e00-\u9fff]", text["en"]), code


class TestEveryError:
    def test_that_is_raised_has_its_three_sentences(self):
        raised = set(re.findall(rf'Error\(\s*"({CODE})"', source_text()))
        assert len(raised) > 40
        for code in raised:
            for part in ("expected", "found", "to_do"):
                assert f"{code}.{part}" in catalogue(), code

    def test_in_the_catalogue_is_raised_somewhere(self):
        source = source_text()
        codes = {code.removesuffix(".expected") for code in catalogue() if code.endswith(".expected")}
        assert [code for code in sorted(codes) if f'"{code}"' not in source] == []

    def test_tells_expected_found_and_what_to_do(self):
        error = KeyAccountError("file.missing", file="账本.xlsx")
        assert error.text("zh") == "需要一个账本文件。没有找到 账本.xlsx。请核对路径和文件名。"
        assert error.as_dict("en") == {
            "code": "file.missing",
            "expected": "A ledger file is needed.",
            "found": "There is no file 账本.xlsx.",
            "to_do": "Check the path and the name.",
        }


class TestMessage:
    def test_shows_up_to_five_names_and_counts_them(self):
        names = [f"c{at}" for at in range(7)]
        assert (
            message("sheet.missing.found", "zh", file="a", sheets=names)
            == "a 里有：c0、c1、c2、c3、c4 等共 7 个。"
        )
        assert message("sheet.missing.found", "en", file="a", sheets=names[:2]) == "a has: c0, c1."

    def test_fails_for_a_code_that_is_not_there(self):
        with pytest.raises(KeyError):
            message("no.such.code", "zh")


class TestReaderLanguage:
    def test_is_chinese_unless_the_locale_says_english(self, monkeypatch):
        for name in ("KEYACCOUNT_LANG", "LC_ALL", "LC_MESSAGES"):
            monkeypatch.delenv(name, raising=False)
        for locale, lang in (
            ("C.UTF-8", "zh"),
            ("zh_CN.UTF-8", "zh"),
            ("en_GB.UTF-8", "en"),
            ("de_DE", "zh"),
        ):
            monkeypatch.setenv("LANG", locale)
            assert reader_language() == lang


class TestTheLibrary:
    def test_imports_nothing_heavy_until_used(self):
        # What takes time at import is Ibis, DuckDB, pandas and pyarrow; the web app's Django must never come along.
        script = "import sys, keyaccount; print([m for m in ('ibis', 'duckdb', 'pandas', 'pyarrow', 'django') if m in sys.modules])"
        assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"  # noqa: S603

    def test_gives_what_it_promises_by_name(self):
        import keyaccount

        assert all(getattr(keyaccount, name) for name in keyaccount.__all__)
        with pytest.raises(AttributeError):
            keyaccount.no_such_thing  # noqa: B018
