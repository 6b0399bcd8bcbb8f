"""Read the report by group that ``evaluate --groups`` wrote, for the Evidence page."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

from kiosk.core.parsed_json import parse_json
from kiosk.core.threshold_analysis import Band, GroupFigures, GroupReport

log = logging.getLogger(__name__)


def read_groups(file: Path, identity: str) -> GroupReport | None:
    """Return the report in ``file`` about the network ``identity`` (``name@checksum``).

    Returns ``None``, and logs why, if there is none.
    """
    try:
        stored = parse_json(file.read_text(encoding="utf-8"))
        name, _, checksum = identity.partition("@")
        if stored["embedder"] != name or not str(stored["sha256"]).startswith(checksum):
            log.info("%s was measured with another network", file)
            return None
        groups = tuple(_group(row) for row in stored["groups"])
        return GroupReport(_number(stored["threshold"]), str(stored["measured_on"]), groups)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        log.warning(
            "%s is not a report by group (%s); write it again with evaluate --groups", file, error
        )
        return None


def _group(row: dict[str, Any]) -> GroupFigures:
    return GroupFigures(
        str(row["name"]),
        int(row["people"]),
        _rate(row["far"]),
        _band(row["far_band"]),
        _rate(row["frr"]),
        _band(row["frr_band"]),
    )


def _number(value: Any) -> float:
    if not math.isfinite(float(value)):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def _rate(value: Any) -> float | None:
    if value is None:
        return None
    if not 0 <= _number(value) <= 1:
        raise ValueError(f"{value!r} is not a rate")
    return float(value)


def _band(value: Any) -> Band | None:
    if value is None:
        return None
    low, high = (_number(end) for end in value)
    return low, high
