"""Which fields does a ledger have, and by which column names are they known? (design: "The ledger's fields")

A column is a candidate for a field where its header, simplified by `simplified`, is one of the field's names.
"""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One field of a table that we read: its name, what its values are, and how columns call it."""

    name: str
    kind: str
    """`id`, `text`, `date`, `money` or `quantity`."""
    names: frozenset[str] = frozenset()
    """Simplified header names that make a column a candidate; empty: never guessed, only mapped by hand."""
    decides: bool = False
    """Figures depend on it: two candidates are an error, not just left out."""


_UNITS = r"元|万元|万|千元|千|百万元|百万|亿元|亿|人民币|人民币元|¥|cny|rmb|yuan|件|台|个|套|只|米|吨|kg|公斤|升|pcs|\d+"


def simplified(header: str) -> str:
    """A header without case, width, blanks, punctuation and a unit in brackets: `订单 金额（元）` → `订单金额`."""
    text = unicodedata.normalize("NFKC", header).lower()
    # A unit in brackets says nothing of the field; anything else does: 金额(含税) is not 金额.
    text = re.sub(r"[(\[]\s*(?:" + _UNITS + r")\s*[)\]]", "", text) or text
    return re.sub(r"[\s_\-./:*'\"#()\[\]]+", "", text)


def _field(name: str, kind: str, names: str = "", *, decides: bool = False) -> Field:
    own = [simplified(name)] if names else []
    return Field(name, kind, frozenset([*own, *(simplified(one) for one in names.split())]), decides)


LEDGER_FIELDS: tuple[Field, ...] = (
    _field(
        "account_id",
        "id",
        """客户编号 客户编码 客户代码 客户号 客户id 客户码 客户代号 购方编号 购货单位编码 往来单位编码 会员编号
        customer_id customer_no customer_number customer_code customer_key cust_id cust_no client_id client_code
        account_no account_number account_code accountid customerid""",
        decides=True,
    ),
    _field(
        "account_name",
        "text",
        """客户名称 客户 客户名 客户全称 客户简称 购货单位 购货单位名称 购买方 购买方名称 购方名称 买方名称 往来单位
        往来单位名称 单位名称 公司名称 customer_name customer client_name client account company_name company
        customer_full_name buyer buyer_name""",
        decides=True,
    ),
    _field(
        "date",
        "date",
        """日期 订单日期 下单日期 开票日期 发票日期 单据日期 销售日期 业务日期 交易日期 记账日期 出库日期 发货日期 成交日期
        制单日期 下单时间 订单时间 交易时间 开票时间 销售时间 order_date invoice_date document_date posting_date
        ship_date shipping_date transaction_date sales_date sale_date billing_date doc_date order_time invoice_time""",
        decides=True,
    ),
    _field(
        "net_amount",
        "money",
        """不含税金额 未税金额 金额不含税 销售额不含税 金额未税 销售额 销售金额 净额 净销售额 销售净额 金额 订单金额 开票金额 发票金额 成交金额 销售收入 营业收入
        收入 不含税销售额 无税金额 本币金额 sales sales_amount amount revenue net_sales net_revenue net_value
        invoice_amount order_amount line_amount line_total sale_amount turnover total_sales net""",
        decides=True,
    ),
    _field(
        "order_id",
        "id",
        """订单编号 订单号 订单号码 单据编号 单据号 单号 发票号 发票号码 发票编号 销售单号 销售订单号 合同订单号 order_no
        order_number order_code order invoice_no invoice_number invoice_id invoice document_no document_number
        sales_order_number so_no so_number bill_no""",
        decides=True,
    ),
    _field(
        "line_id",
        "id",
        "明细编号 明细id 明细号 行id line_key row_id",
        decides=True,
    ),
    _field(
        "product_id",
        "id",
        """产品编号 产品编码 产品代码 产品id 商品编号 商品编码 商品代码 商品id 物料编号 物料编码 物料代码 物料号 存货编码 货号
        product_no product_code product_key item_no item_id item_code sku stock_code material material_no article_no
        productid""",
    ),
    _field(
        "product_name",
        "text",
        """产品名称 产品 商品名称 商品 物料名称 存货名称 品名 货物名称 product item item_name description
        product_description material_description""",
    ),
    _field(
        "category",
        "text",
        "类别 品类 产品类别 商品类别 产品分类 商品分类 存货分类 大类 product_category product_group",
    ),
    _field(
        "quantity",
        "quantity",
        "数量 销售数量 销量 件数 实发数量 开票数量 qty order_quantity order_qty units units_sold",
        decides=True,
    ),
    _field("unit", "text", "单位 计量单位 销售单位 uom unit_of_measure"),
    _field(
        "unit_price",
        "money",
        "单价 不含税单价 未税单价 无税单价 销售单价 成交价 price unitprice net_price sales_price",
        decides=True,
    ),
    _field("list_amount", "money", "原价金额 标价金额 牌价金额 目录金额 折前金额 gross_amount list_value"),
    _field(
        "discount",
        "money",
        "折扣额 折扣金额 优惠金额 让利金额 折扣 折扣率 discount_amount discount_rate discount_pct",
        decides=True,
    ),
    _field(
        "cost",
        "money",
        "成本 成本金额 成本额 销售成本 产品成本 主营业务成本 cost_amount total_cost total_product_cost cogs cost_of_goods cost_of_sales",
        decides=True,
    ),
    _field(
        "profit",
        "money",
        "利润 毛利 毛利额 毛利润 销售毛利 利润额 gross_profit margin_amount gross_margin",
        decides=True,
    ),
    _field("freight", "money"),
    _field("channel", "text", "渠道 销售渠道 渠道类型 sales_channel"),
    _field("region", "text", "区域 地区 大区 销售区域 省份 省 所属区域 sales_region territory province"),
    _field("industry", "text", "行业 客户行业 所属行业 sector customer_industry"),
    _field(
        "salesperson",
        "text",
        "业务员 销售员 销售人员 客户经理 销售代表 负责人 跟单员 sales_rep sales_person rep salesman seller",
    ),
)

GROUP_FIELDS: tuple[Field, ...] = (
    _field(
        "account_id",
        "id",
        "客户编号 客户编码 客户代码 客户id 子公司编号 成员编号 customer_id customer_no member_id child_id",
        decides=True,
    ),
    _field(
        "parent_id",
        "id",
        "上级编号 上级客户编号 上级客户 母公司编号 母公司 集团编号 集团 parent parent_no parent_account",
        decides=True,
    ),
)

MERGED_FIELDS: tuple[Field, ...] = (
    _field(
        "account_id",
        "id",
        "客户编号 客户编码 客户代码 客户id 被合并编号 重复编号 原编号 customer_id customer_no merged_id duplicate_id",
        decides=True,
    ),
    _field(
        "into_id",
        "id",
        "合并到 合并入 并入 并入编号 合并后编号 保留编号 保留客户编号 into merged_into survivor survivor_id surviving_id",
        decides=True,
    ),
)

COST_TO_SERVE_FIELDS: tuple[Field, ...] = (
    _field(
        "account_id",
        "id",
        "客户编号 客户编码 客户代码 客户id customer_id customer_no customer_code",
        decides=True,
    ),
    _field("amount", "money", "金额 服务成本 费用 费用金额 成本 cost cost_to_serve expense", decides=True),
    _field("date", "date", "日期 发生日期 费用日期 expense_date posting_date", decides=True),
)

ACCOUNT_FIELDS: tuple[Field, ...] = (
    _field(
        "account_id",
        "id",
        """客户编号 客户编码 客户代码 客户号 客户id 编号 编码 customer_id customer_no customer_number customer_code customer_key
        cust_id cust_no client_id account_no account_number account_code""",
        decides=True,
    ),
    _field(
        "account_name",
        "text",
        """客户名称 客户 客户名 客户全称 单位名称 公司名称 企业名称 名称 customer_name customer client_name account
        company_name company name""",
        decides=True,
    ),
    _field(
        "tax_number",
        "id",
        """税号 纳税人识别号 统一社会信用代码 社会信用代码 信用代码 纳税识别号 tax_no tax_id taxpayer_id vat_number vat_no uscc""",
    ),
    _field(
        "phone",
        "id",
        "电话 电话号码 联系电话 手机 手机号 手机号码 telephone tel mobile phone_number phone_no",
    ),
    _field("address", "text", "地址 详细地址 注册地址 联系地址 公司地址 street_address full_address"),
    _field("parent_id", "id", "上级编号 上级客户编号 母公司编号 集团编号 parent_no parent_account"),
)
