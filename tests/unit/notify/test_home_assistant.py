"""What Home Assistant is told that it will hear."""

from __future__ import annotations

from kiosk.core.config import NotifyMqttConfig
from kiosk.core.decisions import Outcome
from kiosk.core.site_events import EventKind
from kiosk.notify.channels.home_assistant import device


def test_every_event_that_is_published_is_declared():
    parts = device(NotifyMqttConfig(), lambda key, **_: key, "301호")["components"]
    # an event entity rejects a type that it does not know
    assert set(parts["decision"]["event_types"]) == {one.value.lower() for one in Outcome}
    assert set(parts["event"]["event_types"]) == {kind.value for kind in EventKind}
