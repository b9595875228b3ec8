"""Are customers entered twice found, and those that only look alike left alone?"""

import csv
import io
import tomllib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.demo import demo_ledger
from keyaccount.errors import SettingError
from keyaccount.know.duplicates import (
    MOST_IN_BLOCK,
    AccountError,
    AccountIndex,
    DuplicateSettings,
    duplicate_records,
    find_duplicates,
    reasons_of,
)
from keyaccount.language import LANGUAGES
from keyaccount.tables import TableError

from ..data import ROOT
from .pairs import GOOD_TAX, OTHER_TAX, PAIRS


def accounts(*names, **columns):
    ids = [f"A{at}" for at in range(1, len(names) + 1)]
    return pa.table({"account_id": ids, "account_name": list(names), **columns})


def codes(row):
    return [reason.code for reason in reasons_of(row)]


def pairs(found):
    return {(row["account_id"], row["other_id"]) for row in found.to_pylist()}


class TestTrickyPairs:
    @pytest.mark.parametrize(("one", "other", "same", "columns"), PAIRS, ids=lambda value: str(value)[:30])
    def test_are_judged_as_by_hand(self, one, other, same, columns):
        found = find_duplicates(accounts(one, other, **{name: list(two) for name, two in columns.items()}))
        assert (found.num_rows == 1) == same, found.to_pylist()

    @pytest.mark.parametrize(("one", "other", "same", "columns"), PAIRS, ids=lambda value: str(value)[:30])
    def test_are_explained_in_both_languages(self, one, other, same, columns):
        found = find_duplicates(accounts(one, other, **{name: list(two) for name, two in columns.items()}))
        for row in found.to_pylist():
            assert all(reason.text(lang) for reason in reasons_of(row) for lang in LANGUAGES)


class TestTheDemoCompany:
    def test_has_all_its_duplicates_found_and_no_other(self):
        demo = demo_ledger()
        planted = {
            tuple(sorted((row["account_id"], row["note"])))
            for row in demo.traps.to_pylist()
            if row["trap"] == "duplicate"
        }
        found = find_duplicates(demo.accounts.select(["account_id", "account_name"]))
        assert len(planted) == 25
        assert pairs(found) == planted  # recall and precision 1


class TestTheWorkedExample:
    def test_gives_what_its_page_says(self):
        worked = tomllib.loads((ROOT / "docs" / "worked" / "duplicates.toml").read_text(encoding="utf-8"))
        given = csv.DictReader(io.StringIO(worked["accounts"].strip()))
        rows = [{name: cell or None for name, cell in row.items()} for row in given]
        found = find_duplicates(pa.Table.from_pylist(rows)).select(worked["columns"]).to_pylist()
        expected = list(csv.reader(io.StringIO(worked["expected"].strip())))
        assert [[str(cell) for cell in row.values()] for row in found] == expected
        assert len(found) == worked["summary"]["pairs"]


class TestTheScore:
    def test_of_names_of_which_one_has_no_place(self):
        (row,) = find_duplicates(accounts("温州瀚璞机械有限公司", "瀚璞机械有限公司")).to_pylist()
        assert row["score"] == 0.85
        assert codes(row) == ["duplicate.place_missing"]

    def test_adds_what_speaks_for_it(self):
        # 1 − (1 − 0.85) × (1 − 0.4) = 0.91
        found = find_duplicates(
            accounts("温州瀚璞机械有限公司", "瀚璞机械有限公司", phone=["13800138000", "+86 138-0013-8000"])
        )
        assert found["score"].to_pylist() == [0.91]
        assert codes(found.to_pylist()[0]) == ["duplicate.place_missing", "duplicate.same_phone"]

    def test_multiplies_what_speaks_against_it(self):
        # the same name 1 × two valid tax numbers 0.25 = 0.25, below 0.5: only with a weight of 0.6 it is listed
        two = accounts("瀚璞机械", "瀚璞机械", tax_number=[GOOD_TAX, OTHER_TAX])
        assert find_duplicates(two).num_rows == 0
        (row,) = find_duplicates(two, settings=DuplicateSettings(least=0.5, other_tax=0.6)).to_pylist()
        assert row["score"] == 0.6
        assert codes(row) == ["duplicate.same_name", "duplicate.against.tax"]

    def test_leaves_out_a_parent_and_its_member(self):
        two = accounts("瀚璞机械有限公司", "瀚璞机械股份有限公司", parent_id=["A2", None])
        assert find_duplicates(two).num_rows == 0

    def test_takes_no_notice_of_invalid_tax_numbers(self):
        two = accounts("瀚璞机械", "煜宸电器", tax_number=["无", "无"])
        assert find_duplicates(two).num_rows == 0

    @given(st.sampled_from(PAIRS), st.sampled_from(PAIRS))
    def test_is_the_same_whichever_comes_first(self, first, second):
        one, other = first[0], second[1]
        forward = find_duplicates(accounts(one, other)).to_pylist()
        back = find_duplicates(accounts(other, one)).to_pylist()
        assert [row["score"] for row in forward] == [row["score"] for row in back]
        assert [codes(row) for row in forward] == [codes(row) for row in back]
        assert all(0.7 <= row["score"] <= 1 for row in forward)


class TestThePairs:
    @given(st.randoms(use_true_random=False))
    def test_are_the_same_in_any_order_of_rows(self, chance):
        table = accounts(*(name for pair in PAIRS[:20] for name in pair[:2]))
        order = list(range(table.num_rows))
        chance.shuffle(order)
        assert find_duplicates(table.take(order)).equals(find_duplicates(table))

    def test_come_with_the_largest_score_first(self):
        found = find_duplicates(accounts("温州瀚璞机械", "瀚璞机械", "温州瀚璞机械有限公司"))
        assert found["score"].to_pylist() == [1.0, 0.85, 0.85]
        assert pairs(found) == {("A1", "A3"), ("A1", "A2"), ("A2", "A3")}

    def test_lead_to_their_records(self):
        table = accounts("瀚璞机械", "煜宸电器", "瀚璞 机械")
        (row,) = find_duplicates(table).to_pylist()
        assert duplicate_records(table, row)["account_id"].to_pylist() == ["A1", "A3"]

    def test_of_no_accounts_are_none(self):
        assert (
            find_duplicates(
                accounts().cast(pa.schema({"account_id": pa.string(), "account_name": pa.string()}))
            ).num_rows
            == 0
        )

    def test_are_none_where_names_are_missing(self):
        assert find_duplicates(accounts(None, None, "")).num_rows == 0


class TestTheIndex:
    def test_finds_whom_a_candidate_may_be(self):
        index = AccountIndex(accounts("温州瀚璞机械有限公司", "煜宸电器", "瀚璞机械有限公司"))
        found = index.similar({"account_name": "溫州瀚璞機械", "phone": None})
        assert found["other_id"].to_pylist() == ["A1", "A3"]
        assert found["score"].to_pylist() == [1.0, 0.85]

    def test_leaves_the_account_itself_out(self):
        index = AccountIndex(accounts("瀚璞机械", "瀚璞 机械"))
        assert index.similar({"account_id": "A1", "account_name": "瀚璞机械"})["other_id"].to_pylist() == [
            "A2"
        ]

    def test_takes_many_candidates_in_their_order(self):
        index = AccountIndex(accounts("瀚璞机械", "煜宸电器"))
        candidates = pa.table({"account_id": ["z", "a"], "account_name": ["煜宸电器", "瀚璞机械"]})
        found = index.similar_to(candidates)
        assert [(row["account_id"], row["other_id"]) for row in found.to_pylist()] == [
            ("z", "A2"),
            ("a", "A1"),
        ]

    def test_does_not_compare_for_what_too_many_share_and_says_so(self):
        index = AccountIndex(accounts(*["散户"] * (MOST_IN_BLOCK + 1)))
        assert index.duplicates().num_rows == 0
        assert ("散户", MOST_IN_BLOCK + 1) in index.crowded


class TestErrors:
    def test_name_the_column_that_is_missing(self):
        with pytest.raises(TableError, match="account_name"):
            find_duplicates(pa.table({"account_id": ["A"]}))

    def test_name_ids_that_stand_twice(self):
        with pytest.raises(AccountError) as caught:
            find_duplicates(pa.table({"account_id": ["A", "A"], "account_name": ["x", "y"]}))
        assert caught.value.code == "duplicates.same_id"

    def test_count_accounts_without_an_id(self):
        with pytest.raises(AccountError) as caught:
            find_duplicates(pa.table({"account_id": ["A", None], "account_name": ["x", "y"]}))
        assert caught.value.values == {"rows": [2]}

    def test_say_what_a_setting_may_be(self):
        with pytest.raises(SettingError):
            DuplicateSettings(least=0.4)
