"""Rates and targets as text."""

from __future__ import annotations

import math

from kiosk.ui.formatting import DASH


def percent_text(rate: float | None) -> str:
    """A rate in percent, with as many digits as it needs; a dash where there is none."""
    if rate is None:
        return DASH
    share = rate * 100
    if 0 < share < 1e-4:
        return "< 0.0001 %"
    if 99.9 < share < 100:
        return f"{math.floor(share * 1000) / 1000:.3f} %"  # never rounded up to all
    return (
        f"{share:.1f} %"
        if share >= 10
        else f"{share:.2f} %"
        if share >= 0.1 or not share
        else f"{share:.2g} %"
    )


def target_text(target: float) -> str:
    """Strangers in 10,000, without zeros that say nothing."""
    return f"{target:,.10g}"


def per_ten_thousand(share: float) -> str:
    many = share * 10_000
    return f"{many:,.0f}" if many >= 10 else f"{many:.2g}"
