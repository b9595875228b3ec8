"""Which numbers can a company set for events and gifts, and what are they until it does?"""

from decimal import Decimal

from keyaccount_web.company.kinds import Number, Text, Whole

PRESETS = (
    Whole("events.lead_days", 14, most=365),
    Whole("events.promotion_lead_days", 45, most=365),
    Whole("events.festival_lead_days", 21, most=365),
)
GIFTS = (
    Number("gifts.gift_most", Decimal(300)),
    Number("gifts.hospitality_most", Decimal(500)),
    Number("gifts.award_most", Decimal(1000)),
    Number("gifts.year_most", Decimal(1000)),
    Number("gifts.approve_from", Decimal(100)),
    Number("gifts.consent_from", Decimal(200)),
    Text("gifts.official_words", ""),
)
