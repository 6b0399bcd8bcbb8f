"""What Home Assistant learns of the kiosk by MQTT discovery: one device with its entities."""

from __future__ import annotations

import re
from typing import Any

from kiosk import __version__
from kiosk.core.config import NotifyMqttConfig
from kiosk.core.decisions import Outcome
from kiosk.core.site_events import EventKind
from kiosk.notify.message import Words

SENSORS = {
    "door": ("door", "value_json.door == 'open'"),
    "lock": ("lock", "value_json.unlocked"),
    "alarm": ("safety", "value_json.alert != ''"),
    "camera": ("problem", "not value_json.camera"),
    "service": ("problem", "not value_json.service"),
}
"""Device class, and when it is on, of each binary sensor."""


def device(config: NotifyMqttConfig, words: Words, site: str) -> dict[str, Any]:
    """Return the document of the device; there is no button: MQTT cannot open the door."""
    own = re.sub(r"[^A-Za-z0-9_-]+", "_", config.topic)
    parts: dict[str, Any] = {
        name: {
            "platform": "binary_sensor",
            "unique_id": f"{own}_{name}",
            "name": words(f"notify.entity.{name}"),
            "device_class": kind,
            "state_topic": f"{config.topic}/state",
            "value_template": f"{{{{ 'ON' if {on} else 'OFF' }}}}",
        }
        for name, (kind, on) in SENSORS.items()
    }
    parts["event"] = {
        "platform": "event",
        "unique_id": f"{own}_event",
        "name": words("notify.entity.event"),
        "state_topic": f"{config.topic}/event",
        "event_types": [kind.value for kind in EventKind],
    }
    parts["decision"] = {
        "platform": "event",
        "unique_id": f"{own}_decision",
        "name": words("notify.entity.decision"),
        "state_topic": f"{config.topic}/decision",
        "event_types": [outcome.value.lower() for outcome in Outcome],
    }
    return {
        "device": {
            "identifiers": [own],
            "name": site or "Munjigi",
            "manufacturer": "Munjigi",
            "model": words("notify.entity.device"),
            "sw_version": __version__,
        },
        "origin": {"name": "Munjigi", "sw_version": __version__},
        "availability_topic": f"{config.topic}/status",
        "qos": 1,
        "components": parts,
    }
