"""Are names, telephone numbers and tax numbers written so that they can be compared?"""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.know.names import (
    MOST_READINGS,
    name_parts,
    normalise,
    phone_key,
    phone_keys,
    pinyin_keys,
    pinyin_query,
    readings,
    tax_key,
)
from keyaccount.know.places import as_places, place_at_start

PIECES = st.sampled_from(
    [
        "温州",
        "瀚璞",
        "机械",
        "機電",
        "有限公司",
        "股份",
        "集团",
        "分公司",
        "（",
        "）",
        "(",
        ")",
        " ",
        "　",
        "Co., Ltd.",
        "&",
        "AG",
        "S.A.",
        "c",
        "o",
        "１",
        "二",
        "号",
        "ü",
        "É",
        "·",
        "公司",
        "合伙企业",
        "ﬁ",
        "ß",
        "İ",
    ]
)
NAMES = st.lists(PIECES, max_size=10).map("".join) | st.text(max_size=20)


class TestNormalise:
    @pytest.mark.parametrize(
        ("name", "core"),
        [
            ("温州瀚璞机械有限公司", "温州瀚璞机械"),
            ("溫州 瀚璞機械　有限責任公司", "温州瀚璞机械"),
            ("瀚璞机械（温州）股份有限公司", "瀚璞机械温州"),
            ("瀚璞（集团）有限公司", "瀚璞集团"),
            ("瀚璞集团公司", "瀚璞集团"),
            ("温州瀚璞机械有限公司杭州分公司", "温州瀚璞机械杭州分公司"),
            ("上海瀚璞公司", "上海瀚璞"),
            ("瀚璞投资合伙企业（有限合伙）", "瀚璞投资合伙企业"),
            ("ＡＢＣ　Ｃｏ．，Ｌｔｄ．", "abc"),
            ("Müller & Co. KG", "muller"),
            ("Smith & Sons Inc.", "smithandsons"),
            ("Agfa AG", "agfa"),
            ("AG Tools", "agtools"),  # only at the end
            ("西湖SPA", "西湖spa"),  # a spa, not an Italian company
            ("杭州ABC Inc.", "杭州abc"),
            ("有限公司", "有限公司"),  # nothing else: kept
            ("***", ""),
            ("", ""),
            (None, ""),
        ],
    )
    def test_leaves_the_core(self, name, core):
        assert normalise(name) == core

    @given(NAMES)
    def test_changes_nothing_when_applied_twice(self, name):
        assert normalise(normalise(name)) == normalise(name)

    @given(NAMES)
    def test_leaves_letters_and_digits_only(self, name):
        assert all(letter.isalnum() or not letter.isascii() for letter in normalise(name))


class TestNameParts:
    def test_tells_place_brand_and_trade(self):
        parts = name_parts("浙江省温州市瀚璞精密机械有限公司")
        assert (parts.places, parts.brand, parts.trade) == ({"浙江", "温州"}, "瀚璞", "精密机械")
        assert parts.legal == "有限公司"

    def test_finds_the_place_in_brackets(self):
        assert name_parts("瀚璞机械（温州）有限公司").places == {"温州"}

    def test_gives_the_place_of_a_branch_to_the_branch(self):
        for name in ("温州瀚璞机械有限公司杭州分公司", "温州瀚璞机械杭州分公司"):
            assert (name_parts(name).places, name_parts(name).unit) == ({"温州"}, "杭州分公司")

    def test_keeps_a_hotel_whole(self):
        assert name_parts("江门珑林国际酒店有限公司").trade == "国际酒店"

    @pytest.mark.parametrize(
        ("name", "numerals"),
        [
            ("宏达超市一分店", (1,)),
            ("宏达2号店", (2,)),
            ("第十二中学", (12,)),
            ("第二〇三医院", (203,)),
            ("三一重工", ()),
            ("Store 12", (12,)),
        ],
    )
    def test_reads_numerals_that_count(self, name, numerals):
        assert name_parts(name).numerals == numerals

    def test_leaves_something_for_the_brand(self):
        assert name_parts("南京电器有限公司").brand == "电器"

    @given(NAMES)
    def test_reads_any_name(self, name):
        assert name_parts(name).core == normalise(name)


class TestPlaces:
    def test_take_their_endings_along(self):
        assert place_at_start("杭州市瀚璞") == ("杭州", 3)
        assert place_at_start("内蒙古自治区包头") == ("内蒙古", 6)
        assert place_at_start("瀚璞") == ("", 0)

    def test_make_up_the_whole_text_or_none(self):
        assert as_places("浙江省杭州市") == ("浙江", "杭州")
        assert as_places("杭州瀚璞") == ()


class TestPinyinKeys:
    @pytest.mark.parametrize(
        ("name", "likeliest", "also"),
        [
            ("重庆", "chongqing", "zhongqing"),
            ("长安", "changan", "zhangan"),
            ("单雄信", "danxiongxin", "shanxiongxin"),
            ("曾小贤", "cengxiaoxian", "zengxiaoxian"),
            ("仇英", "chouying", "qiuying"),
            ("乐清", "yueqing", "leqing"),
            ("女", "nv", "nv"),
        ],
    )
    def test_have_every_reading_the_likeliest_first(self, name, likeliest, also):
        keys = pinyin_keys(name)
        assert keys.full[0] == likeliest
        assert also in keys.full

    def test_have_initials_of_every_reading(self):
        assert {"cq", "zq"} <= set(pinyin_keys("重庆").initials)

    def test_set_the_legal_form_aside_and_keep_letters(self):
        assert pinyin_keys("ABC机械有限公司").full[0] == "abcjixie"
        assert pinyin_keys("ABC机械有限公司").initials[0] == "abcjx"

    def test_do_not_explode(self):
        keys = pinyin_keys("重行单乐曾解盖查朴" * 4)
        assert len(keys.full) == MOST_READINGS

    @given(NAMES)
    def test_are_at_most_so_many_and_differ(self, name):
        keys = pinyin_keys(name)
        assert len(keys.full) <= MOST_READINGS
        assert len(set(keys.full)) == len(keys.full)

    @given(NAMES)
    def test_have_a_reading_for_each_character(self, name):
        assert len(readings(normalise(name))) == len(normalise(name))


class TestPinyinQuery:
    def test_is_spelled_as_the_keys_are(self):
        assert pinyin_query("Lü yu") == "lvyu"
        assert pinyin_query("LYU") == "lv"
        assert pinyin_query("xi'an") == "xian"
        assert pinyin_query("hángzhōu") == "hangzhou"


class TestPhoneKey:
    @pytest.mark.parametrize(
        "text",
        [
            "0571-87654321",
            "(0571) 8765 4321",
            "+86 571 87654321",
            "0086-571-87654321",
            "８６５７１８７６５４３２１",
        ],
    )
    def test_is_the_same_however_written(self, text):
        assert phone_key(text).number == "+8657187654321"

    @pytest.mark.parametrize(
        "text",
        ["0571-87654321转802", "0571-87654321-802", "0571-87654321 ext. 802", "0571-87654321 分机：802"],
    )
    def test_keeps_the_extension_apart(self, text):
        assert (phone_key(text).number, phone_key(text).extension) == ("+8657187654321", "802")

    def test_of_what_is_not_valid_is_its_digits(self):
        assert (phone_key("955-88").number, phone_key("955-88").valid) == ("95588", False)
        assert phone_key("无").number == ""
        assert phone_key(None).number == ""

    def test_asks_for_the_country_of_numbers_without_one(self):
        assert phone_key("030 901820", region="DE").number == "+4930901820"

    def test_tells_several_in_a_cell_apart(self):
        numbers = [key.number for key in phone_keys("0571-87654321 / 138 0013 8000；无")]
        assert numbers == ["+8657187654321", "+8613800138000"]

    @given(st.text(max_size=30))
    def test_reads_anything(self, text):
        assert phone_key(text).number == "" or phone_key(text).number.lstrip("+").isdecimal()


class TestTaxKey:
    def test_knows_the_example_of_the_standard(self):
        # GB 32100-2015, annex: 91350100M000100Y4 asks for 3.
        assert tax_key("91350100M000100Y43") == tax_key(" 91350100m 000100-y43")
        assert tax_key("91350100M000100Y43").valid

    def test_of_a_wrong_check_character_is_not_valid(self):
        assert not tax_key("91350100M000100Y44").valid

    @given(st.integers(0, 16), st.sampled_from("0123456789"))
    def test_sees_every_single_wrong_digit(self, place, digit):
        good = "91350100M000100Y43"
        assert tax_key(good[:place] + digit + good[place + 1 :]).valid == (good[place] == digit)

    def test_mends_nothing(self):
        assert tax_key("9135O100M000100Y43").kind == "other"

    def test_of_the_old_form_names_the_same_organisation(self):
        old, new = tax_key("330100799655058"), tax_key("91330100799655058B")
        assert (old.kind, new.kind) == ("old", "uscc")
        assert old.organisation == tax_key("330100799655058").organisation
        assert new.organisation == "79965505" + "8"

    def test_of_nothing_is_empty(self):
        assert tax_key(None).number == ""
        assert not tax_key("无").valid


def test_importing_it_is_quick():
    script = (
        "import sys, keyaccount.know.names;"
        "print([m for m in ('opencc', 'pypinyin', 'phonenumbers', 'ibis', 'pyarrow') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"  # noqa: S603
