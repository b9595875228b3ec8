"""What did the demo company's managers do with their key accounts in the last year? Some keep the standards, some do not."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Role
from keyaccount_web.company.presets import change_setting
from keyaccount_web.cover.due import refresh_due
from keyaccount_web.cover.models import Sign, Skill, SkillNeed, StaffSkill, Touch, Training
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.work.working_days import is_worked

SEED = 20251231
CITIES = {
    "HZ": ("30.27410", "120.15510"),
    "NB": ("29.87390", "121.55030"),
    "WZ": ("27.99490", "120.69940"),
    "NJ": ("32.06030", "118.79690"),
    "SZ": ("31.29890", "120.58530"),
    "XZ": ("34.20580", "117.28570"),
    "GZ": ("23.12910", "113.26440"),
    "SX": ("22.54310", "114.05790"),
}
VISITS = (
    ("看了二号车间的新产线，下季度要加两台空压机。", "两台变频空压机，十月前到货", "", ""),
    ("和采购核对了三季度的量，价格没有异议。", "", "", "常用件够用三周"),
    ("对方反映上月到货晚了三天，已说明原因，约定改走宁波仓。", "到货准时", "", ""),
    ("设备部在比较两家的节能方案，想要能耗数据。", "节能改造", "恒泰报价低 6%，账期 90 天", ""),
    ("陪技术支持做了一次巡检，两台机器需要换滤芯。", "", "", "滤芯还有 4 个"),
    ("谈明年的框架合同，对方希望账期延长到 60 天。", "账期 60 天", "", ""),
    ("新任采购经理第一次见面，介绍了服务流程。", "", "", ""),
    ("盘点了仓库，部分型号积压，约定下月起减量。", "", "", "积压约一个半月的用量"),
    ("对方新厂十二月投产，需要配套清单。", "新厂配套", "海川也在跟进", ""),
)
CALLS = (
    "确认本月订单和到货日期。",
    "回答了报价里的两个问题。",
    "提醒对账单，对方周五前回传。",
    "问了停产检修的安排。",
    "没有新的需求，下月再联系。",
)
NEXT = ("发能耗对比表", "报两台变频机的价格", "约设备部下次巡检", "把合同草稿发给对方", "核对到货日期", "")
SKILLS = ("价格谈判", "方案设计", "节能技术", "招投标", "项目管理", "医院采购流程")


def fill_cover() -> None:
    """A year of touches and what comes before it up to today, two signs, skills with who has them. Few statements, whatever the number of rows."""
    # Its customers are larger than those of our source: what is asked for every diamond there would take more managers than it has.
    for tier in ("diamond", "platinum"):
        change_setting(f"standards.{tier}.visit.period", "quarter")
        change_setting(f"standards.{tier}.visit.times", 2)
        change_setting(f"standards.{tier}.call.times", 1)
        change_setting(f"standards.{tier}.executive.times", 0)
    chance = random.Random(SEED)  # noqa: S311 - invented days
    today = timezone.localdate()
    accounts = list(
        Account.objects.filter(figures__verdict="key", owner__isnull=False)
        .select_related("unit", "owner")
        .order_by("-figures__sales")
    )
    contacts: dict[int, list[int]] = {}
    for account_id, pk in (
        Contact.objects.filter(account__in=accounts).order_by("pk").values_list("account_id", "pk")
    ):
        contacts.setdefault(account_id, []).append(pk)
    executive = User.objects.filter(posts__role=Role.EXECUTIVE).first()
    owners = sorted({one.owner_id for one in accounts if one.owner_id})
    touches: list[Touch] = []
    for place, account in enumerate(accounts):
        diligence = (1.0, 0.85, 1.15, 0.6, 0.95)[owners.index(account.owner_id or 0) % 5]
        touches += _of(
            account, 43 / diligence, 28 / diligence, today, chance, executive if place < 15 else None
        )
    touches.sort(key=lambda one: one.began_at)
    Touch.objects.bulk_create(touches, batch_size=400)
    made = Touch.objects.order_by("pk").values_list("pk", "account_id", "kind")
    links = [
        Touch.contacts.through(touch_id=pk, contact_id=chance.choice(contacts[account_id]))
        for pk, account_id, kind in made
        if account_id in contacts and kind == Touch.Kind.VISIT
    ]
    Touch.contacts.through.objects.bulk_create(links, batch_size=400)
    told = (("change", "听说要和同城的一家合并采购"), ("churn", "最近两个月改向恒泰订滤芯"))
    for account, (kind, what) in zip(accounts[4:6], told, strict=True):
        Sign.objects.create(
            account=account, kind=kind, what=what, noted_date=today - dt.timedelta(2), by=account.owner
        )
    _skills(chance, today)
    refresh_due()


def _of(
    account: Account,
    every: float,
    calls: float,
    today: dt.date,
    chance: random.Random,
    executive: User | None,
) -> list[Touch]:
    """One account's year."""
    found = []
    for kind, usual in ((Touch.Kind.VISIT, every), (Touch.Kind.CALL, calls)):
        day = today - dt.timedelta(chance.randrange(1, max(2, round(usual * 1.2))))
        while day > today - dt.timedelta(400):
            found.append(_touch(account, kind, _worked(day), chance))
            day -= dt.timedelta(max(3, round(chance.gauss(usual, usual / 5))))
    if executive is not None:
        for back in (40, 170, 290):
            one = _touch(account, Touch.Kind.VISIT, _worked(today - dt.timedelta(back)), chance)
            one.is_executive, one.minutes, one.by = True, 180, executive
            one.summary = "拜访对方总经理，谈明年的合作方向和联合项目。"
            found.append(one)
    return found


def _worked(day: dt.date) -> dt.date:
    while not is_worked(day):
        day -= dt.timedelta(1)
    return day


def _touch(account: Account, kind: str, day: dt.date, chance: random.Random) -> Touch:
    at = timezone.make_aware(
        dt.datetime.combine(day, dt.time(chance.randrange(9, 17), chance.choice((0, 15, 30))))
    )
    told: dict[str, Any] = {
        "account": account,
        "by": account.owner,
        "kind": kind,
        "began_at": at,
        "recorded_at": at,
    }
    if kind == Touch.Kind.CALL:
        if chance.random() < 0.15:
            told["kind"] = Touch.Kind.VIDEO
        return Touch(minutes=chance.choice((10, 15, 20, 30)), summary=chance.choice(CALLS), **told)
    summary, needs, rivals, stock = chance.choice(VISITS)
    touch = Touch(
        minutes=chance.choice((60, 75, 90, 120)),
        travel_minutes=chance.choice((30, 45, 60, 90)),
        summary=summary,
        learned_needs=needs,
        learned_rivals=rivals,
        learned_stock=stock,
        next_step=chance.choice(NEXT),
        **told,
    )
    city = CITIES.get(account.unit.code) if account.unit else None
    if city and chance.random() < 0.6 and (timezone.localdate() - day).days < 90:
        touch.latitude = Decimal(city[0]) + Decimal(account.pk % 97) / 1000
        touch.longitude = Decimal(city[1]) + Decimal(account.pk % 89) / 1000
        touch.accuracy_metres, touch.checked_in_at = chance.choice((8, 15, 30)), at
        touch.done_how = Touch.DoneHow.PLACE
    return touch


def _skills(chance: random.Random, today: dt.date) -> None:
    skills = [Skill.objects.create(name=name) for name in SKILLS]
    needs = (
        (0, "transactional", "", 2),
        (1, "value_added", "", 2),
        (2, "value_added", "", 2),
        (1, "strategic", "", 3),
        (4, "strategic", "", 2),
    )
    for place, kind, industry, level in needs:
        SkillNeed.objects.create(skill=skills[place], kind=kind, industry=industry, level=level)
    head = User.objects.filter(posts__role=Role.DEPARTMENT_HEAD).order_by("pk").first()
    managers = User.objects.filter(posts__role=Role.MANAGER).order_by("pk")
    for user in managers:
        for skill in chance.sample(skills, 3):
            StaffSkill.objects.create(
                user=user,
                skill=skill,
                level=chance.choice((1, 2, 2, 3)),
                judged_by=head,
                judged_date=today - dt.timedelta(60),
            )
    for user in managers[:6]:
        Training.objects.create(
            user=user,
            skill=skills[2],
            held_date=today - dt.timedelta(45),
            what="变频空压机节能培训",
            hours=12,
        )
