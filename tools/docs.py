"""Writes the generated pages of docs/: calculations, command line, ledger fields, settings, errors, in both languages.

`python tools/docs.py` writes them; `--check` fails where a committed page is not what would be written.
"""

import csv
import importlib
import inspect
import io
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

from keyaccount.cli import commands
from keyaccount.cover.inversions import InversionSettings
from keyaccount.find.kind_settings import KindSettings
from keyaccount.find.list_basis import ListBasis
from keyaccount.find.potential import PotentialSettings
from keyaccount.find.settings import FindSettings
from keyaccount.know.duplicates import DuplicateSettings
from keyaccount.know.workbook import KINDS as RECORD_KINDS
from keyaccount.language import LANGUAGES, catalogue, message
from keyaccount.ledger.fields import LEDGER_FIELDS
from keyaccount.tables import CONTRACTS

SETTINGS = {
    FindSettings: ("find", "setting_of"),
    KindSettings: ("kinds", "setting_of.kinds"),
    PotentialSettings: ("potential", "setting_of.potential"),
    ListBasis: ("list", "setting_of.list"),
    DuplicateSettings: ("duplicates", "setting_of.duplicates"),
    InversionSettings: ("inversions", "setting_of.inversions"),
}
"""Settings → their prefix, and the codes of their texts."""

GIVEN = {
    "lines": "given",
    "kind_lines": "given",
    "records": "given_records",
    "accounts": "given_accounts",
    "role_accounts": "given_accounts",
    "months": "given_months",
    "standing": "given_standing",
    "our_sales": "given_sales",
    "purchases": "given_purchases",
    "parts": "given_parts",
    "filled": "given_filled",
    "touches": "given_touches",
    "signs": "given_signs",
    "spends": "given_spends",
    "year_targets": "given_targets",
    "outlet_months": "given_outlet_months",
    "outlet_limits": "given_outlet_limits",
    "served": "given_served",
    "fixed": "given_fixed",
    "before": "given_before",
    "placed": "given_placed",
    "price_lines": "given",
    "places": "given_places",
    "service": "given_service",
    "managers": "given_managers",
    "branch_months": "given_branch_months",
    "people": "given_people",
    "skill_accounts": "given_accounts",
    "skill_needs": "given_skill_needs",
    "skills_held": "given_skills_held",
}
"""What a worked example begins with → its heading."""

DOCS = Path(__file__).resolve().parents[1] / "docs"

WORDS = {
    "zh": {
        "made": "本页由 `tools/docs.py` 生成，请勿手改。",
        "rule": "规则",
        "example": "算例",
        "given": "账本行：",
        "given_accounts": "客户：",
        "given_records": "记录：",
        "given_months": "各月销售额：",
        "given_standing": "特殊地位：",
        "given_sales": "我们的销售额：",
        "given_purchases": "各个来源说的采购额：",
        "given_parts": "一份完整的档案有：",
        "given_filled": "这几家客户有的：",
        "given_touches": "拜访和电话：",
        "given_targets": "年度目标（十二个月）和完成：",
        "given_outlet_months": "各门店各月：",
        "given_outlet_limits": "一个月能卖掉我们的多少：",
        "given_served": "客户和它们一年里得到的服务：",
        "given_signs": "迹象：",
        "given_spends": "月均消费：",
        "given_fixed": "全年固定的级别：",
        "given_before": "上个月末：",
        "given_placed": "人工指定：",
        "given_places": "名单上的位置：",
        "given_service": "投诉和订单：",
        "given_managers": "客户经理：",
        "given_skill_needs": "客户要的技能：",
        "given_skills_held": "客户经理有的技能：",
        "given_branch_months": "各月的服务工时：",
        "given_people": "联系人：",
        "steps": "一步一步：",
        "result": "结果：",
        "limits": "局限",
        "settings": "设置",
        "setting": "设置",
        "preset": "预设值",
        "meaning": "含义（英文）",
        "reference": "函数说明（英文）",
        "behind": "背后的记录",
        "command": "命令行",
        "option": "选项",
        "fields": "账本的字段",
        "field": "字段",
        "kind": "类型",
        "names": "认得的列名",
        "by_hand": "只能用 --map 指定",
        "sheets": "工作簿的工作表与各列",
        "sheets_how": "一个工作簿可以有下面任意几张工作表。从“选项”中选的词，模板里有下拉列表，网页的“导入”里也列着。",
        "cell": "怎么填",
        "sheet_key": "说明是哪一条",
        "is_key": "是",
        "also_key": "是，可以空",
        "is_needed": "新记录必填",
        "tables": "数据表",
        "row": "一行（英文）：",
        "errors": "错误与拒绝原因",
        "environment": "环境变量",
        "variable": "变量",
        "environment_how": "网页版和命令行的设置都来自环境变量；一个也不设时，数据在数据文件夹里，只有本机能访问。改了以后要重新启动。",
        "code": "代码",
        "expected": "应有",
        "found": "实际",
        "to_do": "怎么办",
        "refusals": "行被拒绝的原因",
        "needed": "必需的是：客户编号或名称之一、日期、净额（或数量 × 单价）。",
    },
    "en": {
        "made": "This page is made by `tools/docs.py`; do not edit it.",
        "rule": "The rule",
        "example": "Worked example",
        "given": "Invoice lines:",
        "given_accounts": "Accounts:",
        "given_records": "Records:",
        "given_months": "Sales by month:",
        "given_standing": "Special standing:",
        "given_sales": "Our sales:",
        "given_purchases": "Purchases, as each source says:",
        "given_parts": "What a full file has:",
        "given_filled": "What these accounts have:",
        "given_touches": "Visits and calls:",
        "given_targets": "Targets of a year (twelve months) and what was reached:",
        "given_outlet_months": "The outlets, month by month:",
        "given_outlet_limits": "What each can sell through of ours in a month:",
        "given_served": "Customers, and how they were served in a year:",
        "given_signs": "Signs:",
        "given_spends": "Average monthly spend:",
        "given_fixed": "Fixed for the year:",
        "given_before": "At the month-end before:",
        "given_placed": "Placed by hand:",
        "given_places": "Places on the list:",
        "given_service": "Complaints and orders:",
        "given_managers": "Account managers:",
        "given_skill_needs": "Skills that accounts ask for:",
        "given_skills_held": "Skills that managers have:",
        "given_branch_months": "Service hours by month:",
        "given_people": "People:",
        "steps": "Step by step:",
        "result": "Result:",
        "limits": "Where it misleads",
        "settings": "Settings",
        "setting": "Setting",
        "preset": "Preset",
        "meaning": "Meaning",
        "reference": "The function",
        "behind": "The records behind it",
        "command": "Command line",
        "option": "Option",
        "fields": "The ledger's fields",
        "field": "Field",
        "kind": "Kind",
        "names": "Column names it is known by",
        "by_hand": "only mapped by hand (--map)",
        "sheets": "Sheets of a workbook of records and their columns",
        "sheets_how": "A workbook may have any of these sheets. Where a word is to be chosen, the template has a list of them, and so has the page Imports.",
        "cell": "What stands in it",
        "sheet_key": "Says which record",
        "is_key": "yes",
        "also_key": "yes, may be empty",
        "is_needed": "a new record needs it",
        "tables": "Tables",
        "row": "One row is an",
        "errors": "Errors and refusals",
        "environment": "Environment variables",
        "variable": "Variable",
        "environment_how": "The web app and the command line take their settings from the environment; without any, data lie in the data folder and only this machine can reach the app. Restart after a change.",
        "code": "Code",
        "expected": "Expected",
        "found": "Found",
        "to_do": "What to do",
        "refusals": "Why a row is refused",
        "needed": "Needed are: an account's id or name, a date, and a net amount (or quantity × unit price).",
    },
}


def pages() -> dict[Path, str]:
    """Every generated page."""
    made = {}
    for lang in LANGUAGES:
        folder = DOCS / lang
        for file in sorted((DOCS / "worked").glob("*.toml")):
            made[folder / "calculations" / f"{file.stem}.md"] = calculation(file, lang)
        made[folder / "reference" / "command-line.md"] = command_line(lang)
        made[folder / "reference" / "ledger-fields.md"] = ledger_fields(lang)
        made[folder / "reference" / "workbook-sheets.md"] = workbook_sheets(lang)
        made[folder / "reference" / "settings.md"] = settings_page(lang)
        made[folder / "reference" / "errors.md"] = errors(lang)
        made[folder / "reference" / "environment.md"] = environment(lang)
    return made


def calculation(file: Path, lang: str) -> str:
    worked, words = tomllib.loads(file.read_text(encoding="utf-8")), WORDS[lang]
    parts = [f"# {worked['title'][lang]}", f"*{words['made']}*", worked["question"][lang]]
    parts += [f"## {words['rule']}", worked["rule"][lang].strip()]
    parts += [f"## {words['example']}"]
    for name, title in GIVEN.items():
        if name in worked:
            parts += [words[title], _table_of_csv(worked[name])]
    parts += [
        words["steps"],
        "\n".join(f"{at}. {step}" for at, step in enumerate(worked["steps"][lang], start=1)),
    ]
    parts += [words["result"], _table([worked["columns"], *_rows(worked["expected"])])]
    if "summary" in worked:
        parts += [_table([list(worked["summary"]), [str(value) for value in worked["summary"].values()]])]
    parts += [f"## {words['limits']}", worked["limits"][lang]]
    if worked["settings"]:
        parts += [f"## {words['settings']}", _settings_table(lang, worked["settings"], _settings_of(worked))]
    parts += [f"## {words['reference']}", _signature(worked["function"])]
    parts += [f"## {words['behind']}", *(_signature(name) for name in worked["beside"])]
    return "\n\n".join(parts) + "\n"


def command_line(lang: str) -> str:
    words = WORDS[lang]
    parts = [f"# {words['command']}", f"*{words['made']}*"]
    for name, command in _each_command(commands(lang)):
        parts += [f"## {name}", command.help or ""]
        rows = [[words["option"], words["meaning"].replace("（英文）", "")]]
        for param in command.params:
            if isinstance(param, click.Option):
                value = f" {param.metavar}" if param.metavar else "" if param.is_flag else " TEXT"
                rows.append([f"`{param.opts[0]}{value}`", param.help or ""])
        parts.append(_table(rows))
    codes = {
        "zh": "退出码：0 完成；1 完成，但有行被拒绝；2 用法有误或文件无法读取，什么也没有写出。",
        "en": "Exit codes: 0 done; 1 done, but rows were refused; 2 bad use or unreadable input, nothing written.",
    }
    return "\n\n".join([*parts, codes[lang]]) + "\n"


def _each_command(group: click.Group, path: str = "keyaccount") -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _each_command(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def ledger_fields(lang: str) -> str:
    words = WORDS[lang]
    rows = [[words["field"], words["kind"], words["names"]]]
    for field in LEDGER_FIELDS:
        names = " · ".join(sorted(field.names)) or words["by_hand"]
        rows.append([f"`{field.name}`", field.kind, names])
    parts = [
        f"# {words['fields']}",
        f"*{words['made']}*",
        words["needed"],
        _table(rows),
        f"## {words['tables']}",
    ]
    for contract in CONTRACTS:
        parts += [f"### `{contract.name}`", f"{words['row']} {contract.one_row_per}."]
        columns = [[f"`{name}`", kind, meaning] for name, (kind, meaning) in contract.columns.items()]
        parts.append(_table([[words["field"], words["kind"], words["meaning"]], *columns]))
    return "\n\n".join(parts) + "\n"


def workbook_sheets(lang: str) -> str:
    words = WORDS[lang]
    parts = [f"# {words['sheets']}", f"*{words['made']}*", words["sheets_how"]]
    for kind in RECORD_KINDS.values():
        rows = [[words["field"], words["cell"], words["sheet_key"]]]
        for one in kind.fields:
            note = message(f"records.note.{one.kind}", lang, longest=one.longest)
            link = f" → {message(f'records.{one.refers_to}', lang)}" if one.refers_to in RECORD_KINDS else ""
            mark = words["is_key"] if any(one.name in key for key in kind.keys) else ""
            mark = mark or (words["also_key"] if one.name in kind.also else "")
            rows.append(
                [kind.title(one.name, lang), note + link, mark or (words["is_needed"] if one.needed else "")]
            )
        parts += [f"## {message(f'records.{kind.name}', lang)}", _table(rows)]
    return "\n\n".join(parts) + "\n"


def settings_page(lang: str) -> str:
    words = WORDS[lang]
    parts = [f"# {words['settings']}", f"*{words['made']}*"]
    parts += [
        _settings_table(lang, [field.name for field in fields(settings)], settings) for settings in SETTINGS
    ]
    return "\n\n".join(parts) + "\n"


def environment(lang: str) -> str:
    """Every environment variable that the product reads (a test compares with the code)."""
    words = WORDS[lang]
    rows = [[words["variable"], words["meaning"].replace("（英文）", "")]]
    codes = [code for code in catalogue() if code.startswith("environment.")]
    rows += [[f"`{code.removeprefix('environment.')}`", message(code, lang)] for code in codes]
    parts = [f"# {words['environment']}", f"*{words['made']}*", words["environment_how"], _table(rows)]
    return "\n\n".join(parts) + "\n"


def errors(lang: str) -> str:
    words, texts = WORDS[lang], catalogue()
    codes = [code.removesuffix(".expected") for code in texts if code.endswith(".expected")]
    rows = [[words["code"], words["expected"], words["found"], words["to_do"]]]
    rows += [
        [f"`{code}`", *(texts[f"{code}.{part}"][lang] for part in ("expected", "found", "to_do"))]
        for code in sorted(codes)
    ]
    refusals = [[words["code"], words["refusals"]]]
    refusals += [[f"`{code}`", text[lang]] for code, text in sorted(_refusals().items())]
    parts = [
        f"# {words['errors']}",
        f"*{words['made']}*",
        _table(rows),
        f"## {words['refusals']}",
        _table(refusals),
    ]
    return "\n\n".join(parts) + "\n"


def _refusals() -> dict[str, dict[str, str]]:
    file = DOCS.parent / "src" / "keyaccount" / "messages" / "refusals.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _settings_of(worked: dict[str, str]) -> type:
    module, _, name = worked.get("settings_of", "keyaccount.find.settings.FindSettings").rpartition(".")
    return next(one for one in SETTINGS if (one.__module__, one.__name__) == (module, name))


def _settings_table(lang: str, names: list[str], settings: type) -> str:
    words = WORDS[lang]
    prefix, code = SETTINGS[settings]
    rows = [[words["setting"], words["preset"], words["meaning"].replace("（英文）", "")]]
    for field in fields(settings):
        if field.name in names:
            default = "—" if field.default in (None, ()) else str(field.default)
            rows.append([f"`{prefix}.{field.name}`", default, message(f"{code}.{field.name}", lang)])
    return _table(rows)


def _signature(name: str) -> str:
    module, _, function = name.rpartition(".")
    found = getattr(importlib.import_module(module), function)
    return f"`{name}{inspect.signature(found)}`\n\n```text\n{inspect.getdoc(found)}\n```".replace("'", "")


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.strip())))


def _table_of_csv(text: str) -> str:
    return _table(_rows(text))


def _table(rows: list[list[str]]) -> str:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(rows[0]), "|" + " --- |" * len(rows[0]), *(line(row) for row in rows[1:])])


def main() -> int:
    if "--check" in sys.argv:
        stale = [
            path
            for path, text in pages().items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        for path in stale:
            print(f"{path.relative_to(DOCS.parent)} is not what tools/docs.py writes: run `python3 dev docs`")
        return 1 if stale else 0
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
