"""The daily chores of students, staff and administrators, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Callable

from tests.walk.door_chores import DoorChores
from tests.walk.enrolment_chores import EnrolmentChores
from tests.walk.office_chores import OfficeChores
from tests.walk.people_chores import PeopleChores
from tests.walk.rule_chores import RuleChores
from tests.walk.stage import Stage
from tests.walk.walker import Script


def all_chores(stage: Stage) -> list[tuple[str, Callable[[], Script]]]:
    """The chores with their names; each stands on those before it."""
    enrolment, people = EnrolmentChores(stage), PeopleChores(stage)
    rules, office, door = RuleChores(stage), OfficeChores(stage), DoorChores(stage)
    return [
        ("set up the kiosk", office.set_up),
        ("find a setting and change it", office.setting),
        ("enrol a person by face", enrolment.face),
        ("a visitor for 4 hours, without a face", enrolment.visitor),
        ("a person refuses consent", enrolment.refusal),
        ("extend everybody, and undo it", people.extend_all),
        ("find a person and stop them", people.stop_person),
        ("let them in again", people.resume_person),
        ("make an access QR", people.access_qr),
        ("register a card", people.card),
        ("save an access QR to print", people.printed_qr),
        ("open the door once", rules.open_once),
        ("give a new group its hours", rules.hours),
        ("see who may enter now", rules.who),
        ("export the log of today", office.export_log),
        ("take the export along on a stick", office.stick),
        ("make a recovery code", office.recovery_code),
        ("sign out", door.sign_out),
        ("make the text larger", door.larger_text),
        ("a member comes in", door.member),
        ("a stranger types a number", door.stranger),
        ("get in with a forgotten PIN", door.forgotten_pin),
        ("sign in", door.sign_in),
        ("export the hours of presence", office.attendance),
        ("restart from the power menu", office.restart),
    ]
