"""Plans of the demo company: one with everything, of last year, and several of this year, of more than one manager."""

import datetime as dt
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.db.models import F
from PIL import Image, ImageDraw

from keyaccount_web.access.models import User
from keyaccount_web.approvals.services import decide
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans import acting, printing
from keyaccount_web.know.plans.approving import submit
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanRisk
from keyaccount_web.know.plans.reckoning import lines_of
from keyaccount_web.know.plans.reviewing import keep_review

_TEXTS = {
    "field_of_play": "总部采购中心和两个分厂的液压件、密封件、轴承用料。\n不含进口设备的原厂备件。",
    "value": "备货和夜间热线让停线时间减半；选型工程师驻厂，一次选对。",
    "how": "年度框架合同加每月滚动预测，常用型号设寄售库存。",
    "gain": "份额从四成到五成五，毛利率不降。",
    "three_years": "成为两个分厂的集成供应商，一起做下一代产线的选型。",
    "trends": "订单转向小批量、多品种，交期要求从九天缩到五天。",
    "opportunities": "三号线改造、备件集中采购。",
    "strengths": "本地仓库和驻厂工程师，对手两天到货，我们当天。",
    "vulnerability": "技术部只认一位总工，他明年退休。",
}
_SHARED = ("field_of_play", "value", "how", "three_years", "trends")
_REVIEWS = (
    (
        1,
        "备货先行，追加一名内勤。",
        "四月底前签框架合同。",
        "一季度准时交付率百分之九十六；双方同意常用型号备货两周。",
    ),
    (2, "阀门品类放慢，先查原因。", "约技术部做一次选型交流。", "上半年按计划；滚动预测从七月起每月对一次。"),
    (3, "把培训改成每季度一次。", "四季度集中补阀门。", "三季度完成两次培训，缺货从每月三次降到一次。"),
    (4, "明年继续框架合同，目标重新定。", "一月交新计划。", "全年约定多数做到，明年把交期写进合同。"),
)


def fill(manager: User, head: User, accounts: list[Account], today: dt.date, ledger_year: int) -> None:
    """`accounts`: those of the first manager, the largest first; `ledger_year`: the last that the ledger has whole."""
    _whole(manager, head, accounts[0], ledger_year, today)
    _begun(manager, accounts[0], today)
    for account in accounts[1:3]:
        _begun(manager, account, today)
    acting.start_plan(by=manager, account=accounts[3], year=today.year)
    colleagues = (
        User.objects.filter(accounts__figures__verdict="key").exclude(pk=manager.pk).order_by("pk").distinct()
    )
    for colleague in colleagues[:3]:
        theirs = Account.objects.filter(owner=colleague, figures__verdict="key")
        for account in theirs.select_related("figures").order_by(F("figures__sales").desc())[:1]:
            _begun(colleague, account, today)


def _goal(plan: AccountPlan, name: str, measure: str, target: Decimal | int, **more: Any) -> Goal:
    values: dict[str, Any] = {"due_on": dt.date(plan.year, 12, 31), **more}
    goal: Goal = acting.keep_part(
        Goal, by=plan.owner, parent=plan, name=name, measure=measure, target=Decimal(target), **values
    )
    return goal


def _action(goal: Goal, what: str, due: dt.date, owner: User, **more: Any) -> PlanAction:
    action: PlanAction = acting.keep_part(
        PlanAction, by=owner, parent=goal, what=what, due_on=due, owner=owner, **more
    )
    return action


def _whole(manager: User, head: User, account: Account, year: int, today: dt.date) -> None:
    """Everything that a plan can have: approved, reviewed each quarter, with what was agreed and the logo."""
    plan = acting.start_plan(by=manager, account=account, year=year)
    sales = account.figures.sales_year_before
    texts = {**_TEXTS, "level_now": "credible_source", "level_wanted": "problem_solver"}
    acting.keep_texts(plan, version=None, shared=_SHARED, **texts)
    goal = _goal(
        plan, "销售额守住去年的九成五", "sales", _round(sales * Decimal("0.95")), weight=3, is_shared=True
    )
    done = _action(goal, "签年度框架合同，锁定常用型号价格", dt.date(year, 4, 30), manager, is_shared=True)
    _action(goal, "每月和采购部对一次滚动预测", dt.date(year, 12, 20), manager, is_shared=True)
    profit = _goal(plan, "毛利守住", "profit", _round(sales * Decimal("0.16")), weight=2)
    _action(profit, "和采购争取两个型号的年度成本价", dt.date(year, 5, 31), head)
    category, bought = _most_bought(manager, account, year - 1)
    if category:
        goods = _goal(
            plan,
            f"{category}打开局面",
            "category",
            _round(bought * Decimal("1.15")),
            goods=category,
            is_shared=True,
        )
        _action(goods, "技术部选型交流，带两家用户的实测数据", dt.date(year, 9, 30), manager, is_shared=True)
    short = _goal(plan, "每月缺货次数降下来", "hand", 1, unit="次", base=Decimal(6), is_shared=True)
    _action(short, "按滚动预测设寄售库存", dt.date(year, 6, 30), manager, is_shared=True)
    visits = _goal(plan, "每两周到现场一次", "visits", 26)
    visit = _action(visits, "把分厂排进每月的拜访路线", dt.date(year, 3, 31), manager)
    acting.count_by_hand(short, reached=Decimal(1), on=dt.date(year, 12, 31))
    acting.close_action(done, by=manager, state="done", result="四月二十二日签了两年框架")
    acting.close_action(visit, by=manager, state="done", result="排进每月第一、三周")
    _risks(plan, manager, head)
    _commitments(plan, account, year)
    approval = submit(plan, by=manager, of=head, reason="年度经营计划，请审批")
    decide(approval, by=head, granted=True, answer="同意，阀门的目标每季度看一次", digest=approval.digest)
    plan = acting.plan_again(plan)
    for quarter, decisions, steps, told in _REVIEWS:
        keep_review(
            plan, by=manager, quarter=quarter, held_on=min(today, dt.date(year + quarter // 4, quarter * 3 % 12 + 1, 9)),
            decisions=decisions, next_steps=steps, told_customer=told,
        )  # fmt: skip
    printing.keep_logo(account, by=manager, name="客户标志.png", chunks=[_logo()])


def _risks(plan: AccountPlan, manager: User, head: User) -> None:
    for what, likelihood, effect, answer, owner in (
        ("总工退休，技术部换人", 3, 3, "上半年补两位支持者，请总工引见", manager),
        ("对手低价抢轴承单", 2, 2, "框架合同里写明两年价格", manager),
        ("应收超过信用额度", 1, 3, "", head),
    ):
        acting.keep_part(
            PlanRisk, by=manager, parent=plan, what=what, likelihood=likelihood, effect=effect, answer=answer, owner=owner
        )  # fmt: skip


def _commitments(plan: AccountPlan, account: Account, year: int) -> None:
    contact, day = account.contacts.first(), dt.date(year, 2, 18)
    agreed = {"agreed_by": contact, "agreed_on": day, "is_shared": True} if contact else {"is_shared": True}
    for what, topic, side, measure, due, state, word, note in (
        ("常用型号备两周安全库存", "stock", "ours", "每月缺货不超过一次", dt.date(year, 12, 31), "kept", "kept", "占资金约八十万，董事长已同意"),
        ("全年采购额不低于去年的九成五", "volume", "theirs", "按发票金额", dt.date(year, 12, 31), "kept", "open", ""),
        ("每季度给车间做一次选型培训", "training", "ours", "签到表", dt.date(year, 12, 20), "kept", "kept", ""),
        ("一起开发低噪声机型，各出一名工程师", "project", "ours", "样机通过测试", dt.date(year + 2, 6, 30), "open", "open", ""),
        ("旺季前两个月给出用量预测", "delivery", "theirs", "八月底前书面", dt.date(year, 8, 31), "broken", "broken", "今年晚了三周"),
    ):  # fmt: skip
        acting.keep_part(
            Commitment, by=plan.owner, parent=plan, what=what, topic=topic, side=side, measure=measure, due_on=due,
            state=state, their_word=word, note=note, **agreed,
        )  # fmt: skip
    acting.keep_part(
        Commitment, by=plan.owner, parent=plan, what="年底返利加一个点（还在谈）", topic="other", side="ours", due_on=dt.date(year, 12, 31)
    )  # fmt: skip


def _begun(owner: User, account: Account, today: dt.date) -> None:
    """This year's, as one finds it in the middle of the work: goals, an action that is overdue, blanks."""
    year = today.year
    last = Goal.objects.filter(plan__account=account, plan__year__lt=year, measure="sales").first()
    carry = [(last, dt.date(year, 12, 31), _round(last.target * Decimal("1.05")))] if last else []
    plan = acting.start_plan(by=owner, account=account, year=year, carry=carry)
    acting.keep_texts(plan, version=None, trends=_TEXTS["trends"], value=_TEXTS["value"])
    if not last:
        _goal(plan, "销售额比去年增一成", "sales", _round(account.figures.sales * Decimal("1.1")))
    visits = _goal(plan, "全年拜访二十次", "visits", 20)
    _action(visits, "把这家客户排进每月拜访", today - dt.timedelta(days=20), owner)
    short = _goal(plan, "投诉减半", "hand", 4, unit="起", base=Decimal(8))
    acting.count_by_hand(short, reached=Decimal(5), on=today)
    _action(short, "和仓库一起查三月的错发", min(today + dt.timedelta(days=25), dt.date(year, 12, 31)), owner)


def _most_bought(user: User, account: Account, year: int) -> tuple[str, Decimal]:
    """The category that the account bought most of in a year and the one before, and for how much a year; empty: none is known."""
    lines = lines_of(user, {account.code: account.code}, year)
    if lines is None or "category" not in lines.column_names or not lines.num_rows:
        return "", Decimal(0)
    sums = lines.group_by("category").aggregate([("net_amount", "sum")])
    most = sums.sort_by([("net_amount_sum", "descending")]).to_pylist()[0]
    return most["category"] or "", most["net_amount_sum"] / 2


def _round(amount: Decimal) -> Decimal:
    """To ten thousand, at least one of them."""
    return max(round(amount / 10_000), 1) * Decimal(10_000)


def _logo() -> bytes:
    """A mark that belongs to nobody: a gear's ring."""
    picture = Image.new("RGBA", (360, 120), (255, 255, 255, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((10, 10, 110, 110), outline="#a03c2c", width=16)
    pen.ellipse((42, 42, 78, 78), fill="#a03c2c")
    for at in range(3):
        pen.rounded_rectangle((140, 22 + at * 30, 340 - at * 50, 38 + at * 30), 6, fill="#a03c2c")
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
