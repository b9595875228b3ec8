"""Which sheets may a workbook of records have, which fields has each, and how do columns call them?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from keyaccount.language import LANGUAGES, message
from keyaccount.ledger.fields import simplified

FieldKind = Literal[
    "id", "text", "phone", "email", "tax", "url", "date", "choice",
    "choices", "number", "share", "whole", "month", "moment", "yes",
]  # fmt: skip
"""`choices`: several words; `share`: of 1; `month`: 2026-03; `moment`: day and time where the file was made; `yes`: yes or no."""


@dataclass(frozen=True)
class RecordField:
    """One column of a sheet that we read."""

    name: str
    kind: FieldKind
    longest: int
    """Signs; of a number or whole number the digits before the point."""
    names: frozenset[str]
    """Simplified header names that make a column a candidate, besides its own title."""
    refers_to: str = ""
    """The kind of record that its code stands for: `accounts`, `staff`, `units`, `contacts`, or a further kind by its own code."""
    needed: bool = False
    """Whether a new record must have it; those of the key must anyway."""
    several: bool = False
    """Of a link: it may name several, parted by 、 or ;."""
    places: int = 4
    """Decimal places of a number."""
    may_be_negative: bool = False
    example: str = ""
    """What a template shows: for both languages, or `Chinese | English`."""
    within: str = ""
    """Of a link to a contact: the field that names whose contact it is; where that is empty, the row's own account's."""


@dataclass(frozen=True)
class RecordKind:
    """One kind of sheet."""

    name: str
    fields: tuple[RecordField, ...]
    keys: tuple[tuple[str, ...], ...]
    """Sets of fields that name a record; the first whose fields a row has is its key."""
    also: tuple[str, ...] = ()
    """Fields that belong to the key, and may be empty."""

    def field(self, name: str) -> RecordField:
        return next(one for one in self.fields if one.name == name)

    def link_to(self, kind: str) -> RecordField | None:
        """The field of the key whose code stands for a record of that kind."""
        return next((one for one in self.fields if one.refers_to == kind and one.name in self.keys[0]), None)

    def title(self, field: str, lang: str) -> str:
        """What a column of `field` is called."""
        return message(f"records.{self.name}.{field}", lang)

    def candidates(self, columns: Sequence[str]) -> dict[str, list[str]]:
        """Field → the columns that may hold it by their names; one that bears the field's own title stands alone."""
        found: dict[str, list[str]] = {}
        for field in self.fields:
            titles = {simplified(self.title(field.name, lang)) for lang in LANGUAGES} | {
                simplified(field.name)
            }
            exact = [column for column in columns if simplified(column) in titles]
            told = exact or [column for column in columns if simplified(column) in field.names]
            if told:
                found[field.name] = told
        return found

    def is_keyed(self, fields: Sequence[str]) -> bool:
        """Whether a record can be named by these fields."""
        return any(set(key) <= set(fields) for key in self.keys)


def _field(name: str, kind: FieldKind, longest: int, names: str = "", *, refers_to: str = "") -> RecordField:
    return RecordField(name, kind, longest, frozenset(simplified(one) for one in names.split()), refers_to)


_ACCOUNT_CODES = """客户编号 客户编码 客户代码 客户号 客户id 客户代号 往来单位编码 customer_id customer_no
    customer_number customer_code account_id account_no account_number account_code client_id client_code"""

ACCOUNTS = RecordKind(
    "accounts",
    (
        _field("code", "id", 100, f"{_ACCOUNT_CODES} 编号 编码 代码 code entityid resellerkey"),
        _field(
            "name",
            "text",
            200,
            """客户名称 客户 客户名 客户全称 单位名称 公司名称 企业名称 名称 往来单位名称 customer_name customer
            account_name account company_name company reseller_name name""",
        ),
        _field(
            "parent",
            "id",
            100,
            "上级客户编号 上级客户 上级编号 集团编号 母公司编号 母公司 parent parent_code parent_id",
            refers_to="accounts",
        ),
        _field(
            "unit", "id", 30, "部门编号 部门 单位 分公司 unit unit_code branch department", refers_to="units"
        ),
        _field(
            "owner",
            "id",
            150,
            "负责人 负责人用户名 客户经理 业务员 销售 所有者 owner owner_username account_manager",
            refers_to="staff",
        ),
        _field("region", "text", 60, "地区 区域 大区 省份 region area"),
        _field("industry", "text", 60, "行业 所属行业 客户行业 industry sector business_type"),
        _field("channel", "text", 60, "渠道 销售渠道 channel"),
        _field("address", "text", 200, "地址 通讯地址 详细地址 公司地址 address address_line1"),
        _field(
            "tax_number",
            "tax",
            30,
            "税号 纳税人识别号 统一社会信用代码 信用代码 tax_number tax_no vat_number vat tax_id",
        ),
        _field("website", "url", 200, "网址 网站 官网 website url homepage"),
        _field("remark", "text", 2000, "备注 说明 remark remarks note notes comment"),
    ),
    (("code",),),
)
CONTACTS = RecordKind(
    "contacts",
    (
        _field("account", "id", 100, f"{_ACCOUNT_CODES} 所属客户编号 account entityid", refers_to="accounts"),
        _field("code", "id", 60, "联系人编号 联系人编码 contact_id contact_code contact_no"),
        _field("name", "text", 60, "联系人 联系人姓名 姓名 名字 contact contact_name name full_name"),
        _field("title", "text", 60, "职务 职位 头衔 title contact_title job_title position"),
        _field("department", "text", 60, "部门 所在部门 科室 department"),
        _field("phone", "phone", 30, "电话 手机 手机号 联系电话 移动电话 座机 phone mobile tel telephone"),
        _field("email", "email", 254, "邮箱 电子邮箱 电子邮件 邮件 email e-mail mail email_address"),
    ),
    (("account", "code"), ("account", "name")),
)
STAFF = RecordKind(
    "staff",
    (
        _field("username", "id", 150, "用户名 登录名 账号 username user login login_id loginid"),
        _field(
            "staff_number",
            "id",
            30,
            "工号 员工编号 员工号 职工号 staff_no employee_id employee_no employeekey",
        ),
        _field("name", "text", 60, "姓名 员工姓名 名字 name full_name staff_name employee_name"),
        _field("email", "email", 254, "邮箱 电子邮箱 电子邮件 email e-mail mail email_address"),
        _field("role", "choice", 40, "角色 岗位 role post"),
        _field("unit", "id", 30, "部门编号 部门 单位 unit unit_code branch", refers_to="units"),
        _field("since", "date", 30, "开始日期 到岗日期 入职日期 上岗日期 since start_date hire_date"),
    ),
    (("username",), ("staff_number",)),
)
GROUPS = RecordKind(
    "groups",
    (
        _field(
            "account",
            "id",
            100,
            f"{_ACCOUNT_CODES} 子公司编号 成员编号 成员 编号 member member_id child_id",
            refers_to="accounts",
        ),
        _field(
            "parent",
            "id",
            100,
            "上级编号 上级客户编号 上级客户 母公司编号 母公司 集团编号 集团 parent parent_no parent_id parent_account",
            refers_to="accounts",
        ),
    ),
    (("account",),),
)
KINDS: dict[str, RecordKind] = {kind.name: kind for kind in (ACCOUNTS, CONTACTS, STAFF, GROUPS)}
"""Further ones come with `add_kind`."""
BASE = tuple(KINDS)


def add_kind(kind: RecordKind) -> RecordKind:
    """Let workbooks have such a sheet; adding it again replaces it. Its texts are `records.<kind>` and `records.<kind>.<field>`."""
    KINDS[kind.name] = kind
    return kind


def kind_of(sheet: str, columns: Sequence[str]) -> str | None:
    """The kind of sheet that these columns make; by the sheet's own name first. None: nothing we know of.

    Among several that fit, the one most of whose columns it has.
    """
    fitting = {
        name: len(kind.candidates(columns))
        for name, kind in KINDS.items()
        if kind.is_keyed(list(kind.candidates(columns)))
    }
    for name in fitting:
        if simplified(sheet) in {name, *(simplified(message(f"records.{name}", lang)) for lang in LANGUAGES)}:
            return name
    if fitting.get("groups", 0) == 2 == max(fitting.values()):
        # Nothing but a code and the code above it.
        return "groups"
    fitting.pop("groups", None)
    return max(fitting, key=lambda name: fitting[name], default=None)
