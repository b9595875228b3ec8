"""The later chapters' records in one workbook: resolved together, contradictions refused, out and in again without a change (K9)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from keyaccount.know.workbook import KINDS
from keyaccount_web.cover.models import StaffSkill, Touch
from keyaccount_web.cover.terms.models import Terms
from keyaccount_web.cover.tiers.models import Placement
from keyaccount_web.find.models import KindDecision, KindFigures, SpecialStanding
from keyaccount_web.imports.models import ImportRow
from keyaccount_web.imports.sheets.registry import sheets
from keyaccount_web.imports.tasks import refresh_found
from keyaccount_web.know.events.models import Gift, Occasion
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.needs.models import Expectation, Need
from keyaccount_web.know.outlets.models import Outlet, OutletMonth, PriceBand
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanReview, PlanRisk
from keyaccount_web.know.profile.models import Credit, Finances, Production, Size
from keyaccount_web.know.rivals.models import KnownPurchases, Rival, RivalFact, SupplyFailure
from keyaccount_web.know.structure.models import Relation
from keyaccount_web.know.year.models import Assessment, BuyingStep, CustomerYear, YearTarget
from keyaccount_web.work.models import Comment, ToDo
from tests.keyaccount_web.imports.books import ACCOUNTS, CONTACTS, book, rows_of

SOURCE = ("从哪里知道的", "来源", "截至日期", "使用范围")
TOLD = ("客户告知", "采购会议", "2026-01-05", "公司内部可用")
YEAR = timezone.localdate().year
MODELS = (Relation, Need, RivalFact, KnownPurchases, Rival, Occasion, Outlet, OutletMonth, PriceBand, YearTarget, Touch, StaffSkill, Expectation, SupplyFailure, CustomerYear, Assessment, BuyingStep, Gift, AccountPlan, Goal, PlanAction, PlanRisk, Commitment, PlanReview, Size, Production, Finances, Credit, SpecialStanding, KindDecision, Placement, Terms)  # fmt: skip

EVERYTHING = {
    "门店月销售": [
        ("客户编号", "门店编号", "月份", "同类货销售额", "我们的货销售额", *SOURCE),
        ("N9001", "S01", "2025-11", 50000, "12,000.5", *TOLD),
    ],
    "人物关系": [
        ("客户编号", "客户名称", "联系人", "上级联系人", "采购角色", "对我们的立场", "我方联系人用户名"),
        ("N9001", "长风轴承", "陶然", "C2", "采购人、使用人", "支持者", "owner"),
        ("K7101", "云帆机械", "械机帆云", None, "决策人", None, None),
    ],
    "需求": [
        ("客户编号", "需求内容", "关于", "需求状态", "状态日期", "说过的人", "方案", *SOURCE),
        ("N9001", "要半天内送到", "交货", "已有方案", "2026-01-08", "陶然、苏木", "杭州设仓", *TOLD),
    ],
    "竞争对手": [
        ("客户编号", "竞争对手名称", "产品线", "价格", "价格单位", "客户给对手打分", *SOURCE),
        ("K7101", "恒达", "轴承", 12.5, "元/套", 4, *TOLD),
        ("N9001", "恒达", None, 13, "元/套", None, *TOLD),
    ],
    "年采购额": [
        ("客户编号", "年份", "采购总额", *SOURCE),
        ("K7101", YEAR, 1200000, *TOLD),
    ],
    "大事和生日": [
        ("客户编号", "大事种类", "谁的", "名称", "历法", "月", "日", "闰月", "开始日期", *SOURCE),
        ("N9001", "生日", "C2", None, "农历，每年", 6, 30, "是", None, *TOLD),
        ("N9001", "生日", "陶然", None, "公历，每年", 2, 29, None, None, *TOLD),
        ("K7101", "开业", None, "新厂开业", "只有一次", None, None, None, "2030-05-01", *TOLD),
    ],
    "门店": [
        ("客户编号", "门店编号", "门店名称", "门店种类", "纬度", "经度", *SOURCE),
        ("N9001", "S01", "西湖店", "专柜", 30.25, 120.16667, *TOLD),
    ],
    "门店价格段": [
        ("客户编号", "门店编号", "最低价", "最高价", "占销售额", *SOURCE),
        ("N9001", "S01", 0, 99, "40%", *TOLD),
        ("N9001", "S01", 99, None, 0.5, *TOLD),
    ],
    "客户目标": [
        ("客户编号", "年份", "谁定的", *(f"第 {n} 个月" for n in range(1, 13)), *SOURCE),
        ("K7101", YEAR, "我们定的（向我们买）", *(n * 1000 for n in range(1, 13)), *TOLD),
    ],
    "拜访与联系": [
        ("客户编号", "时间", "我方用户名", "方式", "见了谁", "分钟", "内容"),
        ("N9001", "2023-03-05 14:30", "owner", "拜访", "陶然；苏木", 45, "看了新产线"),
    ],
    "特殊身份": [
        ("客户编号", "身份", "身份起始日期", "身份截止日期", "身份依据"),
        ("N9001", "政府", "2025-01-01", None, "采购公告"),
    ],
    "类型与角色": [
        ("客户编号", "客户类型", "客户角色", "渠道通路", "判断理由"),
        ("K7101", "战略型", "战略客户", "自营直销", "联合开发新机型"),
        ("N9001", None, None, "经销商", None),
    ],
    "渠道与级别（手工）": [
        ("客户编号", "服务渠道", "客户级别", "手工定级理由"),
        ("N9001", "商业客户经理", "商企甲级", "边界试点"),
    ],
    "价格批准": [
        ("客户编号", "产品编号或名称", "批准起始日期", "批准人", "批准依据"),
        ("N9001", "P1", "2025-01-15", "区域总监韩立", "框架合同第三条"),
    ],
    "能力": [("用户名", "能力名称", "程度"), ("owner", "谈判", "能独立做")],
    "计划行动": [
        ("客户编号", "年份", "目标", "行动", "负责人用户名", "期限"),
        ("N9001", YEAR, "卖到 500 万", "每月对账", "owner", f"{YEAR}-06-30"),
    ],
    "计划目标": [
        ("客户编号", "年份", "目标", "怎样衡量", "单位", "年初是多少", "目标值", "已达到", "哪天数的", "期限", "权重", "与客户共享"),
        ("N9001", YEAR, "卖到 500 万", "销售额", None, None, 5000000, None, None, f"{YEAR}-12-31", 3, "是"),
        ("N9001", YEAR, "份额", "钱包份额", None, None, 35, None, None, f"{YEAR}-12-31", None, None),
        ("N9001", YEAR, "投诉", "人工计数", "件", 12, 4, 9, "2026-01-05", f"{YEAR}-12-31", None, None),
    ],
    "计划风险": [
        ("客户编号", "年份", "可能出什么事", "可能性", "影响", "应对"),
        ("N9001", YEAR, "采购经理要换人", "高", "中", "多认识两个人"),
    ],
    "计划文字": [
        ("客户编号", "年份", "作战范围", "我们的优势", "现在的关系层级", "客户可以看的文字"),
        ("N9001", YEAR, "三个厂的轴承\n先易后难", "半天到货", "问题解决者", "作战范围：在客户的哪些部分"),
    ],
    "计划约定": [
        ("客户编号", "年份", "约定", "约定关于", "哪一方做", "期限", "客户方谁同意", "哪天同意", "与客户共享", "客户的看法"),
        ("N9001", YEAR, "48 小时补货", "备货", "我们", f"{YEAR}-06-30", "苏木", "2026-01-05", "是", "做到"),
    ],
    "季度回顾": [
        ("客户编号", "年份", "季度", "哪天回顾的", "决定", "和客户说了什么"),
        ("N9001", YEAR, 1, f"{YEAR}-01-01", "先做一个厂", "按月对账"),
    ],
    "交货期望": [
        ("客户编号", "货品（空：全部）", "几天到货", "每批数量", "批量单位", "要培训", *SOURCE),
        ("N9001", None, 3, 500.5, "件", "否", *TOLD),
    ],
    "对手断供": [
        ("客户编号", "竞争对手名称", "怎么断的", "从哪天", *SOURCE),
        ("N9001", "恒达", "停产检修", "2026-01-02", *TOLD),
    ],
    "客户年度计划": [
        ("客户编号", "年份", "从几月开始", "重点", *SOURCE),
        ("N9001", YEAR, 4, "降库存\n开新店", *TOLD),
    ],
    "部门考核": [
        ("客户编号", "部门", "考核什么", "我们的产品占（%）", *SOURCE),
        ("N9001", "采购部", "采购成本", 20, *TOLD),
    ],
    "采购步骤": [
        ("客户编号", "第几步", "做什么", "谁批", "几个工作日", *SOURCE),
        ("N9001", 2, "签合同", "苏木", 5, *TOLD),
        ("N9001", 1, "技术确认", None, 3, *TOLD),
    ],
    "礼品与招待": [
        ("客户编号", "收受人", "联系人", "礼品种类", "内容", "价值", "哪天", "对方单位同意"),
        ("N9001", "陶然", "C1", "礼品", "茶叶", 60, "2026-01-05", None),
    ],
    "客户规模": [
        ("客户编号", "成立年份", "员工人数", "注册资本", *SOURCE),
        ("N9001", 1996, 380, 20000000, *TOLD),
    ],
    "生产和产量": [
        ("客户编号", "生产或经营什么", "一年产量", "产量单位", *SOURCE),
        ("N9001", "小家电", 120.5, "万台", *TOLD),
    ],
    "客户财务": [
        ("客户编号", "年份", "营业收入", "净利润", *SOURCE),
        ("N9001", 2025, 52000000, -300000, *TOLD),
    ],
    "信用和账期": [
        ("客户编号", "信用额度", "账期", "结算方式", "应收账款", "其中逾期", *SOURCE),
        ("N9001", 500000, 30, "由集团统一结算", 80000, 5000, *TOLD),
    ],
    "客户": [ACCOUNTS, ("N9001", "长风轴承", None, "HZ", "owner", "浙北", None)],
    "联系人": [CONTACTS, ("N9001", "C1", "陶然", None, None, None), ("N9001", "C2", "苏木", None, None, None)],
}  # fmt: skip


def everything():
    """Every record that further sheets may touch, versions and moments apart."""
    left = {"version", "recorded_at", "updated_at", "until"}
    told = [
        [{k: v for k, v in row.items() if k not in left} for row in one.objects.order_by("pk").values()]
        for one in (*MODELS, Account, Contact)
    ]
    return told, sorted(Touch.contacts.through.objects.values_list("touch", "contact"))


@pytest.fixture
def brought(wizard, company):  # noqa: ARG001
    """The whole workbook, by a head, who may bring every sheet of it."""
    told = wizard("head").check(book(**EVERYTHING))
    assert told.reasons() == {}
    assert not Account.objects.filter(code="N9001").exists()
    return told.start()


class TestAWorkbookOfAllSheets:
    def test_comes_in_resolved_together_and_again_changes_nothing(self, company, wizard, brought):
        assert brought.total == {"new": 43, "changed": 0, "unchanged": 0, "refused": 0}
        refresh_found.func(brought.pk)
        account = Account.objects.get(code="N9001")
        tao, su = account.contacts.order_by("code")
        relation = Relation.objects.get(contact=tao)
        assert (relation.reports_to, relation.roles, relation.stance) == (su, ["buyer", "user"], "supporter")
        assert relation.covered_by == company.users["owner"]
        need = Need.objects.get(account=account)
        assert (need.standing, need.began_as, need.owner.username) == ("proposed", "explicit", "owner")
        assert {one.contact for one in need.voices.all()} == {tao, su}
        assert Rival.objects.get().facts.count() == 2
        assert (Expectation.objects.get().lot_size, Expectation.objects.get().wants_training) == (
            Decimal("500.5"),
            False,
        )
        assert Rival.objects.get().failures.get().account == account
        assert CustomerYear.objects.get().priorities.split("\n") == ["降库存", "开新店"]
        assert [one.what for one in account.buying_steps.all()] == ["技术确认", "签合同"]
        assert (Size.objects.get().staff, Production.objects.get().output, Finances.objects.get().profit) == (
            380,
            Decimal("120.5"),
            -300000,
        )
        assert (Credit.objects.get().billing, Credit.objects.get().overdue) == ("group", 5000)
        gift = Gift.objects.get()
        assert (gift.contact, gift.state, gift.asked_by.username) == (tao, "approved", "head")
        plan = AccountPlan.objects.get()
        assert (plan.state, plan.owner.username, plan.standing != "empty") == ("draft", "owner", True)
        assert [one.target for one in plan.goals.all()] == [5000000, Decimal("0.35"), 4]
        assert (plan.field_of_play, plan.level_now, plan.shared) == ("三个厂的轴承\n先易后难", "problem_solver", ["field_of_play"])  # fmt: skip
        agreed = Commitment.objects.get()
        assert (agreed.plan, agreed.agreed_by, agreed.topic, agreed.their_word, agreed.state) == (plan, su, "stock", "kept", "open")  # fmt: skip
        review = PlanReview.objects.get()
        assert (review.plan, review.until, review.by.username) == (plan, dt.date(YEAR, 1, 1), "head")
        assert [one["name"] for one in review.figures["goals"]] == ["卖到 500 万", "份额", "投诉"]
        assert ToDo.objects.get(rule="know.plan_action").owner.username == "owner"
        leap = Occasion.objects.get(contact=su)
        assert (leap.calendar, leap.month, leap.day, leap.is_leap_month) == ("lunar", 6, 30, True)
        assert leap.next_on >= timezone.localdate()
        outlet = account.outlets.get()
        assert (outlet.kind, outlet.longitude) == ("counter", Decimal("120.16667"))
        assert outlet.months.get().our_sales == Decimal("12000.5")
        assert [one.share for one in outlet.bands.all()] == [Decimal("0.4"), Decimal("0.5")]
        target = YearTarget.objects.get()
        assert (target.target, target.months[11]) == (78000, "12000")
        touch = Touch.objects.get(account=account)
        assert timezone.localtime(touch.began_at) == timezone.make_aware(dt.datetime(2023, 3, 5, 14, 30))  # noqa: DTZ001
        assert set(touch.contacts.all()) == {tao, su}
        assert StaffSkill.objects.get().level == 2
        assert SpecialStanding.objects.get().entered_by.username == "head"
        told = company.accounts["K7101"].kind_decision
        assert (told.kind, told.role, told.route, told.decided_by.username) == (
            "strategic",
            "strategic",
            "own",
            "head",
        )
        shown = KindFigures.objects.get(account__code="K7101")
        assert (shown.kind, shown.role) == ("strategic", "strategic")
        entry = relation.history.get()
        assert (entry.history_user.username, entry.history_change_reason) == ("head", f"import {brought.pk}")
        before = everything()
        again = wizard("head").check(book(**EVERYTHING))
        assert again.total == {"new": 0, "changed": 0, "unchanged": 43, "refused": 0}
        again.start()
        assert everything() == before

    def test_goes_out_in_the_same_shape_and_back_without_a_change(self, company, wizard, brought, as_user):
        for lang in ("zh", "en"):
            answer = as_user("head", lang=lang).get(
                f"/accounts/{Account.objects.get(code='N9001').pk}/records.xlsx"
            )
            content = b"".join(answer.streaming_content)
            told = wizard("head").check(content)
            assert told.reasons() == {}
            # Account, two people, and what is known of them; the owner's skill.
            assert told.total == {"new": 0, "changed": 0, "unchanged": 37, "refused": 0}, lang
        assert rows_of(content)["Months of outlets"][1][3:6] == ["2025-11", 50000, 12000.5]

    def test_of_a_colleague_who_has_left_comes_back_but_names_them_for_nothing_new(
        self, company, wizard, brought, as_user
    ):
        company.users["owner"].__class__.objects.filter(username="owner").update(is_active=False)
        address = f"/accounts/{Account.objects.get(code='N9001').pk}/records.xlsx"
        content = b"".join(as_user("head").get(address).streaming_content)
        told = wizard("head").check(content)
        assert told.reasons() == {}
        assert told.total["unchanged"] == told.told.report["rows"]
        columns = ("客户编号", "需求内容", "跟进人用户名", "关于", "需求状态", "状态日期", *SOURCE)
        new = ("N9001", "又一件", "owner", "交货", "显性", "2026-01-08", *TOLD)
        need = [columns, ("N9001", "要半天内送到", "colleague", *[None] * 7), new]
        company.users["colleague"].__class__.objects.filter(username="colleague").update(is_active=False)
        assert set(wizard("head").check(book(需求=need)).reasons()) == {("需求", 2), ("需求", 3)}

    def test_several_people_in_a_cell_may_have_the_sign_between_them_in_their_names(
        self, company, wizard, brought
    ):
        new = [CONTACTS, ("N9001", None, "贝、姆", None, None, None)]
        need = [("客户编号", "需求内容", "说过的人"), ("N9001", "要半天内送到", "苏木；贝、姆、陶然")]
        told = wizard("head").check(book(联系人=new, 需求=need))  # fmt: skip
        assert told.reasons() == {}
        told.start()
        assert {one.contact.name for one in Need.objects.get().voices.all()} == {"陶然", "苏木", "贝、姆"}
        only = [need[0], ("N9001", "要半天内送到", "贝、姆")]
        assert wizard("head").check(book(需求=only)).total["unchanged"] == 1

    def test_is_undone_and_all_is_as_before(self, company, wizard):
        fact = RivalFact.objects.create(
            account=company.accounts["K7101"], rival=Rival.objects.create(name="远洋"), price=9,
            source_kind="customer", source="采购会议", dated="2026-01-05", permission="internal",
        )  # fmt: skip
        before = everything()
        more = {
            **EVERYTHING,
            "竞争对手": [*EVERYTHING["竞争对手"], ("K7101", "远洋", None, 8, "元", None, *TOLD)],
        }
        told = wizard("head").check(book(**more)).start()
        assert told.total["changed"] == 1
        fact.refresh_from_db()
        assert (fact.price, fact.version) == (8, 2)
        told.post(f"/imports/{told.pk}/undo/")
        assert told.told.state == "undone"
        assert everything() == before
        assert RivalFact.history.filter(id=fact.pk).first().history_change_reason == f"undo import {told.pk}"

    def test_is_not_undone_over_what_somebody_did_since(self, company, wizard, brought):
        Outlet.objects.update(name="别名")
        before = everything()
        page = brought.client.post(f"/imports/{brought.pk}/undo/", follow=True).content.decode()
        assert "N9001 + S01" in page
        assert everything() == before

    def test_is_not_undone_over_what_people_put_on_its_records(self, company, wizard, brought):
        need = Need.objects.get()
        Comment.objects.create(account=need.account, about_kind="need", about_id=need.pk, text="问过了", created_at=timezone.now())  # fmt: skip
        page = brought.client.post(f"/imports/{brought.pk}/undo/", follow=True).content.decode()
        assert "N9001 + 要半天内送到" in page
        assert Need.objects.exists()
        Comment.objects.all().delete()
        to_do = ToDo.objects.create(account=need.account, about_kind="account_plan", about_id=AccountPlan.objects.get().pk, owner=company.users["owner"], what="问一问", due_date=timezone.localdate(), created_at=timezone.now())  # fmt: skip
        page = brought.client.post(f"/imports/{brought.pk}/undo/", follow=True).content.decode()
        assert f"N9001 + {YEAR} + " in page
        to_do.delete()
        assert brought.post(f"/imports/{brought.pk}/undo/")
        assert brought.told.state == "undone"

    def test_takes_changed_cells_only_and_refuses_what_changed_after_the_check(
        self, company, wizard, brought
    ):
        mend = {"门店": [("客户编号", "门店编号", "城市"), ("N9001", "S01", "杭州")]}
        told = wizard("head").check(book(**mend))
        late = wizard("head").check(book(门店=[("客户编号", "门店编号", "城市"), ("N9001", "S01", "宁波")]))
        assert "杭州" in told.page()
        told.start()
        outlet = Outlet.objects.get()
        assert (outlet.city, outlet.name, outlet.kind) == ("杭州", "西湖店", "counter")
        late.start()
        assert "重新导入" in late.reasons()["门店", 2]
        assert Outlet.objects.get().city == "杭州"


class TestContradictions:
    def test_are_refused_with_both_places_and_nothing_is_half_written(self, company, wizard):
        before = everything()
        people = ("客户编号", "客户名称", "联系人", "上级联系人")
        told = wizard("head").check(
            book(
                客户=[ACCOUNTS, ("N1", "甲厂", None, "HZ", "owner"), ("N2", "乙厂", None, "HZ", "owner"), ("N3", "丁厂", None, "HZ", "owner")],
                联系人=[CONTACTS, *(("N1", None, name) for name in "天地玄黄"), ("N2", None, "宇")],
                人物关系=[
                    people,
                    ("N1", None, "天", "地"),
                    ("N1", None, "地", "玄"),
                    ("N1", None, "玄", "天"),
                    ("N1", None, "黄", "黄"),
                    ("N2", None, "宇", "天"),
                    ("K7101", "云帆重机", "械机帆云", None),
                    ("N2", None, "宇", None),
                ],
                大事和生日=[
                    EVERYTHING["大事和生日"][0],
                    ("N1", "生日", "天", None, "公历，每年", 2, 30, None, None, *TOLD),
                    ("N1", "生日", "地", None, "公历，每年", 6, 1, "是", None, *TOLD),
                    ("N1", "生日", "玄", None, "农历，每年", 6, 1, "是", None, *TOLD),
                    ("N1", "生日", "玄", None, "公历，每年", 7, 1, None, None, *TOLD),
                ],
                门店=[EVERYTHING["门店"][0], ("N2", "S1", "店", "专柜", None, 400, *TOLD)],
                门店月销售=[EVERYTHING["门店月销售"][0], ("N2", "S1", "2025-11", 5, None, *TOLD)],
                需求=[
                    ("客户编号", "客户名称", *EVERYTHING["需求"][0][1:]),
                    ("N3", "丙厂", "要快", "交货", "显性", "2026-01-08", None, None, *TOLD),
                    ("N1", "甲厂", "要快", "交货", "显性", "2026-01-08", "天", None, "客户告知", "内部资料", "2026-01-05", "公开，谁都可用"),
                ],
            )
        )  # fmt: skip
        why = told.reasons()
        ring = "天 → 地 → 玄 → 天（人物关系!2、人物关系!3、人物关系!4）"
        assert all(why["人物关系", row] == f"汇报关系成了一个圈：{ring}" for row in (2, 3, 4))
        assert "自己" in why["人物关系", 5]
        assert "另一家客户 甲厂（N1）的联系人，见工作表“联系人”第 2 行" in why["人物关系", 6]
        assert "叫“云帆机械”，写的是“云帆重机”" in why["人物关系", 7]
        assert "“人物关系”第 6 行" in why["人物关系", 8]
        assert "2 月 30 日" in why["大事和生日", 2]
        assert "闰月只用于农历" in why["大事和生日", 3]
        assert ("大事和生日", 4) not in why
        assert "“大事和生日”第 4 行" in why["大事和生日", 5]
        assert "一起填" in why["门店", 2]
        assert "“S1”" in why["门店月销售", 2]
        assert "工作表“客户”第 4 行的“丁厂”不一致" in why["需求", 2]
        assert "工作表“需求”第 2 行的“丙厂”不一致" in why["客户", 4]
        assert "内部资料" in why["需求", 3]
        assert everything() == before
        mended = rows_of(told.refused_book())
        assert [row[0] for row in mended["人物关系"][1:]] == [2, 3, 4, 5, 6, 7, 8]

    def test_rows_that_name_no_record_are_refused_with_the_others(self, company, wizard):
        """Of every sheet: a row without anything of its key, beside one that is right."""
        right = {name: rows[:2] for name, rows in EVERYTHING.items() if name in ("客户", "联系人")}
        empty = {
            name: [rows[0], *((*(None for _ in row[:-1]), "x") for row in rows[1:2])]
            for name, rows in EVERYTHING.items()
            if name not in right
        }
        told = wizard("head").check(book(**right, **empty))
        assert told.total == {"new": 2, "changed": 0, "unchanged": 0, "refused": len(empty)}
        assert [why for why in told.reasons().values() if "是空的：不知道是哪一条记录" not in why] == []

    def test_between_what_is_there_and_what_comes(self, company, wizard, brought):
        told = wizard("head").check(
            book(
                人物关系=[("客户编号", "联系人", "上级联系人"), ("N9001", "苏木", "C1")],
                门店价格段=[("客户编号", "门店编号", "最低价", "最高价", *SOURCE), ("N9001", "S01", 50, 60, *TOLD)],
                需求=[("客户编号", "需求内容", "需求状态"), ("N9001", "要半天内送到", "隐性")],
            )
        )  # fmt: skip
        why = told.reasons()
        assert "陶然 → 苏木 → 陶然" in why["人物关系", 2] or "苏木 → 陶然 → 苏木" in why["人物关系", 2]
        assert why["门店价格段", 2]
        assert why["需求", 2]


class TestScope:
    def test_a_manager_writes_on_their_own_accounts_and_touches_only(self, company, wizard):
        told = wizard("owner").check(
            book(
                年采购额=[EVERYTHING["年采购额"][0], *((code, YEAR, 5, *TOLD) for code in ("K7101", "K7401"))],
                拜访与联系=[
                    EVERYTHING["拜访与联系"][0],
                    ("K7101", "2025-03-05 14:30", "colleague", "拜访", None, 45, None),
                    ("K7101", "2025-03-05 14:30", "owner", "电话", None, 5, None),
                ],
                能力=EVERYTHING["能力"],
            )
        )  # fmt: skip
        assert set(told.reasons()) == {("年采购额", 3), ("拜访与联系", 2), ("能力", 2)}
        assert "没有编号为“K7401”" in told.reasons()["年采购额", 3]
        told.start()
        assert [one.account.code for one in KnownPurchases.objects.all()] == ["K7101"]

    def test_an_export_of_many_leaves_out_what_is_for_one_account(self, company, as_user, brought, tmp_path):
        from keyaccount_web.imports.sheets.exporting import accounts_for, write_export

        Need.objects.update(permission="account")
        owner = company.users["owner"]
        write_export(tmp_path / "x.xlsx", owner, accounts_for(owner, "mine"), "zh")
        told = rows_of((tmp_path / "x.xlsx").read_bytes())
        assert "需求" not in told
        assert any("1 条" in str(row[1]) for row in told["说明"])
        assert {row[0] for row in told["客户"][1:]} == {"K7101", "K7102", "K7103", "K7104", "N9001"}
        foreign = company.accounts["K7401"].pk
        assert as_user("owner").get(f"/accounts/{foreign}/records.xlsx").status_code == 404
        page = as_user("owner").get("/imports/").content.decode()
        assert all(sheet.kind.title(sheet.kind.fields[0].name, "zh") in page for sheet in sheets())


class TestRulesOfThePagesHold:
    def test_for_gifts_plans_and_steps(self, company, wizard, brought):
        account = Account.objects.get(code="N9001")
        gift, goal = EVERYTHING["礼品与招待"][0][:7], EVERYTHING["计划目标"][0]
        plain = (None, "礼品", "茶叶")
        Account.objects.filter(code="K7101").update(industry="政府机关")
        kept = Gift.objects.get()
        told = wizard("head").check(
            book(
                礼品与招待=[
                    (*gift, "登记状态", "公职人员"),
                    ("N9001", "陶然", None, "礼品", "茶叶", 60, "2026-01-05", "已送", None),
                    ("K7101", "张三", *plain, 1, "2026-01-06", None, None),
                    ("N9001", "李局长", *plain, 1, "2026-01-06", None, None),
                    ("N9001", "王五", *plain, 1, "2026-01-06", None, "是"),
                    ("N9001", "赵六", *plain, 999999, "2026-01-06", None, None),
                    ("N9001", "钱七", *plain, 250, "2026-01-06", None, None),
                    *(("N9001", "孙八", *plain, 90, f"2026-02-{day:02}", None, None) for day in range(1, 13)),
                ],
                采购步骤=[EVERYTHING["采购步骤"][0], ("N9001", 4, "付款", None, None, *TOLD)],
                计划目标=[
                    goal,
                    ("N9001", YEAR, "拜访", "拜访次数", None, None, 12, None, None, f"{YEAR + 1}-01-31", None, None),
                    ("N9001", YEAR, "毛利", "毛利", None, None, 12, None, None, f"{YEAR}-12-31", None, "是"),
                    ("N9001", YEAR, "天", "订货天数", "天", None, 12, None, None, f"{YEAR}-12-31", None, None),
                ],
                计划行动=[
                    EVERYTHING["计划行动"][0],
                    ("N9001", YEAR, "没有的目标", "做", None, f"{YEAR}-06-30"),
                    ("N9001", YEAR, "份额", "问一问", "nobody", f"{YEAR}-06-30"),
                ],
            )
        )  # fmt: skip
        why = told.reasons()
        assert ("礼品与招待", 2) not in why
        assert all("公职人员" in why["礼品与招待", row] for row in (3, 4, 5))
        assert "一次最多" in why["礼品与招待", 6]
        assert "要另一个人同意" in why["礼品与招待", 7] or "写明对方单位" in why["礼品与招待", 7]
        most = 1000  # a person and year; 11 × 90 = 990 may be, the twelfth not
        assert [row for row in range(8, 20) if ("礼品与招待", row) in why] == [19]
        assert str(most) in why["礼品与招待", 19]
        assert "没有第 3 步" in why["采购步骤", 2]
        assert set(why) >= {("计划目标", row) for row in (2, 3, 4)}
        assert "没有叫“没有的目标”" in why["计划行动", 2]
        assert ("计划行动", 3) in why
        told.start()
        kept.refresh_from_db()
        assert kept.state == "given"
        assert account.gifts.count() == 12

    def test_steps_are_numbered_anew_each_number_once(self, company, wizard, brought):
        columns = ("客户编号", "第几步", "做什么", *SOURCE)
        taken = wizard("head").check(book(采购步骤=[columns, ("N9001", 1, "签合同", *TOLD)]))
        assert "技术确认" in taken.reasons()["采购步骤", 2]
        rows = [("N9001", 1, "签合同", *TOLD), ("N9001", 3, "技术确认", *TOLD), ("N9001", 2, "看样", *TOLD)]
        told = wizard("head").check(book(采购步骤=[columns, *rows]))
        assert told.reasons() == {}
        told.start()
        steps = Account.objects.get(code="N9001").buying_steps
        assert [one.what for one in steps.all()] == ["签合同", "看样", "技术确认"]
        assert steps.get(what="签合同").approver.name == "苏木"
        assert told.post(f"/imports/{told.pk}/undo/")
        assert [(one.place, one.what) for one in steps.all()] == [(1, "技术确认"), (2, "签合同")]

    def test_for_what_is_agreed_and_for_reviews(self, company, wizard, brought):
        texts, agreed, review = (EVERYTHING[name][0] for name in ("计划文字", "计划约定", "季度回顾"))
        told = wizard("head").check(
            book(
                计划文字=[texts, ("N9001", YEAR, None, None, None, "我们的优势"), ("K7101", 1066, "守", None, None, None)],
                计划约定=[
                    agreed,
                    ("N9001", YEAR, "送样", "其他", "我们", f"{YEAR}-06-30", "苏木", None, "是", None),
                    ("N9001", YEAR, "培训", "培训", "我们", f"{YEAR}-06-30", "苏木", "2026-01-05", None, None),
                    ("N9001", YEAR, "年会", None, None, f"{YEAR}-06-30", None, None, None, None),
                ],
                季度回顾=[
                    (*review, "数字截至哪天"),
                    ("N9001", YEAR, 1, f"{YEAR}-01-01", "先做一个厂", None, f"{YEAR}-03-31"),
                    ("N9001", YEAR, 5, f"{YEAR}-01-01", "做", None, None),
                    ("K7101", YEAR, 1, f"{YEAR}-01-01", "做", None, None),
                    ("N9001", YEAR + 1, 1, f"{YEAR}-01-01", "做", None, None),
                ],
            )
        )  # fmt: skip
        assert set(told.reasons()) == {("计划文字", 2), ("计划文字", 3), *(("计划约定", row) for row in (2, 3, 4)), *(("季度回顾", row) for row in (2, 3, 4, 5))}  # fmt: skip
        assert "没有" in told.reasons()["季度回顾", 4]

    def test_a_plan_in_force_is_not_changed(self, company, wizard, brought):
        mend = book(
            计划风险=[
                ("客户编号", "年份", "可能出什么事", "应对"),
                ("N9001", YEAR, "采购经理要换人", "请客户总经理来"),
            ]
        )
        late = wizard("head").check(mend)
        assert late.reasons() == {}
        AccountPlan.objects.update(state="approved")
        assert "草稿" in wizard("head").check(mend).reasons()["计划风险", 2]
        late.start()
        assert "草稿" in late.reasons()["计划风险", 2]
        assert PlanRisk.objects.get().answer == "多认识两个人"


def test_the_name_of_every_sheet_fits_its_column():
    """PostgreSQL refuses what is longer; SQLite does not."""
    assert max(len(name) for name in KINDS) <= ImportRow._meta.get_field("kind").max_length
