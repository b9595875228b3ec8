"""What are the customers and the salespeople of the demo company called? All of them are invented.

A company's name is city + brand + trade + legal form. Every brand is used once (a group's members share
theirs), so two accounts of one brand are either one group or one customer entered twice.
"""

from dataclasses import dataclass, replace

from keyaccount.demo.draws import Draws

CITIES = {
    "浙江": ("杭州", "宁波", "温州", "嘉兴", "绍兴", "金华", "台州", "湖州"),
    "江苏": ("南京", "苏州", "无锡", "常州", "南通", "扬州", "盐城", "徐州"),
    "广东": ("广州", "深圳", "东莞", "佛山", "中山", "惠州", "珠海", "江门"),
    "山东": ("济南", "青岛", "烟台", "潍坊", "淄博", "临沂", "济宁"),
    "湖北": ("武汉", "宜昌", "襄阳", "荆州", "黄石", "十堰"),
    "四川": ("成都", "绵阳", "德阳", "宜宾", "南充", "乐山"),
}
PROVINCE_WEIGHTS = (24, 20, 20, 15, 11, 10)

SALESPEOPLE = {
    "浙江": ("陈立群", "沈佳宁", "周文涛", "徐海燕", "金晓峰", "楼雨桐", "何建明", "俞思远"),
    "江苏": ("王志强", "顾敏华", "朱明远", "钱丽娟", "陆子昂", "吴春梅", "蒋伟东", "丁若涵"),
    "广东": ("黄俊杰", "梁慧仪", "林伟豪", "郑晓彤", "何家辉", "罗秀珍", "谭永康", "冯嘉欣"),
}
"""Of the three provinces in which 启明实业 has branches."""

SERVED_FROM = {"浙江": "浙江", "江苏": "江苏", "广东": "广东", "山东": "江苏", "湖北": "浙江", "四川": "广东"}

SUCCESSORS = {"周文涛": "方一诺", "钱丽娟": "姚振宇", "谭永康": "邓佩珊"}
"""Who took over from whom."""

COMPANY, INC, LIABILITY, GROUP = "有限公司", "股份有限公司", "有限责任公司", "集团有限公司"

_TRADES = {
    "机械制造": ("机械", "重工", "精密机械", "数控设备", "机床", "机电设备"),
    "建筑工程": ("建设工程", "建筑安装工程", "市政工程", "建筑装饰工程", "机电安装工程"),
    "家电零售": ("电器", "家电贸易", "家用电器", "电器连锁"),
    "物业": ("物业管理", "物业服务", "商业管理"),
    "政府机关": ("区机关事务服务中心", "区公共资源管理处", "区城市管理服务中心"),
    "酒店": ("大酒店", "酒店管理", "国际酒店"),
    "学校": ("职业技术学校", "外国语学校", "实验中学", "职业学院"),
    "矿山": ("矿业", "矿山机械", "石料开采"),
    "电力": ("电力工程", "电力设备", "输变电设备", "新能源电力"),
    "汽车零部件": ("汽车零部件", "汽车配件", "汽车科技", "车业"),
    "食品加工": ("食品", "粮油食品", "冷冻食品", "饮料"),
    "化工": ("化工", "精细化工", "新材料", "化学工业"),
}
_INDUSTRY_WEIGHTS = (20, 14, 15, 8, 4, 6, 5, 4, 7, 10, 6, 6)
_PUBLIC = ("政府机关", "学校")  # institutions: without a legal form
_DISTRIBUTED_PERCENT = {"家电零售": 82, "政府机关": 12, "学校": 25, "电力": 14, "矿山": 20}  # others 38

_FORMER_ENDINGS = {"机械制造": "厂", "汽车零部件": "厂", "食品加工": "厂", "化工": "厂", "家电零售": "经营部"}

_FIRST = "泓岚钧晟澜骏铭朗昱峻祺弘煜翰隆沐衡嵘砺睿璟颐皓泽禾颂铂麒锦森翊瀚璞栩沣昶桓浔湛绍珑琨珩苍谦澄霁煊"
_SECOND = "达远川拓诚合维跃桥茂宸润沃捷航源信岳邦通威程勤德安恩和科创兴盛华丰泰成发利宝来阳林原辉越冠正元铎"
_WELL_KNOWN = "森源 瀚华 弘阳 睿创 弘元 晟通 隆利 隆华 隆盛 隆发 泽安 锦林 锦泰 弘信 翰宇 璞泰 沐邦 绍兴 泓德"

_SIMPLIFIED = (
    "苏宁温广东济岛烟潍临汉绵阳兴锡扬盐岚钧澜骏铭嵘砺颐泽颂铂锦沣浔绍珑苍谦达远诚维跃桥润创华丰来辉宝铎"
    "发机电业设备贸实团责销车矿务区关处职学数饰装输变际粮冻饮"
)
_TRADITIONAL = (
    "蘇寧溫廣東濟島煙濰臨漢綿陽興錫揚鹽嵐鈞瀾駿銘嶸礪頤澤頌鉑錦灃潯紹瓏蒼謙達遠誠維躍橋潤創華豐來輝寶鐸"
    "發機電業設備貿實團責銷車礦務區關處職學數飾裝輸變際糧凍飲"
)
_TO_TRADITIONAL = str.maketrans(_SIMPLIFIED, _TRADITIONAL)


@dataclass(frozen=True)
class Name:
    """A company's name in its parts."""

    city: str
    brand: str
    trade: str
    legal: str = COMPANY
    city_in_brackets: bool = False

    def __str__(self) -> str:
        if self.city_in_brackets:
            return f"{self.brand}{self.trade}（{self.city}）{self.legal}"
        return f"{self.city}{self.brand}{self.trade}{self.legal}"


@dataclass(frozen=True)
class Profile:
    """Who a customer is."""

    name: Name
    region: str
    industry: str
    channel: str
    salesperson: str


VARIANTS = ("brackets", "liability", "blanks", "traditional", "no_city")
"""How a customer's second entry differs from its first."""


def variant(name: Name, kind: str) -> str:
    """The name as someone else typed it."""
    if kind == "brackets":
        return f"{name.brand}{name.trade}({name.city}){name.legal}"
    if kind == "liability":
        return str(replace(name, legal=LIABILITY))
    if kind == "blanks":
        return f"{name.city} {name.brand}{name.trade}\u3000{name.legal}"
    if kind == "traditional":
        return str(name).translate(_TO_TRADITIONAL)
    return f"{name.brand}{name.trade}{name.legal}"


def former_name(profile: Profile) -> str:
    """What the company was called before it was restructured."""
    name = profile.name
    if name.legal == INC:
        return f"{name.city}{name.brand}{name.trade}{COMPANY}"
    if profile.industry in _FORMER_ENDINGS:
        return f"{name.city}{name.brand}{name.trade}{_FORMER_ENDINGS[profile.industry]}"
    return f"{name.city}市{name.brand}{name.trade}{LIABILITY}"


def brands(draws: Draws) -> list[str]:
    """All brands, shuffled, but for those of companies that are widely known."""
    well_known = _WELL_KNOWN.split()
    pairs = [first + second for first in _FIRST for second in _SECOND]
    return [pairs[place] for place in draws.order(len(pairs)).tolist() if pairs[place] not in well_known]


def profile(draws: Draws, brand: str, *, company_only: bool = False) -> Profile:
    """A customer of that brand; `company_only`: no school, no office."""
    industries = list(_TRADES)
    industry = industries[_pick(draws, _INDUSTRY_WEIGHTS)]
    while company_only and industry in _PUBLIC:
        industry = industries[_pick(draws, _INDUSTRY_WEIGHTS)]
    region = list(CITIES)[_pick(draws, PROVINCE_WEIGHTS)]
    city = _one_of(draws, CITIES[region])
    trade = _one_of(draws, _TRADES[industry])
    if industry in _PUBLIC:
        legal = ""
    elif company_only:
        legal = COMPANY
    elif industry == "家电零售" and draws.one(1, 100) <= 30:
        trade, legal = "电器", _one_of(draws, ("商行", "经营部", "商场"))
    else:
        legal = (COMPANY, LIABILITY, INC)[_pick(draws, (87, 8, 5))]
    if industry == "政府机关":
        city += "市"
    bracketed = legal == COMPANY and draws.one(1, 100) <= 12
    distributed = draws.one(1, 100) <= _DISTRIBUTED_PERCENT.get(industry, 38)
    return Profile(
        name=Name(city, brand, trade, legal, bracketed),
        region=region,
        industry=industry,
        channel="分销" if distributed else "直销",
        salesperson=_one_of(draws, SALESPEOPLE[SERVED_FROM[region]]),
    )


def head_profile(draws: Draws, brand: str) -> Profile:
    """The top company of a group."""
    own = profile(draws, brand, company_only=True)
    return replace(own, name=replace(own.name, legal=GROUP, city_in_brackets=False))


def member_profile(draws: Draws, parent: Profile, level: int) -> Profile:
    """A company of a group, `level` steps below its head: an ordinary-looking subsidiary."""
    own = profile(draws, parent.name.brand, company_only=True)
    city = own.name.city
    if level == 1:
        # Not every subsidiary carries the group's trade.
        trade = parent.name.trade if draws.one(1, 100) <= 60 else own.name.trade
        name = replace(own.name, trade=trade, city_in_brackets=draws.one(1, 100) <= 50)
    elif level == 2:
        name = replace(parent.name, legal=f"{COMPANY}{city}分公司")
    else:
        legal = _one_of(draws, ("服务站", "仓储中心", "门市部"))
        name = replace(own.name, legal=legal, city_in_brackets=False)
    return replace(own, name=name)


def with_other_salesperson(draws: Draws, own: Profile) -> Profile:
    """The same customer, served by someone else of the same branch."""
    others = [person for person in SALESPEOPLE[SERVED_FROM[own.region]] if person != own.salesperson]
    return replace(own, salesperson=_one_of(draws, tuple(others)))


def _pick(draws: Draws, weights: tuple[int, ...]) -> int:
    drawn = draws.one(1, sum(weights))
    for place, weight in enumerate(weights):
        drawn -= weight
        if drawn <= 0:
            return place
    raise AssertionError("the drawn number is at most the sum of the weights")


def _one_of(draws: Draws, choices: tuple[str, ...]) -> str:
    return choices[draws.one(0, len(choices) - 1)]
