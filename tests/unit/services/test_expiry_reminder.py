"""The daily reminder of periods that end soon."""

from __future__ import annotations

from datetime import timedelta

from kiosk.core.decisions import LogFilter
from kiosk.core.people import Person
from kiosk.services.expiry_reminder import EVENT, ExpiryReminder
from kiosk.storage.store import Store
from tests.unit.storage.samples import MORNING


def test_once_a_day_and_only_if_somebody_is_meant(tmp_path):
    with Store.open(tmp_path / "munjigi.db") as opened:
        store = opened.using(lambda: MORNING)
        reminder = ExpiryReminder(store.people, store.audit_log, store.settings, 14)

        def told() -> list[object]:
            actions, _ = store.audit_log.query(LogFilter(), 100, 0)
            return [action.detail for action in actions if action.event == EVENT]

        assert reminder.due(MORNING)
        reminder.run(MORNING)
        assert told() == [] and not reminder.due(MORNING)
        end = MORNING.date() + timedelta(days=14)
        store.people.add(Person("1", "이산", valid_until=end))
        store.people.add(Person("2", "한별", valid_until=end + timedelta(days=1)))
        assert reminder.due(MORNING + timedelta(days=1))
        reminder.run(MORNING)
        assert told() == [{"people": 1, "days": 14}]
