"""Departments, people of other customers, maps of topics and lines in one workbook: in, out in the same shape, and back unchanged."""

import pytest

from keyaccount_web.know.models import Contact
from keyaccount_web.know.structure.models import (
    Department,
    Influence,
    InfluenceMap,
    MapPerson,
    Relation,
    Tie,
)
from tests.keyaccount_web.imports.books import CONTACTS, book, rows_of

BOOK = {
    "联系人": [CONTACTS, ("K7101", "C1", "陶然", None, None, None), ("K7101", "C2", "苏木", None, None, None), ("K7102", "D1", "方圆", None, None, None)],
    "人物关系": [("客户编号", "联系人", "对我们的立场", "图谱上第几列", "图谱上第几行"), ("K7101", "C1", "中立", 2, 1)],
    "客户的部门": [
        ("客户编号", "客户部门名称", "属于哪个部门", "排第几"),
        ("K7101", "轴承组", "采购部", 2), ("K7101", "采购部", None, None),
    ],
    "别家客户的人": [
        ("客户编号", "所属客户编号", "联系人", "在这里是", "采购角色", "对我们的立场", "图谱上第几列", "图谱上第几行"),
        ("K7101", "K7102", "D1", "集团顾问", "影响者", "支持者", 0, 2),
    ],
    "专题图谱": [
        ("客户编号", "专题", "所属客户编号", "联系人", "采购角色", "我方联系人用户名", "图谱上第几列", "图谱上第几行"),
        ("K7101", "轴承", None, "C1", "决策人", "owner", 0, 0),
        ("K7101", "轴承", "K7102", "D1", "影响者", None, None, None),
    ],
    "影响与对立": [
        ("客户编号", "专题", "谁所属的客户编号", "谁", "怎样", "对谁所属的客户编号", "对谁"),
        ("K7101", None, "K7102", "D1", "影响", None, "C1"),
        ("K7101", "轴承", None, "C1", "对立", "K7102", "D1"),
        ("K7101", "滑轨", None, "C1", "影响", None, "C2"),
    ],
}  # fmt: skip
MODELS = (Relation, Department, InfluenceMap, MapPerson, Influence, Tie, Contact)


def everything():
    return [list(one.objects.order_by("pk").values()) for one in MODELS]


@pytest.fixture
def brought(wizard, company):  # noqa: ARG001
    told = wizard("head").check(book(**BOOK))
    assert told.reasons() == {}
    return told.start()


class TestTheWorkbook:
    def test_comes_in_leaves_in_the_same_shape_and_changes_nothing(self, company, wizard, brought, as_user):
        assert brought.total == {"new": 12, "changed": 0, "unchanged": 0, "refused": 0}
        account = company.accounts["K7101"]
        tie = Tie.objects.get()
        assert (tie.account, tie.contact.name, tie.roles, tie.column, tie.row) == (account, "方圆", ["influencer"], 0, 2)  # fmt: skip
        held = MapPerson.objects.get(contact__name="陶然")
        assert (held.map.name, held.roles, held.covered_by.username) == ("轴承", ["decision_maker"], "owner")
        lines = {(str(one.map or ""), one.source.name, one.kind, one.target.name) for one in Influence.objects.all()}  # fmt: skip
        assert lines == {("", "方圆", "influence", "陶然"), ("轴承", "陶然", "conflict", "方圆"), ("滑轨", "陶然", "influence", "苏木")}  # fmt: skip
        before = everything()
        for lang in ("zh", "en"):
            answer = as_user("owner", lang=lang).get(f"/accounts/{account.pk}/records.xlsx")
            content = b"".join(answer.streaming_content)
            told = wizard("owner").check(content)
            assert told.reasons() == {}
            assert told.total["unchanged"] == told.told.report["rows"]
        assert rows_of(content)["Lines of influence"][1][:1] == ["K7101"]
        told.start()
        assert everything() == before
        assert Influence.history.first().history_change_reason == f"import {brought.pk}"

    def test_is_undone_with_the_maps_that_it_began(self, company, wizard):
        before = everything()
        told = wizard("head").check(book(**BOOK)).start()
        assert InfluenceMap.objects.count() == 2
        told.post(f"/imports/{told.pk}/undo/")
        assert everything() == before

    def test_leaves_out_who_is_of_a_customer_that_one_does_not_see(self, company, wizard, brought, as_user):
        company.accounts["K7102"].__class__.objects.filter(code="K7102").update(
            owner=company.users["colleague"]
        )
        answer = as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/records.xlsx")
        content = b"".join(answer.streaming_content)
        sheets = rows_of(content)
        assert "方圆" not in str(sheets)
        assert "别家客户的人" not in sheets


class TestRefusals:
    def test_name_what_is_wrong_and_where(self, company, wizard):
        departments = [
            ("客户编号", "客户部门名称", "属于哪个部门"),
            ("K7101", "甲", "乙"), ("K7101", "乙", "甲"), ("K7101", "丙", "没有这个"),
        ]  # fmt: skip
        person = company.accounts["K7101"].contacts.get().name
        lines = [("客户编号", "谁", "怎样", "对谁"), ("K7101", person, "影响", person)]
        ties = [("客户编号", "所属客户编号", "联系人"), ("K7101", "K7101", person)]
        off = [
            ("客户编号", "专题", "联系人", "图谱上第几列", "图谱上第几行"),
            ("K7101", "轴承", person, 99, 0),
        ]
        told = wizard("head").check(book(客户的部门=departments, 影响与对立=lines, 别家客户的人=ties, 专题图谱=off))  # fmt: skip
        reasons = told.reasons()
        assert "甲 → 乙 → 甲" in reasons["客户的部门", 2] or "乙 → 甲 → 乙" in reasons["客户的部门", 2]
        assert "没有这个" in reasons["客户的部门", 4]
        assert set(reasons) == {("客户的部门", 2), ("客户的部门", 3), ("客户的部门", 4), ("影响与对立", 2), ("别家客户的人", 2), ("专题图谱", 2)}  # fmt: skip

    def test_a_tie_that_is_missing_is_said_at_the_check(self, company, wizard):
        other = company.accounts["K7102"].contacts.get().name
        there = [("客户编号", "专题", "所属客户编号", "联系人"), ("K7101", "轴承", "K7102", other)]
        line = [
            ("客户编号", "谁所属的客户编号", "谁", "怎样", "对谁"),
            ("K7101", "K7102", other, "影响", company.accounts["K7101"].contacts.get().name),
        ]
        reasons = wizard("head").check(book(专题图谱=there, 影响与对立=line)).reasons()
        assert set(reasons) == {("专题图谱", 2), ("影响与对立", 2)}
        assert other in reasons["专题图谱", 2]
        tie = [("客户编号", "所属客户编号", "联系人"), ("K7101", "K7102", other)]
        assert wizard("head").check(book(别家客户的人=tie, 专题图谱=there, 影响与对立=line)).reasons() == {}
