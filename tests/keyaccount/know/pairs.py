"""Pairs of accounts, tricky ones, and whether they are one customer: judged by hand, before any weight was set.

Name; other name; same; further columns of the two, where there are.
"""

GOOD_TAX, OTHER_TAX = "91330100799655058B", "91350100M000100Y43"

PAIRS = [
    # Written otherwise.
    ("温州瀚璞机械有限公司", "瀚璞机械（温州）有限公司", True, {}),
    ("温州瀚璞机械有限公司", "温州瀚璞机械有限责任公司", True, {}),
    ("温州瀚璞机械有限公司", "溫州瀚璞機械有限公司", True, {}),
    ("温州瀚璞机械有限公司", "温州 瀚璞机械　有限公司", True, {}),
    ("温州瀚璞机械有限公司", "瀚璞机械有限公司", True, {}),
    ("温州瀚璞机械有限公司", "温州市瀚璞机械有限公司", True, {}),
    ("浙江温州瀚璞机械有限公司", "温州瀚璞机械有限公司", True, {}),
    ("浙江省温州市瀚璞机械公司", "温州瀚璞机械", True, {}),
    ("温州瀚璞机械有限公司", "温州汉普机械有限公司", True, {}),  # typed by its sound
    ("杭州ＡＢＣ电子有限公司", "杭州abc电子有限公司", True, {}),
    ("上海东方红拖拉机有限公司", "上海东方红拖拉有限公司", True, {}),  # a character forgotten
    ("Müller Maschinenbau GmbH", "Muller Maschinenbau Gmbh.", True, {}),
    ("Northwind Traders Co., Ltd.", "NORTHWIND TRADERS COMPANY LIMITED", True, {}),
    ("Smith & Sons Inc.", "Smith and Sons", True, {}),
    ("Johnson Controls Ltd", "Jonhson Controls Ltd", True, {}),  # two letters swapped
    ("重庆长安汽车有限公司", "重庆长安汽车股份有限公司", True, {}),
    ("（杭州）泓达贸易有限公司", "杭州泓达贸易有限公司", True, {}),
    ("温州瀚璞精密机械有限公司", "温州瀚璞机械有限公司", True, {}),  # the shorter name is what people say
    # Proved by a number.
    ("温州瀚璞机械有限公司", "浙江煜宸科技有限公司", True, {"tax_number": (GOOD_TAX, GOOD_TAX)}),
    ("温州瀚璞机械厂", "温州瀚璞机械有限公司", True, {"tax_number": (GOOD_TAX[2:17], GOOD_TAX)}),
    ("瀚璞", "瀚璞石料开采有限公司", True, {"phone": ("0571-87654321", "+86 571 8765 4321")}),
    ("温州瀚璞", "温州瀚璞机械", True, {"phone": ("13800138000", "138-0013-8000")}),
    # Another one.
    ("温州瀚璞机械有限公司", "宁波瀚璞机械有限公司", False, {}),
    ("瀚璞机械（杭州）有限公司", "瀚璞机械（宁波）有限公司", False, {}),
    ("温州瀚璞机械有限公司", "温州瀚璞机械有限公司杭州分公司", False, {}),
    ("温州瀚璞机械有限公司杭州分公司", "温州瀚璞机械有限公司宁波分公司", False, {}),
    ("瀚璞集团有限公司", "瀚璞有限公司", False, {}),
    ("浙江瀚璞机械有限公司", "温州瀚璞机械有限公司", False, {}),  # two levels of registration
    ("宏达超市一分店", "宏达超市二分店", False, {}),
    ("宏达超市1号店", "宏达超市2号店", False, {}),
    ("杭州市第一中学", "杭州市第二中学", False, {}),
    ("温州泓达机械有限公司", "温州泓远机械有限公司", False, {}),
    ("温州瀚璞机械有限公司", "温州瀚璞化工有限公司", False, {}),
    ("中山皓越实验中学", "中山禾越实验中学", False, {}),
    ("江门珑林国际酒店有限公司", "江门栩林国际酒店有限公司", False, {}),
    ("南京电器有限公司", "南京机械有限公司", False, {}),
    ("温州瀚璞机械有限公司", "温州瀚璞机械有限公司", False, {"tax_number": (GOOD_TAX, OTHER_TAX)}),
    ("温州瀚璞机械有限公司", "宁波煜宸电器有限公司", False, {"phone": ("0571-87654321", "0571 87654321")}),
    ("东方机械有限公司", "东方红机械有限公司", False, {}),
    ("Adventure Cycles", "Adventure Cycle Parts", False, {}),
    ("Store 12", "Store 21", False, {}),
    ("张伟", "张玮玮", False, {}),
    ("***", "---", False, {}),
    ("瀚璞机械有限公司", "瀚璞机械有限公司服务站", False, {}),
]
