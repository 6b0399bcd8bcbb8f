"""Look-alikes that are looked for when somebody comes to the door."""

from __future__ import annotations

from kiosk.core.people import Person
from kiosk.core.templates import Template, TemplateTable
from kiosk.door.look_alike_people import LookAlikePeople
from tests.helpers.door import INFO, Door, vector


def test_a_person_near_another_is_a_look_alike_before_the_list_says_so():
    door = Door(enrolled=2)
    people = LookAlikePeople(door.people, door.gallery, lambda: 0.5)
    assert people.get(1) == door.people.get(1) and not people.get(1).look_alike
    twin = door.people.add_with_templates(
        Person("2026-9", "쌍둥이"), [Template(0, "net", vector(1, 0.1))]
    )
    door.gallery.update(twin.id, door.people.template_table("net", [twin.id]))
    assert people.get(1).look_alike and people.get(twin.id).look_alike
    assert people.by_typed_number("20261").look_alike and not people.get(2).look_alike
    door.gallery.update(twin.id, TemplateTable.empty(INFO.dimension))
    assert not people.get(1).look_alike
    assert people.get(99) is None and people.by_typed_number("99") is None


def test_a_listed_look_alike_stays_one():
    door = Door(enrolled=1)
    door.people.stored[1] = Person("2026-1", "사람1", id=1, look_alike=True)
    assert LookAlikePeople(door.people, door.gallery, lambda: 0.0).get(1).look_alike
