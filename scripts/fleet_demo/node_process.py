"""One node of the demonstration: a process of its own that answers JSON lines on stdin.

A desk enrols drawn people with the real networks; a door lets them come before its real engine.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.access_policy_controller import AccessPolicyController
from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.fleet_factory import (
    begin_fleet,
    build_fleet_service,
    build_fleet_store,
    connect_centre,
    instant,
    wait_for_the_thread,
)
from kiosk.app.bootstrap.store_factory import key_store, open_store
from kiosk.app.fleet_link import FleetLink
from kiosk.core.config import Config
from kiosk.core.decisions import Decision
from kiosk.core.fleet import NodeKind
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.rights import Operator
from kiosk.demo.demo_camera import Act, DemoCamera, DemoScene
from kiosk.demo.guide import enrol_drawn
from kiosk.demo.synthetic_faces.cast import CAST
from kiosk.fleet.sync.joining import Joining, Newcomer
from kiosk.fleet.sync.round_limits import RoundLimits
from kiosk.services.audit_writer import AuditWriter
from kiosk.storage.db.timestamps import local_now

KIM = Operator("kim")
LONGEST_VISIT_S = 20.0
FPS = 15.0


class NoLock:
    """What the rules ask of a lock that does not exist."""

    other_door_open = False
    alert = ""

    def close(self) -> None: ...
    def hold(self, reason: str) -> None: ...
    def call_for_help(self) -> None: ...


class DemoNode:
    """A node with its database, its rules and the whole engine of a door, without a window."""

    def __init__(self, name: str, kind: NodeKind, folder: Path, url: str, lease_s: float) -> None:
        self.newcomer = Newcomer(name, kind)
        self.folder = folder
        usual = Config()
        self.config = dataclasses.replace(
            usual,
            fleet=dataclasses.replace(usual.fleet, url=url, lease_h=lease_s / 3600),
            security=dataclasses.replace(
                usual.security, key_folder=str(folder.with_name(f"{folder.name}-keys"))
            ),
        )
        self.storage = open_store(folder, self.config)
        self.audit = AuditWriter(self.storage.audit_log, local_now)
        self.rules = AccessPolicyController(
            AccessPolicy(),
            NoLock(),
            self.audit,
            self.storage,  # type: ignore[arg-type]
        )
        self.decisions: list[Decision] = []
        self.engine = build_engine(
            self.config,
            self.storage,
            rules=self.rules.rules,
            on_decision=[self.decisions.append, self.rules.rules.decided],
        )
        self.engine.load_gallery()
        self.now = 100.0
        self.link: FleetLink | None = None
        self.wish: Joining | None = None

    def follow(self) -> dict[str, Any]:
        """Start the thread that follows the centre."""
        self.link = FleetLink(
            SimpleNamespace(value=self.config),  # type: ignore[arg-type]
            self.folder,
            self.storage,
            self.rules,
            state=lambda: {"version": "demo", "people": self.engine.gallery.people},
            people_changed=lambda person_id: None,
            credentials_changed=lambda: None,
            limits=RoundLimits(beat_s=1.0, wait_s=0.2),
        )
        self.link.start()
        return {}

    def found(self) -> dict[str, Any]:
        """Begin the fleet."""
        begin_fleet(self.config, self.folder, self.storage, self.newcomer, KIM.name)
        return self.follow()

    def ask(self) -> dict[str, Any]:
        """Ask to join; return the code that the screen would show."""
        centre = connect_centre(self.config.fleet.url)
        keys = key_store(self.folder, self.config)
        self.wish = Joining(centre, keys, self.newcomer, instant())
        return {"node": self.wish.node, "code": self.wish.code}

    def admit(self, node: str, code: str) -> dict[str, Any]:
        """Admit a node whose code is the same here."""
        service = self._service()
        (request,) = [one for one in service.requests(KIM) if one.node == node]
        assert request.code == code, "the codes differ"
        service.admit(KIM, node)
        return {}

    def enter(self) -> dict[str, Any]:
        """Become a member."""
        assert self.wish is not None
        self.wish.enter(build_fleet_store(self.storage), KIM.name)
        return self.follow()

    def enrol(self, who: int) -> dict[str, Any]:
        """Enrol a drawn person."""
        return {"name": enrol_drawn(self.engine, who).name}

    def take_away(self, who: int) -> dict[str, Any]:
        """Disable a person."""
        person = self.storage.people.by_number(CAST[who].number)
        assert person is not None
        assert person.id is not None
        self.storage.people.set_enabled(person.id, False, KIM.name)
        return {}

    def delete(self, who: int) -> dict[str, Any]:
        """Delete a person everywhere."""
        person = self.storage.people.by_number(CAST[who].number)
        assert person is not None
        assert person.id is not None
        self.storage.people.delete(person.id, KIM.name, "demonstration")
        return {}

    def state(self) -> dict[str, Any]:
        """Return what this node knows."""
        assert self.link is not None
        self.link.tick()
        people, _ = self.storage.people.search("", 100, 0)
        over = self.rules.rules.lease_over
        return {
            "connected": self.link.status.connected,
            "people": {person.number: person.enabled for person in people},
            "lease_over": "" if over is None else over.value,
        }

    def pending(self) -> dict[str, Any]:
        """Return the nodes that have not confirmed a deletion, and their number."""
        view = self._service().view(KIM)
        names = [name for deletion in view.deletions for name, _ in deletion.pending]
        return {"pending": names, "nodes": len(view.nodes)}

    def verify(self) -> dict[str, Any]:
        """Verify the feed."""
        check = self._service().verify(KIM)
        return {"lines": check.lines, "findings": list(check.findings)}

    def visit(self, who: int, picture: str = "") -> dict[str, Any]:
        """Let a drawn person come to the door; return what it decided."""
        if self.link is not None:
            self.link.tick()
        self.engine.reload_gallery(self.now)
        self.decisions.clear()
        camera = DemoCamera(FPS, sleep=lambda seconds: None, show=(Act(DemoScene(who), 60.0),))
        image = self._show(camera)
        decision = self.decisions[0] if self.decisions else None
        self._leave()
        over = self.rules.rules.lease_over
        said = decision.reason.value if decision else (over.value if over else "nothing")
        if picture and image is not None:
            _keep(image, f"{self.newcomer.name}: {said}", Path(picture))
        return {"accepted": bool(decision and decision.accepted), "reason": said}

    def stop(self) -> None:
        """Stop the thread and close the database."""
        if self.link is not None:
            self.link.stop()
        self.engine.close()
        self.audit.close()
        self.storage.close()

    def _service(self) -> Any:
        return build_fleet_service(self.config, self.folder, self.storage, wait_for_the_thread)

    def _show(self, camera: DemoCamera) -> BGRImage | None:
        image: BGRImage | None = None
        for index in range(int(LONGEST_VISIT_S * FPS)):
            stage = camera.director.advance()
            image = np.ascontiguousarray(camera.picture(stage, index))
            self.now += 1 / FPS
            step = self.engine.step(Frame(image, self.now, index), self.now)
            challenge = None if step is None else step.door.challenge
            turn = challenge.turn if challenge else None
            camera.turn(turn.value if turn else "front")
            if self.decisions or (self.rules.rules.lease_over and index > FPS):
                break
        return image

    def _leave(self) -> None:
        for _ in range(12):
            self.now += 7.0
            self.engine.door.tick(self.now)


def _keep(image: BGRImage, words: str, file: Path) -> None:
    shown = image.copy()
    cv2.rectangle(shown, (0, 0), (shown.shape[1], 36), (20, 20, 20), -1)
    cv2.putText(shown, words, (10, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 1)
    cv2.imwrite(str(file), shown)


def main() -> None:
    """Answer requests until stdin ends."""
    name, kind, folder, url, lease_s = sys.argv[1:]
    node = DemoNode(name, NodeKind(kind), Path(folder), url, float(lease_s))
    print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        what: Callable[..., dict[str, Any]] = getattr(node, request.pop("do"))
        try:
            print(json.dumps(what(**request)), flush=True)
        except Exception as error:
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
    node.stop()


if __name__ == "__main__":
    main()
