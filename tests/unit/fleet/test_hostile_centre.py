"""Who can write the database can neither enrol, nor enable, nor open."""

from __future__ import annotations

import pytest

from tests.helpers.hostile_fleet import TRIES, Site
from tests.helpers.stolen_door import STOLEN


def test_an_honest_site_gains_nothing_and_knows_its_people() -> None:
    site = Site.opened()
    assert not site.gained()
    assert len(site.door.store.content) > 7


@pytest.mark.parametrize("name", TRIES)
def test_a_hostile_writer_gains_nothing(name: str) -> None:
    site = Site.opened()
    assert not TRIES[name](site), name
    assert not site.gained(), name


@pytest.mark.parametrize("name", STOLEN)
def test_a_stolen_door_without_staff_gains_nothing(name: str) -> None:
    site = Site.opened(staff=False)
    assert not STOLEN[name](site), name
    assert not site.gained(), name
