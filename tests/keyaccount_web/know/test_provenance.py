"""Does every fact say where it is from, and is what is not ours refused?"""

import datetime as dt

import pytest
from django.utils import timezone, translation

from keyaccount_web.know.provenance import (
    CONFIDENTIAL,
    FactError,
    Sourced,
    SourcedForm,
    checked_source,
    source_initial,
)

TOLD = {
    "source_kind": "published",
    "source": "2025 年年报，第 12 页",
    "dated": dt.date(2025, 12, 31),
    "permission": "public",
}


class TestCheckedSource:
    def test_gives_the_fields_that_are_kept(self):
        kept = checked_source(by=None, **TOLD | {"source": "  年报 "})
        assert kept["source"] == "年报"
        assert set(kept) == {field.name for field in Sourced._meta.get_fields()}

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"permission": CONFIDENTIAL}, "fact.confidential"),
            ({"permission": "whatever"}, "fact.kind"),
            ({"source_kind": "spied"}, "fact.kind"),
            ({"source": " "}, "fact.no_source"),
            ({"source": "采购部文件（机密）"}, "fact.confidential_mark"),
            ({"source": "Price list, CONFIDENTIAL"}, "fact.confidential_mark"),
            ({"source": "a confidential paper", "source_kind": "customer"}, "fact.confidential_mark"),
        ],
    )
    def test_refuses_what_is_not_ours_or_from_nowhere(self, change, code):
        with pytest.raises(FactError) as refused:
            checked_source(by=None, **TOLD | change)
        assert refused.value.code == code
        assert refused.value.text("zh")
        assert refused.value.text("en")

    def test_refuses_a_fact_of_tomorrow(self):
        tomorrow = timezone.localdate() + dt.timedelta(days=1)
        with pytest.raises(FactError) as refused:
            checked_source(by=None, **TOLD | {"dated": tomorrow})
        assert refused.value.code == "fact.future"

    def test_takes_a_marked_paper_that_the_customer_handed_over_for_its_own_account(self):
        given = TOLD | {"source": "采购计划（机密）", "source_kind": "customer", "permission": "account"}
        assert checked_source(by=None, **given)["permission"] == "account"

    def test_does_not_take_a_secretary_for_a_secret(self):
        assert checked_source(by=None, **TOLD | {"source": "The secretary of Mr Li"})


class TestSourcedForm:
    def test_begins_as_a_word_of_the_customer_today(self):
        form = SourcedForm(initial=source_initial(source="李主任"))
        assert form["dated"].value() == timezone.localdate()
        assert form["source"].value() == "李主任"

    def test_refuses_at_the_field_that_says_so(self):
        with translation.override("zh-hans"):
            form = SourcedForm(TOLD | {"permission": CONFIDENTIAL})
            assert not form.is_valid()
            assert list(form.errors) == ["permission"]
            assert "没有被保存" in form.errors["permission"][0]

    def test_gives_what_the_services_take(self):
        form = SourcedForm(TOLD)
        assert form.is_valid()
        assert form.cleaned_data == TOLD
