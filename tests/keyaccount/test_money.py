"""How is money shown?"""

from decimal import Decimal

import pytest

from keyaccount.money import show_money


class TestShowMoney:
    @pytest.mark.parametrize(
        ("amount", "zh", "en"),
        [
            ("0", "0 元", "¥0"),
            ("9999.5", "9,999.5 元", "¥10.0k"),
            ("9999.99", "9,999.99 元", "¥10.0k"),
            ("9999.999", "1.0 万元", "¥10.0k"),  # the step is taken on the rounded figure
            ("10000", "1.0 万元", "¥10.0k"),
            ("12345678.90", "1,234.6 万元", "¥12.3m"),
            ("99999999.99", "1.00 亿元", "¥100.0m"),
            ("-123456789.12", "−1.23 亿元", "−¥123.5m"),
            ("1234567890", "12.35 亿元", "¥1.23bn"),
            ("500", "500 元", "¥500"),
        ],
    )
    def test_takes_the_unit_that_readers_expect(self, amount, zh, en):
        assert show_money(Decimal(amount), "zh") == zh
        assert show_money(Decimal(amount), "en") == en
