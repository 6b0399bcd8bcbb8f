"""Rates and targets as text."""

from __future__ import annotations

import math

from kiosk.ui.formatting import DASH


def percent_text(rate: float | None) -> str:
    """A rate in percent with as many digits as needed; a dash for ``None``."""
    if rate is None:
        return DASH
    share = rate * 100
    if 0 < share < 1e-4:
        return "< 0.0001%"
    if 99.9 < share < 100:
        return f"{math.floor(share * 1000) / 1000:.3f}%"  # never rounded up to 100%
    return (
        f"{share:.1f}%"
        if share >= 10
        else f"{share:.2f}%"
        if share >= 0.1 or not share
        else f"{share:.2g}%"
    )


def target_text(target: float) -> str:
    """Strangers per 10,000 without trailing zeros."""
    return f"{target:,.10g}"


def per_ten_thousand(share: float) -> str:
    """A share as a count per 10,000."""
    count = share * 10_000
    return f"{count:,.0f}" if count >= 10 else f"{count:.2g}"
