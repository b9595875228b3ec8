"""What of the records goes into a run, beside its settings?"""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

from keyaccount.errors import SettingError
from keyaccount_web.runs.models import Run

Service = Literal["entered", "none", "rate"]
SERVICES: tuple[Service, ...] = ("entered", "none", "rate")


@dataclass(frozen=True)
class RunOptions:
    """Raises SettingError `setting.choice`, `setting.range`."""

    groups: bool = True
    """Whether subsidiaries count as their group."""
    service: Service = "entered"
    """Which cost to serve: what is entered, none, or a part of the sales for everybody alike."""
    service_rate: Decimal = Decimal("0.05")
    """That part, in [0, 1]; counts where `service` is rate."""

    def __post_init__(self) -> None:
        if self.service not in SERVICES:
            raise SettingError(
                "setting.choice", name="find.service", allowed=list(SERVICES), value=self.service
            )
        if not self.service_rate.is_finite() or not 0 <= self.service_rate <= 1:
            raise SettingError(
                "setting.range", name="find.service_rate", allowed="[0, 1]", value=self.service_rate
            )

    def as_json(self) -> dict[str, Any]:
        """As a run keeps them among its settings."""
        return {
            name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()
        }


def options_of(run: Run) -> RunOptions:
    """Those that a run was made with; the presets for one that says nothing of them."""
    told = {name: run.settings[name] for name in ("groups", "service") if name in run.settings}
    if "service_rate" in run.settings:
        told["service_rate"] = Decimal(run.settings["service_rate"])
    return RunOptions(**told)
