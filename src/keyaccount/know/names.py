"""How are names of companies and people, telephone numbers and tax numbers written, so that they can be compared? (K9)

What is set aside is what people write in one way or another; what tells two customers apart stays. Four things that are set
aside may, seldom, equate two that differ, so `duplicates` says so among its reasons, or asks for more:

- the legal form: 瀚璞有限公司 and 瀚璞股份有限公司 may both exist;
- brackets: 瀚璞（杭州）机械 and 瀚璞杭州机械 (the words in them stay);
- traditional characters: 後 and 后 become one;
- accents: Müller and Muller.

集团, 分公司, 分店, places and numerals are never set aside.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations, product
from typing import Any

from keyaccount.know.places import as_places, place_at_start

MOST_READINGS = 16
"""Most spellings that `pinyin_keys` gives for a name."""

_LEGAL = re.compile(
    r"(?:股份有限|有限责任|有限|股份)公司|(?:特殊普通|普通|有限)合伙(?:企业)?|个体工商户|(?<=.)(?<![分子总])公司$"
)
_LATIN_LEGAL = frozenset(
    ["co", "company", "ltd", "limited", "inc", "incorporated", "corp", "corporation", "llc", "gmbh"]
)
_LATIN_ONLY_LEGAL = frozenset(
    [
        "llp",
        "lp",
        "plc",
        "pte",
        "pty",
        "ag",
        "kg",
        "ohg",
        "ug",
        "se",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "bv",
        "nv",
        "ab",
        "oy",
        "as",
        "aps",
        "kk",
        "pt",
        "tbk",
        "lda",
        "ltda",
    ]
)
"""Short ones mean something else beside Chinese characters: 西湖SPA."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN_BESIDE_HAN = re.compile(rf"(?<=[{_HAN}])(?=[a-z])|(?<=[a-z])(?=[{_HAN}])")
_IS_HAN = re.compile(rf"[{_HAN}]")

_UNIT = re.compile(
    r"(?:第?[0-9〇零一二三四五六七八九十百]+号?)?"
    r"(?:分公司|子公司|总公司|分店|门店|总店|旗舰店|专卖店|直营店|体验店|加盟店|(?<![酒饭商书药])店|办事处|服务站|服务中心|仓储中心|物流中心|仓库"
    r"|门市部|经营部|营业部|销售部|项目部|事业部|分厂|分行|支行|分院|分校|校区|院区|分部|分所)$"
)
_TRADES = """
机械 机电 机床 重工 重型 设备 装备 精密 数控 自动化 智能 智造 制造 工业 仪器 仪表 工具 五金 模具 轴承 阀门 泵业 电机 电梯
电器 电子 电气 电力 电缆 电源 电池 照明 光电 半导体 通信 通讯 信息 网络 软件 数据 系统 集成 科技 技术 开发 发展 研究 研究院 研究所
家电 家用 家居 家具 日用 百货 超市 商贸 贸易 进出口 国际 实业 产业 企业 商业 连锁 零售 批发 供应链 物流 运输 仓储 货运 快递
建设 建筑 建材 安装 装饰 装修 市政 园林 工程 路桥 水利 钢构 钢结构 房地产 地产 置业 物业 管理 服务 咨询 投资 控股 资产 资本
学校 中学 小学 学院 实验 职业 外国语 幼儿园 医院
酒店 大酒店 宾馆 餐饮 食品 粮油 饮料 酒业 冷冻 农业 农产品 生物 医药 药业 制药 医疗 器械 健康 化工 化学 精细 新材料 材料 塑料
橡胶 涂料 石化 石油 能源 新能源 环保 环境 矿业 矿山 石料 开采 冶金 钢铁 金属 铝业 铜业 汽车 汽配 零部件 配件 车业 车辆 纺织 服装
服饰 印染 印刷 包装 纸业 文化 传媒 传播 广告 教育 培训 旅游 体育 用品 制品 产品 销售 输变电 商行 商场 商店 厂 集团
"""
_LONGEST_TRADE = max(map(len, _TRADES.split()))

_CHINESE_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NUMERALS = re.compile(
    r"[0-9]+|(?<=第)[一二三四五六七八九十百零〇]+|[一二三四五六七八九十百零〇]+(?=[号分店厂期部队区组级中小库])"
)


def normalise(name: str | None) -> str:
    """The core of a name: what is left when the ways of writing it and its legal form are set aside.

    Full and half width are one (NFKC), as are traditional and simplified characters (OpenCC), capitals and small letters;
    accents of Latin letters, brackets, punctuation and spaces go; so do legal forms, 有限公司 and its kin wherever they stand,
    Co., Ltd., Inc., GmbH … at the end. A name that is nothing else keeps it. Applying it twice changes nothing. Empty
    where there is no letter or digit.
    """
    return _normalise(name) if name else ""


@lru_cache(maxsize=50_000)
def folded(text: str | None) -> str:
    """Letters and digits only, one width, one script, small; legal forms stay. What is typed, while it is typed."""
    return "".join(folded_words(text))


def folded_words(text: str | None) -> list[str]:
    """The same, word by word, as blanks and punctuation part them."""
    return [word for word in re.split(r"[\W_]+", _folded(text)) if word] if text else []


def legal_form_at(text: str) -> tuple[int, int]:
    """Where the legal form stands in a folded name, its begin and end; (0, 0): there is none."""
    found = _LEGAL.search(text)
    return found.span() if found else (0, 0)


@dataclass(frozen=True, slots=True)
class NameParts:
    """What a company's name is made of."""

    core: str
    """As `normalise` gives it."""
    legal: str
    """Its legal form; empty: none, or a Latin one."""
    places: frozenset[str]
    """Provinces and cities in front or in brackets, without 省 and 市."""
    brand: str
    """What makes it unlike the others (字号)."""
    trade: str
    """What it does, as its name says: 精密机械设备; 集团 and 厂 are in here."""
    unit: str
    """The branch, shop or site that it is, with its place: 杭州分公司."""
    numerals: tuple[int, ...]
    """Numerals that count something: 第二中学, 3号店."""


def name_parts(name: str | None) -> NameParts:
    """The parts of a name.

    Places are known ones (`places`); the trade is what known words of trades take off the end. So 温州瀚璞机械有限公司 is
    温州 · 瀚璞 · 机械. Where that leaves nothing for the brand, the last word taken off is the brand (南京电器 → 电器).
    """
    return _name_parts(name) if name else NameParts("", "", frozenset(), "", "", "", ())


def trade_words(trade: str) -> list[str]:
    """A trade in its words: 精密机械设备 → 精密, 机械, 设备."""
    words: list[str] = []
    while trade:
        length = next(
            (n for n in range(min(_LONGEST_TRADE, len(trade)), 1, -1) if trade[-n:] in _trades()), 1
        )
        words.insert(0, trade[-length:])
        trade = trade[:-length]
    return words


def has_han(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _IS_HAN.search(text) is not None


@dataclass(frozen=True, slots=True)
class PinyinKeys:
    """How a name may be spelled, the likeliest first."""

    full: tuple[str, ...]
    """Syllables without tones, joined: chongqing, zhongqing. ü is v."""
    initials: tuple[str, ...]
    """First letters: cq, zq."""


def pinyin_keys(name: str | None) -> PinyinKeys:
    """Every reading of a name, legal form set aside, as full spelling and as initials.

    A character with several readings (heteronym: 重 zhong, chong) has all of them, whatever the word: people type 长安 as
    they know it. The likeliest reading of the whole comes first, by pypinyin's dictionary of words. At most
    `MOST_READINGS` spellings are given: those that differ from the likeliest in one character, then in two, and so on.
    So a name with up to four characters of two readings has all of them; a longer one the likelier part.
    Letters and digits stand as they are.
    """
    spelled = spellings(readings(normalise(name)))
    # What is not Chinese is one letter or digit each, so it is its own initial.
    return PinyinKeys(
        tuple(dict.fromkeys("".join(one) for one in spelled)),
        tuple(dict.fromkeys("".join(part[0] for part in one) for one in spelled)),
    )


def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The readings of each character of `text`, the likeliest in its word first; of any other than a Chinese one: itself."""
    if not text:
        return ()
    likeliest = _likeliest(text) if has_han(text) else text
    return tuple(
        tuple(dict.fromkeys((first, *_readings_of(character)))) if _IS_HAN.match(character) else (character,)
        for character, first in zip(text, likeliest, strict=True)
    )


def spellings(spelled: tuple[tuple[str, ...], ...]) -> list[list[str]]:
    """Up to `MOST_READINGS` ways to spell: the first readings, then those with one other, with two …"""
    first = [options[0] for options in spelled]
    several = [place for place, options in enumerate(spelled) if len(options) > 1]
    found = [first]
    for changed in range(1, len(several) + 1):
        for places in combinations(several, changed):
            for chosen in product(*(spelled[place][1:] for place in places)):
                if len(found) == MOST_READINGS:
                    return found
                other = list(first)
                for place, reading in zip(places, chosen, strict=True):
                    other[place] = reading
                found.append(other)
    return found


def sound(text: str) -> str:
    """How `text` sounds, each character by its first reading whatever the word: the same text always sounds the same."""
    return "".join(_readings_of(character)[0] for character in text)


def pinyin_query(text: str) -> str:
    """What somebody types for pinyin, as the keys are spelled: ü, and yu after l and n (as in passports), are v."""
    plain = unicodedata.normalize("NFC", text.lower()).replace("ü", "v")
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not _is_accent(letter))
    return re.sub(r"(?<=[ln])yu", "v", re.sub(r"[\s'’·-]+", "", plain))


@dataclass(frozen=True, slots=True)
class PhoneKey:
    """A telephone number that can be compared."""

    number: str
    """E.164 (+8657187654321) where valid, else its digits; empty: none."""
    extension: str
    valid: bool


def phone_key(text: str | None, *, region: str = "CN") -> PhoneKey:
    """A telephone number as E.164, its extension (转 802, 分机 802, ext. 802, -802) apart.

    region : country of numbers written without one; preset: China, +86.
    Numbers that are valid nowhere, such as short ones (95588), are their digits.
    """
    return _phone_key(text.strip(), region) if text else PhoneKey("", "", valid=False)


def phone_keys(text: str | None, *, region: str = "CN") -> tuple[PhoneKey, ...]:
    """Each number of a cell that holds several: 0571-87654321 / 13800138000."""
    parts = re.split(r"[/／,，;；、|\n]+|\s{2,}", text or "")
    return tuple(key for part in parts if (key := phone_key(part, region=region)).number)


@dataclass(frozen=True, slots=True)
class TaxKey:
    """A tax number that can be compared."""

    number: str
    """Upper case, without blanks and dashes; empty: none."""
    kind: str
    """`uscc` (18 characters), `old` (15), `other`."""
    valid: bool
    """A uscc whose check character is right; an old one by its form alone; no other."""

    @property
    def organisation(self) -> str:
        """The nine characters that name the organisation, the same in the old number and the new; empty: not valid."""
        if not self.valid:
            return ""
        return self.number[8:17] if self.kind == "uscc" else self.number[6:15]


_USCC_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: no I, O, S, V, Z."""
_USCC = re.compile(rf"[{_USCC_CHARACTERS}]{{2}}[0-9]{{6}}[{_USCC_CHARACTERS}]{{10}}")
_OLD_TAX_NUMBER = re.compile(r"[0-9]{6}[0-9A-Z]{9}")


def tax_key(text: str | None) -> TaxKey:
    """A Chinese tax number: 统一社会信用代码 (GB 32100-2015), or the number of 15 characters before it.

    The check character of the former is 31 − Σ value × 3^place mod 31, over its first 17; places count from 0, values are the
    places of characters among 31. Nothing is mended: an O for a 0 makes it invalid.
    """
    number = re.sub(r"[\s\-‐–—.]+", "", unicodedata.normalize("NFKC", text or "")).upper()
    if len(number) == 18 and _USCC.fullmatch(number):
        return TaxKey(number, "uscc", number[17] == uscc_check_character(number))
    if _OLD_TAX_NUMBER.fullmatch(number):
        return TaxKey(number, "old", valid=True)
    return TaxKey(number, "other", valid=False)


def uscc_check_character(number: str) -> str:
    """The 18th character that the first 17 ask for."""
    total = sum(_USCC_CHARACTERS.index(number[place]) * pow(3, place, 31) for place in range(17))
    return _USCC_CHARACTERS[-total % 31]


# --- names


@lru_cache(maxsize=50_000)
def _normalise(name: str) -> str:
    text = _folded(name)
    # Taking off one form may bring another to the end; what is done once more must change nothing.
    while (shorter := _step(text)) != text:
        text = shorter
    return text


def _folded(name: str) -> str:
    """One width, one script, small letters, without accents; brackets and spaces are still there."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    text = unicodedata.normalize("NFKC", "".join(letter for letter in text if not _is_accent(letter)))
    return str(_simplifier().convert(text)) if has_han(text) else text


def _step(text: str) -> str:
    text = _folded(text)
    spaced = re.sub(r"[.'’]", "", text).replace("&", " and ")
    words = re.split(r"[\W_]+", _LATIN_BESIDE_HAN.sub(" ", spaced))
    words = [word for word in words if word]
    forms = _LATIN_LEGAL if has_han(text) else _LATIN_LEGAL | _LATIN_ONLY_LEGAL
    shorter = list(words)
    while len(shorter) > 1 and shorter[-1] in forms:
        shorter.pop()
        if len(shorter) > 1 and shorter[-1] == "and":
            shorter.pop()
    joined = "".join(shorter)
    return _LEGAL.sub("", joined) or joined


def _is_accent(letter: str) -> bool:
    return "\u0300" <= letter <= "\u036f"


@cache
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@lru_cache(maxsize=50_000)
def _name_parts(name: str) -> NameParts:
    core = normalise(name)
    text, places = _without_bracketed_places(_folded(name))
    joined = "".join(re.split(r"[\W_]+", text))
    found = _LEGAL.search(joined)
    legal = found.group() if found else ""
    unit = ""
    if found and _UNIT.search(tail := joined[found.end() :]):
        # What stands behind the legal form is the unit: 有限公司 杭州 分公司.
        rest, unit = joined[: found.start()], tail
    else:
        rest = normalise(text)
        if (own := _UNIT.search(rest)) and own.start() >= 2:
            rest, unit = rest[: own.start()], own.group()
            rest, unit = _with_place_of_unit(rest, unit)
    rest = normalise(rest)
    while True:
        place, length = place_at_start(rest)
        if not place or len(rest) - length < 2:
            break
        places |= {place}
        rest = rest[length:]
    brand, trade = _brand_and_trade(rest)
    return NameParts(core, legal, frozenset(places), brand, trade, unit, tuple(_numerals(core)))


def _without_bracketed_places(text: str) -> tuple[str, set[str]]:
    """The text without brackets that hold nothing but places, and these places."""
    places: set[str] = set()

    def taken(found: re.Match[str]) -> str:
        own = as_places(re.sub(r"\s+", "", found.group(1)))
        places.update(own)
        return " " if own else found.group()

    return re.sub(
        r"[(\[【〔〈《「『{]([^()\[\]【】〔〕〈〉《》「」『』{}]*)[)\]】〕〉》」』}]", taken, text
    ), places


def _with_place_of_unit(rest: str, unit: str) -> tuple[str, str]:
    """The place right in front of 分公司 is the branch's, unless it is all that stands before it."""
    for length in range(min(5, len(rest) - 2), 1, -1):
        if as_places(rest[-length:]):
            return rest[:-length], rest[-length:] + unit
    return rest, unit


def _brand_and_trade(rest: str) -> tuple[str, str]:
    trades = _trades()
    end = len(rest)
    while end > 1:
        longest = min(_LONGEST_TRADE, end - 1)
        length = next((n for n in range(longest, 0, -1) if rest[end - n : end] in trades), 0)
        if not length or (end - length < 2 and has_han(rest)):
            break
        end -= length
    return rest[:end], rest[end:]


@cache
def _trades() -> frozenset[str]:
    return frozenset(_TRADES.split())


def _numerals(core: str) -> Iterator[int]:
    for found in _NUMERALS.findall(core):
        yield int(found) if found.isdecimal() else _chinese_number(found)


def _chinese_number(text: str) -> int:
    """十二 → 12; digits in a row, 二〇, are read as such."""
    if not re.search("[十百]", text):
        return int("".join(str(_CHINESE_DIGITS[digit]) for digit in text))
    total, digit = 0, 0
    for character in text:
        if character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = _CHINESE_DIGITS[character]
    return total + digit


# --- pinyin


@lru_cache(maxsize=30_000)
def _readings_of(character: str) -> tuple[str, ...]:
    """All readings of one character, without tones, the commonest first; itself, where it has none."""
    from pypinyin.constants import PINYIN_DICT

    known = PINYIN_DICT.get(ord(character), "") if len(character) == 1 else ""
    return tuple(dict.fromkeys(_plain(one) for one in known.split(",") if one)) or (character,)


def _likeliest(text: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin

    # Pieces that are not Chinese come as one, so their characters are given back one by one.
    return list(lazy_pinyin(text, style=Style.NORMAL, errors=lambda piece: list(piece)))  # type: ignore[arg-type, return-value]


def _plain(reading: str) -> str:
    """A syllable without its tone, ü as v."""
    decomposed = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in decomposed if not _is_accent(letter))


# --- telephone numbers

_EXTENSION = re.compile(r"(?:转|轉|分机|分機|ext\.?|x|\*|#)\s*[:：]?\s*(\d{1,6})\s*$", re.IGNORECASE)
_DASHED_EXTENSION = re.compile(r"^(.*\d{7,8})\s*[-－—]\s*(\d{1,6})$")


@lru_cache(maxsize=50_000)
def _phone_key(text: str, region: str) -> PhoneKey:
    import phonenumbers

    plain = unicodedata.normalize("NFKC", text)
    extension = ""
    if found := _EXTENSION.search(plain):
        plain, extension = plain[: found.start()], found.group(1)
    number = _valid_number(phonenumbers, plain, region)
    if not number and not extension and (dashed := _DASHED_EXTENSION.match(plain)):
        number = _valid_number(phonenumbers, dashed.group(1), region)
        extension = dashed.group(2) if number else ""
    if number:
        return PhoneKey(number, extension, valid=True)
    return PhoneKey("".join(digit for digit in plain if digit.isdecimal()), extension, valid=False)


def _valid_number(phonenumbers: Any, text: str, region: str) -> str:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
