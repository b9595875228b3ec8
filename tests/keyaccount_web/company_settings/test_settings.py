"""What a company sets for itself: kept, refused, brought back, by whom."""

import re
from decimal import Decimal

import pytest

from keyaccount.errors import SettingError
from keyaccount_web.company.kinds import Choice, Number, Share, Text, Whole, words_of
from keyaccount_web.company.models import Setting
from keyaccount_web.company.presets import PRESETS, change_setting, chapters, setting, settings_of

SUPERIOR = "to_do.superior_after_days"


class TestAKindOfSetting:
    @pytest.mark.parametrize(
        ("preset", "typed", "value", "kept"),
        [
            (Whole("n", 3, most=365), " 7 ", 7, "7"),
            (Number("n", Decimal(1)), "1,234.50", Decimal("1234.50"), "1234.5"),
            (Share("n", Decimal("0.5")), "12.5%", Decimal("0.125"), "12.5"),
            (Share("n", Decimal("0.5")), "100", Decimal(1), "100"),
            (Choice("n", "a", choices=("a", "b")), "b", "b", "b"),
            (Text("n", ""), " 服务 ", "服务", "服务"),
        ],
    )
    def test_reads_what_is_typed_and_keeps_what_it_reads(self, preset, typed, value, kept):
        assert preset.read(typed) == value
        assert preset.kept(value) == kept
        assert preset.read(preset.kept(value)) == value

    @pytest.mark.parametrize(
        ("preset", "typed", "code"),
        [
            (Whole("n", 3, most=365), "366", "setting.range"),
            (Whole("n", 3), "-1", "setting.range"),
            (Whole("n", 3), "²", "setting.range"),
            (Whole("n", 3), "", "setting.range"),
            (Number("n", Decimal(1)), "NaN", "setting.range"),
            (Number("n", Decimal(1)), "1e999999", "setting.range"),
            (Share("n", Decimal("0.5")), "101", "setting.range"),
            (Choice("n", "a", choices=("a", "b")), "c", "setting.choice"),
            (Text("n", "", most=2), "一二三", "setting.length"),
        ],
    )
    def test_refuses_what_cannot_be_meant(self, preset, typed, code):
        with pytest.raises(SettingError) as refused:
            preset.read(typed)
        assert refused.value.code == code

    def test_lists_words_by_the_commas_of_either_script(self):
        assert words_of("服务，培训、安装;repair\n 咨询 ,") == ("服务", "培训", "安装", "repair", "咨询")


class TestASetting:
    def test_is_the_preset_until_the_company_says_otherwise(self, db):
        assert setting(SUPERIOR) == 7
        change_setting(SUPERIOR, 9)
        assert setting(SUPERIOR) == 9
        assert settings_of("to_do.") == {"owner_after_days": 3, "superior_after_days": 9}

    def test_is_the_preset_again_where_bounds_were_drawn_closer(self, db):
        Setting.objects.create(name=SUPERIOR, value="9000")
        assert setting(SUPERIOR) == 7

    def test_of_every_chapter_has_a_name_and_a_good_preset(self):
        for presets in chapters().values():
            for preset in presets:
                assert preset.title("zh")
                assert preset.title("en")
                assert preset.read(preset.kept(preset.value)) == preset.value, preset.name


def form(**changed):
    """The page of daily work as a browser sends it back."""
    told = {"chapter": "work"}
    for preset in chapters()["work"]:
        told[preset.name] = told[f"seen:{preset.name}"] = preset.kept(setting(preset.name))
    return told | changed


class TestThePage:
    def test_keeps_only_what_differs_from_the_preset(self, company, as_user):
        client = as_user("admin")
        assert "预设 7" in client.get("/settings/").content.decode()
        answer = client.post("/settings/", form(**{SUPERIOR: "0"}))
        assert (answer.status_code, answer["Location"]) == (302, "/settings/#work")
        assert list(Setting.objects.values_list("name", "value")) == [(SUPERIOR, "0")]
        client.post("/settings/", form(**{SUPERIOR: "7"}))
        assert not Setting.objects.exists()

    def test_tells_what_it_refuses_and_keeps_the_rest(self, company, as_user):
        answer = as_user("director").post(
            "/settings/", form(**{SUPERIOR: "5", "file.most_megabytes": "9000"})
        )
        body = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="9000"' in body
        assert "设置 每个文件最大（MB） 应在 1–200 之内" in body
        assert setting(SUPERIOR) == 5

    def test_does_not_undo_what_a_colleague_has_just_set(self, company, as_user):
        opened = form()
        change_setting(SUPERIOR, 20)
        # What was not touched stays the colleague's.
        assert as_user("admin").post("/settings/", opened).status_code == 302
        assert setting(SUPERIOR) == 20
        answer = as_user("admin").post("/settings/", opened | {SUPERIOR: "4"})
        assert answer.status_code == 422
        assert "改成了 20" in answer.content.decode()
        assert setting(SUPERIOR) == 20

    def test_brings_a_preset_back_and_remembers_who_did_what(self, company, as_user):
        client = as_user("director")
        client.post("/settings/", form(**{SUPERIOR: "5"}))
        assert client.post("/settings/back/", {"name": SUPERIOR}).status_code == 302
        assert setting(SUPERIOR) == 7
        body = client.get(f"/settings/history/?name={SUPERIOR}").content.decode()
        assert body.count("沈国栋") >= 3  # the head of the page, set, brought back
        assert "恢复预设" in body
        assert client.post("/settings/back/", {"name": "nothing"}).status_code == 404

    @pytest.mark.parametrize("username", ["owner", "head", "analyst", "planner", "executive"])
    def test_is_for_director_and_administrator_alone(self, company, as_user, username):
        client = as_user(username)
        assert client.get("/settings/").status_code == 403
        assert client.get("/settings/history/").status_code == 403
        assert client.post("/settings/", form(**{SUPERIOR: "5"})).status_code == 403
        assert client.post("/settings/back/", {"name": SUPERIOR}).status_code == 403
        assert 'href="/settings/"' not in client.get("/").content.decode()

    def test_asks_few_questions_of_the_database(self, company, as_user, django_assert_max_num_queries):
        client = as_user("director")
        for name in ("to_do.owner_after_days", SUPERIOR):
            change_setting(name, 11)
        with django_assert_max_num_queries(12):
            client.get("/settings/")

    def test_speaks_the_readers_language_alone(self, company, as_user):
        main = (
            as_user("director", lang="en").get("/settings/").content.decode().partition('tabindex="-1">')[2]
        )
        assert re.findall(r"[\u4e00-\u9fff]+", main) == []
        main = as_user("director").get("/settings/").content.decode().partition('tabindex="-1">')[2]
        assert set(re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", " ", main))) <= {"MB"}

    def test_is_where_the_old_address_leads(self, company, as_user):
        assert as_user("admin").get("/to-do/settings/")["Location"] == "/settings/"


def test_every_preset_belongs_to_a_chapter():
    assert {preset.name for presets in chapters().values() for preset in presets} == set(PRESETS)
