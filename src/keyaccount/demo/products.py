"""What does 启明实业 sell, at which price and cost, and who buys what? 300 products in 12 categories."""

from dataclasses import dataclass

import numpy as np

from keyaccount.demo.draws import Draws, Integers, divided

CATEGORIES = (
    "生活家电", "厨房设备", "电机", "水泵", "压缩机", "电动工具",
    "照明", "电线电缆", "阀门", "暖通空调", "焊接设备", "轴承",
)  # fmt: skip

COST_PERMILLE = (715, 660, 665, 640, 650, 630, 585, 720, 600, 670, 625, 610)
"""Cost of each category in thousandths of the list price: 18% to 34% margin after a usual discount."""

BULK_PERMILLE = (3, 3, 2, 2, 4, 0, 1, 5, 1, 4, 1, 0)
"""What freight costs more than usual, in thousandths of the net amount."""

# Category, family, model, unit, list price of the smallest in cents, pieces to a pack, sizes.
_FAMILIES = """
0 空调 QK 台 189900 1 26 35 50 72 120     | 0 冰箱 QB 台 109900 1 118 186 255 420 560
0 洗衣机 QX 台 79900 1 6 8 10 12 20        | 0 热水器 QR 台 61900 1 40 50 60 80 100
0 电风扇 QF 台 6500 1 30 40 45 50 65       | 1 商用电磁灶 CDC 台 118000 1 5 8 12 15 30
1 消毒柜 CXD 台 45800 1 80 120 200 380 700 | 1 电饭煲 CDF 台 8800 1 3 4 6 10 23
1 操作台 CZT 件 37500 1 80 100 120 150 180 | 1 油烟净化器 CYJ 台 158000 1 4 6 8 12 20
2 三相异步电机 YE3 台 31800 1 80 90 112 132 160 | 2 单相电机 YL 台 17600 1 71 80 90 100 112
2 减速电机 RF 台 51800 1 37 47 57 67 87    | 2 伺服电机 SM 台 109000 1 60 80 110 130 180
2 电机风罩 FZ 件 1750 1 80 90 112 132 160  | 3 管道离心泵 ISG 台 63800 1 40 50 65 80 100
3 潜水排污泵 QW 台 28800 1 25 32 50 65 80  | 3 自吸泵 ZX 台 20800 1 25 32 40 50 65
3 计量泵 JM 台 87500 1 10 20 50 120 250    | 3 机械密封 MG 件 2380 1 20 28 35 45 60
4 螺杆空压机 LG 套 858000 1 7 11 15 22 37  | 4 活塞空压机 HW 台 114500 1 2 3 4 5 7
4 储气罐 CQG 件 71800 1 3 6 10 15 20       | 4 冷冻式干燥机 LD 台 188000 1 1 2 3 6 10
4 空气滤芯 KLX 件 3580 1 7 11 15 22 37     | 5 冲击钻 CJZ 台 15800 1 10 13 16 20 26
5 角磨机 JMJ 台 11300 1 100 115 125 150 180 | 5 电锤 DC 台 30800 1 20 22 26 30 38
5 型材切割机 QGJ 台 41800 1 255 305 355 400 450 | 5 钻头组 ZT 套 1380 1 5 9 13 19 25
6 LED筒灯 TD 件 890 10 3 5 7 12 18         | 6 LED工矿灯 GK 件 9450 1 50 80 100 150 200
6 LED路灯 LD 套 20800 1 30 60 90 120 180   | 6 防爆灯 FB 套 25800 1 20 40 60 80 120
6 应急灯 YJ 件 3750 1 3 5 8 10 20          | 7 BV铜芯线 BV 米 92 100 1 2 4 6 10
7 电力电缆 YJV 米 2080 10 10 16 25 35 50   | 7 控制电缆 KVV 米 545 50 3 4 5 7 10
7 网线 UTP 米 158 100 5 6 7 8 10           | 7 电缆桥架 XQJ 米 3180 2 100 150 200 300 400
8 闸阀 Z41 件 12800 1 40 50 65 80 100      | 8 球阀 Q11 件 4580 1 15 20 25 40 50
8 蝶阀 D71 件 9150 1 50 65 80 100 150      | 8 止回阀 H44 件 7450 1 40 50 65 80 100
8 密封垫 DF 件 185 20 15 25 50 80 100      | 9 风机盘管 FP 台 55800 1 34 51 68 102 136
9 多联机 VRF 套 778000 1 80 100 120 140 160 | 9 新风机 XF 台 138000 1 15 25 35 50 80
9 镀锌风管 FG 米 4180 1 200 320 400 500 630 | 9 温控器 WK 件 6750 1 1 2 3 4 5
10 逆变焊机 ZX7 台 61800 1 200 250 315 400 500 | 10 气保焊机 NBC 台 134000 1 200 250 315 350 500
10 焊条 J422 件 2180 1 20 25 32 40 50      | 10 焊枪 HQ 件 5750 1 15 24 36 40 50
10 焊接面罩 MZ 件 1580 1 1 2 3 4 5         | 11 深沟球轴承 62 件 690 10 01 03 05 08 10
11 圆柱滚子轴承 NU 件 4450 1 204 206 208 210 212 | 11 圆锥滚子轴承 302 件 3180 1 04 06 08 10 12
11 调心滚子轴承 222 件 8750 1 05 07 09 11 13 | 11 轴承座 UCP 件 2580 1 204 205 206 208 210
"""
_STEPS_TENTHS = (10, 16, 24, 38, 60)  # a family's list prices, in tenths of its smallest
_PRICE_INDEX_PERMILLE = (1000, 1015, 1035)  # the price list of each year, valid from 1 January

INDUSTRY_MIX = {
    "机械制造": (1, 0, 9, 4, 5, 6, 2, 3, 3, 1, 7, 9),
    "建筑工程": (1, 1, 1, 5, 1, 7, 6, 9, 6, 5, 4, 0),
    "家电零售": (12, 6, 0, 0, 0, 2, 3, 0, 0, 2, 0, 0),
    "物业": (2, 1, 1, 6, 0, 3, 7, 4, 4, 4, 0, 0),
    "政府机关": (5, 2, 0, 1, 0, 0, 5, 2, 0, 4, 0, 0),
    "酒店": (6, 8, 0, 2, 0, 0, 5, 1, 1, 6, 0, 0),
    "学校": (6, 5, 1, 1, 0, 1, 5, 2, 0, 3, 1, 0),
    "矿山": (0, 1, 6, 8, 7, 3, 3, 5, 4, 0, 4, 5),
    "电力": (0, 0, 4, 3, 2, 3, 4, 12, 4, 2, 2, 1),
    "汽车零部件": (0, 0, 6, 1, 6, 6, 2, 2, 2, 1, 8, 8),
    "食品加工": (1, 6, 5, 6, 5, 1, 2, 1, 6, 3, 0, 3),
    "化工": (0, 0, 5, 9, 5, 1, 2, 3, 9, 1, 2, 3),
}
"""How the lines of an industry spread over CATEGORIES."""

_SUMMER, _BUILDING, _GIFTS, _ALL_YEAR = (
    (5, 5, 8, 11, 16, 18, 17, 12, 6, 5, 5, 6),
    (6, 4, 10, 11, 11, 11, 9, 9, 11, 11, 11, 9),
    (13, 6, 8, 8, 10, 13, 9, 9, 13, 8, 14, 11),
    (10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10),
)
_SEASONS = (
    _GIFTS, _ALL_YEAR, _ALL_YEAR, _SUMMER, _ALL_YEAR, _BUILDING,
    _BUILDING, _BUILDING, _ALL_YEAR, _SUMMER, _ALL_YEAR, _ALL_YEAR,
)  # fmt: skip


@dataclass(frozen=True)
class Products:
    """One place per product, by category and within it from the cheapest pack to the dearest."""

    product_id: list[str]
    name: list[str]
    category: Integers
    unit: list[str]
    pack: Integers
    """Sold in whole packs of so many units."""
    list_price: Integers
    """[year, product], cents a unit."""
    unit_cost: Integers
    """[year, product], cents a unit."""
    pack_price: Integers
    """Of the last year's list, cents: what a line must at least come to."""


def products(draws: Draws) -> Products:
    """The catalogue; `draws` moves each product's cost a little."""
    rows: list[tuple[int, int, str, str, int, int]] = []
    for family in _FAMILIES.replace("|", "\n").strip().splitlines():
        in_category, name, model, unit, price, in_pack, *sizes = family.split()
        for size, step in zip(sizes, _STEPS_TENTHS, strict=True):
            each, pieces = int(price) * step // 10, int(in_pack)
            written = f"{name} {model}-{size}"
            rows.append((int(in_category), each * pieces, written, unit, pieces, each))
    rows.sort(key=lambda row: row[:3])
    count = len(rows)

    category = np.array([row[0] for row in rows], dtype=np.int64)
    pack = np.array([row[4] for row in rows], dtype=np.int64)
    first_price = np.array([row[5] for row in rows], dtype=np.int64)
    list_price = np.stack([divided(first_price * index, 1000) for index in _PRICE_INDEX_PERMILLE])
    cost_permille = np.array(COST_PERMILLE, dtype=np.int64)[category] + draws.between(-15, 15, count)
    # The numbers on the catalogue say nothing about category or price.
    numbers = draws.order(count)
    return Products(
        product_id=[f"P-{number + 1:04d}" for number in numbers.tolist()],
        name=[row[2] for row in rows],
        category=category,
        unit=[row[3] for row in rows],
        pack=pack,
        list_price=list_price,
        unit_cost=divided(list_price * cost_permille, 1000),
        pack_price=list_price[-1] * pack,
    )


def season() -> Integers:
    """[month, category]: how much of a category is bought in a month."""
    return np.array(_SEASONS, dtype=np.int64).T
