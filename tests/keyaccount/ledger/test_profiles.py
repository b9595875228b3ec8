"""Is a source read next month as it was read this month?"""

import json
from decimal import Decimal

import pytest

from keyaccount import ReadOptions
from keyaccount.files import OutputError
from keyaccount.ledger.profiles import Profile, ProfileError, load_profile, profile_names, save_profile

from .files import HEADER, LATEST, amounts, assert_says_everything, dates, error, read, write_csv


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KEYACCOUNT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def with_profile(profile, **options):
    told = ReadOptions(latest=LATEST, **options).with_profile(profile)
    return {
        "columns": told.columns,
        "sheets": told.sheets,
        "date_order": told.date_order,
        "decimal_mark": told.decimal_mark,
    }


class TestSaveAndLoad:
    def test_gives_back_what_was_saved(self):
        profile = Profile({"account_id": "客户"}, ("一月",), "mdy", "comma")
        save_profile("erp", profile)
        assert load_profile("erp") == profile
        assert profile_names() == ["erp"]

    def test_replaces_an_older_one(self, home):
        save_profile("erp.v1", Profile({"date": "a"}))
        save_profile("erp.v1", Profile({"date": "b"}))
        assert load_profile("erp.v1").columns == {"date": "b"}
        assert [path.name for path in (home / "profiles").iterdir()] == ["erp.v1.json"]

    def test_names_those_that_are_there(self):
        save_profile("erp", Profile())
        with pytest.raises(ProfileError) as caught:
            load_profile("crm")
        assert caught.value.code == "profile.missing"
        assert "erp" in caught.value.text("zh")

    @pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "x\0y", "x" * 300])
    def test_refuses_names_that_are_no_file_names(self, name):
        with pytest.raises(ProfileError) as caught:
            save_profile(name, Profile())
        assert_says_everything(caught.value)

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "[]",
            '"x"',
            '{"x": 1}',
            '{"columns": "x"}',
            '{"columns": null}',
            '{"columns": {"date": ["a"]}}',
            '{"columns": {"date": 5}}',
            '{"decimal_mark": "foo"}',
            '{"date_order": "foo"}',
            '{"sheets": [7]}',
        ],
    )
    def test_refuses_a_file_that_it_did_not_write(self, home, content):
        (home / "profiles").mkdir(parents=True)
        (home / "profiles" / "erp.json").write_text(content, encoding="utf-8")
        with pytest.raises(ProfileError) as caught:
            load_profile("erp")
        assert caught.value.code == "profile.broken"

    def test_says_so_where_the_folder_cannot_be_written(self, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("x", encoding="utf-8")
        monkeypatch.setenv("KEYACCOUNT_HOME", str(tmp_path / "file"))
        with pytest.raises(OutputError) as caught:
            save_profile("erp", Profile())
        assert_says_everything(caught.value)


class TestReadWithProfile:
    def test_reads_next_month_without_a_guess(self, tmp_path):
        header = ("客户编号", "订单日期", "发货日期", "销售额")
        one = write_csv(
            tmp_path / "1.csv", [("C1", "31/01/2025", "x", "1.963,10")], header=header, delimiter=";"
        )
        two = write_csv(
            tmp_path / "2.csv", [("C1", "01/02/2025", "x", "1.963")], header=header, delimiter=";"
        )
        profile = read(one, columns={"date": "订单日期"}).sources[0].profile
        save_profile("erp", profile)
        ledger = read(two, **with_profile(load_profile("erp")))
        assert dates(ledger) == ["2025-02-01"]
        assert amounts(ledger) == [Decimal(1963)]

    def test_remembers_what_was_left_out_by_hand(self, tmp_path):
        path = write_csv(tmp_path / "1.csv", [("C1", "2025-01-01", "1", "9")], header=(*HEADER, "成本"))
        profile = read(path, columns={"cost": ""}).sources[0].profile
        assert "cost" not in read(path, **with_profile(profile)).lines.columns

    def test_remembers_no_order_that_the_dates_did_not_show(self, tmp_path):
        profile = read(write_csv(tmp_path / "1.csv", [("C1", "2025-01-01", "1")])).sources[0].profile
        ambiguous = write_csv(tmp_path / "2.csv", [("C1", "01/02/2025", "1")])
        assert error(ambiguous, **with_profile(profile)).code == "date.undecidable"

    def test_remembers_no_decimal_mark_that_the_amounts_did_not_show(self, tmp_path):
        profile = read(write_csv(tmp_path / "1.csv", [("C1", "2025-01-01", "1")])).sources[0].profile
        commas = write_csv(
            tmp_path / "2.csv",
            [("C1", "2025-01-01", "1.963,10"), ("C2", "2025-01-01", "12,5")],
            delimiter=";",
        )
        assert amounts(read(commas, **with_profile(profile))) == [Decimal("1963.1"), Decimal("12.5")]

    def test_gives_way_to_what_is_said_now(self):
        profile = Profile({"date": "a", "cost": "b"}, ("一月",), "mdy", "comma")
        told = with_profile(profile, columns={"date": "c"}, sheets=("二月",), date_order="dmy")
        assert told == {
            "columns": {"date": "c", "cost": "b"},
            "sheets": ("二月",),
            "date_order": "dmy",
            "decimal_mark": "comma",
        }

    def test_names_a_column_that_is_gone(self, tmp_path):
        path = write_csv(tmp_path / "1.csv", [("C1", "2025-01-01", "1")])
        assert error(path, **with_profile(Profile({"date": "订单日期"}))).code == "mapping.no_such_column"

    def test_is_written_for_people_to_read(self, home):
        save_profile("erp", Profile({"account_id": "客户"}))
        text = (home / "profiles" / "erp.json").read_text(encoding="utf-8")
        assert "客户" in text
        assert json.loads(text)["columns"] == {"account_id": "客户"}
