"""What the main thread asks of the engine, which lives on the inference thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol, TypeVar

from kiosk.core.errors import KioskError
from kiosk.core.people import Person
from kiosk.core.rights import Actor
from kiosk.core.view_models import EnrolView
from kiosk.door.claims import Claim
from kiosk.door.frame_engine import CameraFacts, Engine

T = TypeVar("T")
Command = Callable[[Engine, float], T]
"""Called on the inference thread with the engine and the time of ``time.monotonic``."""


class CommandQueue(Protocol):
    """Runs commands on the inference thread, in order.

    ``post`` keeps a command until there is an engine; ``ask`` fails while there is none.
    """

    def post(self, command: Command[T]) -> Future[T]: ...
    def ask(self, command: Command[T]) -> Future[T]: ...


class EngineClient:
    """The engine's commands by name. Any thread may call these; none waits."""

    def __init__(self, queue: CommandQueue) -> None:
        self._queue = queue

    def pause_door(self) -> None:
        """Verify nobody until ``resume_door``."""
        self._queue.post(lambda engine, now: engine.door.pause(now))

    def resume_door(self) -> None:
        """Verify again."""
        self._queue.post(lambda engine, now: engine.door.resume(now))

    def set_out_of_service(self, key: str) -> None:
        """Put the door out of service with the message ``key``."""
        self._queue.post(lambda engine, now: engine.door.fault(key, now))

    def reload_gallery(self, person_id: int | None = None) -> None:
        """Compare with the people who are enrolled now; ``person_id``: who changed, if known."""
        self._queue.post(lambda engine, now: engine.reload_gallery(now, person_id))

    def set_camera(self, facts: CameraFacts) -> None:
        """Record which camera delivers the frames."""
        self._queue.post(lambda engine, now: setattr(engine, "camera", facts))

    def camera_failed(self, problem: KioskError) -> None:
        """Record why there are no pictures."""

        def record(engine: Engine, now: float) -> None:
            engine.camera = replace(engine.camera, problem=problem)

        self._queue.post(record)

    def claim(self, number: str) -> Future[Claim]:
        """Claim the identity of ``number``."""
        return self._queue.ask(lambda engine, now: engine.claim(number, now))

    def enter_pin(self, pin: str) -> Future[Claim]:
        """Answer the claim's question for a PIN."""
        return self._queue.ask(lambda engine, now: engine.enter_pin(pin, now))

    def read_card(self, code: str) -> None:
        """Claim the identity of the card ``code``."""
        self._queue.ask(lambda engine, now: engine.card(code, now))

    def answer_look(self, yes: bool) -> None:
        """Answer whether to keep the look of the member who was let in."""
        self._queue.ask(lambda engine, now: engine.answer_look(yes, now))

    def cancel_claim(self) -> None:
        """Forget the claim."""
        self._queue.post(lambda engine, now: engine.door.cancel_claim(now))

    def start_enrolment(self, actor: Actor, person: Person) -> Future[None]:
        """Begin the guided capture of ``person``, enrolled by ``actor``."""
        return self._queue.ask(lambda engine, now: engine.start_enrolment(actor, person, now))

    def retry_enrolment(self) -> Future[None]:
        """Capture the same person again from the beginning."""
        return self._queue.ask(lambda engine, now: engine.enrol.again(now))

    def cancel_enrolment(self) -> Future[None]:
        """Discard what was captured; fails while there is no engine."""
        return self._queue.ask(lambda engine, now: engine.enrol.cancel())

    def discard_enrolment(self) -> None:
        """Discard what was captured, as soon as there is an engine."""
        self._queue.post(lambda engine, now: engine.enrol.cancel())

    def save_enrolment(self) -> Future[EnrolView]:
        """Store the captured person; the result is the enrolment as it then is."""

        def save(engine: Engine, now: float) -> EnrolView:
            engine.save_enrolment(now)
            return engine.enrol.view

        return self._queue.ask(save)
