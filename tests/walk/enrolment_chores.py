"""Enrolments: by face, of a visitor who wants no face, and of somebody who refuses."""

from __future__ import annotations

from kiosk.demo.demo_camera import DemoScene
from kiosk.demo.synthetic_faces.cast import CAST
from tests.walk.stage import DOOR_PIN, ChoreGroup
from tests.walk.walker import Script

CAPTURE_S = 120.0


class EnrolmentChores(ChoreGroup):
    """On the Enrol page."""

    def face(self) -> Script:
        """Number and name, the consents in the person's own hands, five poses, check, done."""
        walker = self.walker
        yield from self._who(CAST[0].number, self.name("member"))
        yield from self._hand_over()
        for consent in ("personal", "face", "attendance"):
            yield from self._agree(consent)
        yield from walker.press("consentNext", lambda: walker.visible("handOver.pin"))
        self.stage.guide.stand(0)
        yield from self._take_back("enrolCoach")
        yield from walker.wait("the capture", lambda: walker.enabled("enrolSave"), CAPTURE_S)
        yield from walker.press("enrolSave", lambda: walker.visible("enrolTest"), 30)
        self.stage.camera.cue(DemoScene(who=None))

    def visitor(self) -> Script:
        """Number, name, role and an end in four hours; the consent without the face, and a PIN."""
        walker = self.walker
        yield from self._who("V-0427", self.name("visitor"))
        yield from walker.press("enrolRole.visitor", lambda: True)
        yield from walker.press("enrolPreset.hours_4", lambda: True)
        yield from self._hand_over()
        yield from self._agree("personal")
        yield from walker.read_to_the_end("consent.personal", lambda: walker.enabled("consentNext"))
        yield from walker.press("consentNext", lambda: walker.visible("ownPin"))
        for _ in range(2):
            yield from walker.enter("ownPin", DOOR_PIN)
            yield from walker.press("personPinNext", lambda: True)
        yield from walker.wait("the next page", lambda: walker.visible("handOver.pin"))
        yield from self._take_back("enrolDoneTitle")

    def refusal(self) -> Script:
        """The person declines, and nobody is enrolled."""
        walker = self.walker
        yield from self._who("2026-0999", self.name("other"))
        yield from self._hand_over()
        yield from walker.press("consentDecline", lambda: walker.visible("handOver.pin"))
        yield from self._take_back("enrolRefused")

    def _who(self, number: str, name: str) -> Script:
        yield from self.open_page("railEnrol", "enrolNumber")
        yield from self.walker.write("enrolNumber", number)
        yield from self.fill_in("enrolName", name)

    def _hand_over(self) -> Script:
        walker = self.walker
        yield from walker.press("enrolNext", lambda: walker.visible("enrolHandOver"))
        yield from walker.press("enrolHandOver", lambda: walker.visible("consent.personal"))

    def _agree(self, consent: str) -> Script:
        name = f"consent.{consent}"
        yield from self.walker.press(name, lambda: self.walker.ticked(name))

    def _take_back(self, then: str) -> Script:
        yield from self.walker.enter("handOver.pin", self.stage.pin)
        yield from self.walker.press("handOverSubmit", lambda: self.walker.visible(then))
