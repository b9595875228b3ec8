"""Which settings have channels and tiers? (C1, C2)"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from keyaccount.cover.tiers import TIERS, Tier, TierSettings
from keyaccount.errors import SettingError
from keyaccount.language import message
from keyaccount_web.company.kinds import Number, Preset, Share, Text, Whole, words_of
from keyaccount_web.company.presets import settings_of
from keyaccount_web.cover.presets import Label
from keyaccount_web.shell.templatetags.pages import lang

_PLAIN = TierSettings()
_KNOWN_WORDS = {
    "community": ("社区", "社区客户", "community"),
    "floating": ("流动", "流动客户", "floating"),
}
PRESETS: tuple[Preset, ...] = (
    *(
        Number(
            f"tiers.line.{one.name}", one.line, Label("setting.tiers.line", (("tier", f"tier.{one.name}"),))
        )
        for one in TIERS
    ),
    Number("tiers.key_account_line", _PLAIN.key_account_line),
    Share("tiers.hold_share", _PLAIN.hold_share),
    Whole("tiers.hold_months", _PLAIN.hold_months, least=1, most=12),
    Text("tiers.community_words", ""),
    Text("tiers.floating_words", ""),
)


def tier_settings(own: Mapping[str, Any] | None = None) -> TierSettings:
    """As the company has them. Raises SettingError `tiers.order`, `tiers.overlap`, `tiers.gap`, `setting.range`."""
    told = settings_of("tiers.") if own is None else own
    for high, low in pairwise(TIERS):
        above, below = told[f"line.{high.name}"], told[f"line.{low.name}"]
        # Equal ones are refused by the settings themselves.
        if high.channel == low.channel and above < below:
            names = {"high": message(f"tier.{high.name}", lang()), "low": message(f"tier.{low.name}", lang())}
            raise SettingError("tiers.order", high_line=above, low_line=below, **names)
    return TierSettings(
        tiers=tuple(Tier(one.name, one.channel, told[f"line.{one.name}"]) for one in TIERS),
        key_account_line=told["key_account_line"],
        hold_share=told["hold_share"],
        hold_months=told["hold_months"],
    )


def kinds_by_word() -> dict[str, str]:
    """What the field `channel` of an account may say → the kind of customer."""
    told = settings_of("tiers.")
    return {
        word.casefold(): kind
        for kind, known in _KNOWN_WORDS.items()
        for word in (*known, *words_of(told[f"{kind}_words"]))
    }
