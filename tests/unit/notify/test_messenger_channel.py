"""Messengers: the message is put into a JSON document, and can neither leave it nor mention."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from kiosk.core.config import NotifyMessengerConfig
from kiosk.core.config.notify_settings import MESSENGERS
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.notify.channels.messenger_channel import TEMPLATES, MessengerChannel
from kiosk.notify.message import Message, NotifySettingError
from kiosk.ui.catalogue import tr_in
from tests.helpers.hook_receiver import HookReceiver, receiving

NASTY = '"}, {text} <!channel> @everyone & {title}'
EVENT = SiteEvent(
    EventKind.DURESS, datetime(2026, 3, 2, 9, 0, tzinfo=UTC), {"person": NASTY}, "c" * 32
)


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    with receiving() as made:
        yield made


def posted(receiver: HookReceiver, kind: str, **values: Any) -> Any:
    config = NotifyMessengerConfig(kind=kind, **values)
    channel = MessengerChannel(config, lambda name: receiver.url, partial(tr_in, "en"))
    channel.send(Message(EVENT, "Lab @here"))
    return json.loads(receiver.bodies[-1])


def strings(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [text for value in part.values() for text in strings(value)]
    if isinstance(part, list):
        return [text for value in part for text in strings(value)]
    return [part] if isinstance(part, str) else []


@pytest.mark.parametrize("kind", [name for name in MESSENGERS if name != "custom"])
def test_every_messenger_gets_its_form_and_nobody_is_mentioned(receiver: HookReceiver, kind: str):
    document = posted(receiver, kind)
    assert document.keys() == TEMPLATES[kind].keys()
    whole = "\n".join(strings(document))
    assert "duress PIN" in whole
    assert "Call for help" in whole
    assert "@everyone" not in whole and "@here" not in whole
    assert '"}, {text}' in whole, "what is put in is not searched again"
    if kind == "slack":
        assert "<!channel>" not in whole and "&lt;!channel&gt;" in whole


def test_a_template_of_the_site_is_filled(receiver: HookReceiver):
    template = '{"room": 7, "say": ["{kind}", "{site}: {text}"], "{text}": "{unknown} {time}"}'
    document = posted(receiver, "custom", template=template)
    assert document["room"] == 7
    assert document["say"][0] == "duress"
    assert document["say"][1].startswith("Lab @\u200bhere: Somebody opened")
    assert document["{text}"] == "{unknown} 2026-03-02 09:00:00+00:00"


@pytest.mark.parametrize("template", ["", "{", '{"a": NaN}', "[" * 9000, '{"a": 1} x'])
def test_a_template_that_is_no_json_is_refused(template: str):
    config = NotifyMessengerConfig(kind="custom", template=template)
    with pytest.raises(NotifySettingError, match="template"):
        MessengerChannel(config, lambda name: "", partial(tr_in, "en"))


def test_without_an_address_it_says_how_to_set_it(receiver: HookReceiver):
    channel = MessengerChannel(
        NotifyMessengerConfig(kind="slack"), lambda name: "", partial(tr_in, "en")
    )
    with pytest.raises(NotifySettingError, match="notify secret messenger"):
        channel.send(Message(EVENT))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("kind", list(EventKind))
def test_every_event_has_a_text_and_a_title(kind: EventKind, language: str):
    values = {"n": 3, "minutes": 10, "days": 7, "gb": 0.8}
    message = Message(SiteEvent(kind, EVENT.at, values), "Lab", more=1)
    words = partial(tr_in, language)
    for text in (message.text(words), message.title(words)):
        assert "notify." not in text and "{" not in text
