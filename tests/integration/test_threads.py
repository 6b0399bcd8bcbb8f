"""Capture and inference threads with failing cameras and engines."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from kiosk.app import capture_thread
from kiosk.app.capture_thread import CaptureWorker
from kiosk.app.inference_thread import InferenceWorker
from kiosk.app.tasks import Tasks
from kiosk.core.door_state import DoorState
from kiosk.core.errors import CameraError, StorageError
from kiosk.core.frames import Frame, Planes
from kiosk.core.mailbox import Mailbox
from kiosk.core.orientation import Orientation
from kiosk.core.view_models import DoorView
from kiosk.door.frame_engine import Step
from tests.helpers.waiting import WAIT_MS, WAIT_S


class Camera:
    """Delivers the listed pictures, then none; raises a listed exception."""

    title = "test"
    demo = False
    live = True

    def __init__(self, pictures) -> None:
        self.pictures = list(pictures)
        self.closed = threading.Event()

    def read(self):
        if not self.pictures:
            return None
        picture = self.pictures.pop(0)
        if isinstance(picture, Exception):
            raise picture
        return picture

    def skip(self):
        return self.read() is not None

    def close(self) -> None:
        self.closed.set()


class QuickCamera(Camera):
    """Delivers a picture each 10 ms of its own ``clock`` and counts the decoded ones."""

    def __init__(self) -> None:
        super().__init__([])
        self.clock = 0.0
        self.read_count = 0
        self.skipped = 0
        self.counted = threading.Condition()

    def read(self):
        self.closed.wait(0.001)
        with self.counted:
            self.clock += 0.01
            self.read_count += 1
            self.counted.notify_all()
        return picture(self.read_count % 200)

    def skip(self):
        self.closed.wait(0.001)
        with self.counted:
            self.clock += 0.01
            self.skipped += 1
            self.counted.notify_all()
        return True

    def until(self, reached) -> bool:
        with self.counted:
            return self.counted.wait_for(lambda: reached(self), WAIT_S)


def picture(value: int) -> np.ndarray:
    return np.full((4, 6, 3), value, np.uint8)


def to_bgra(image):
    return np.concatenate([image, image[..., :1]], axis=2)


@pytest.fixture
def start(qtbot):
    running = []

    def begin(worker):
        running.append(worker)
        worker.start()
        return worker

    yield begin
    for worker in running:
        worker.stop()
        assert worker.wait(WAIT_MS)


def capture(cameras, frozen=lambda image, now, facts: False, stall_s=0.05) -> CaptureWorker:
    queue = list(cameras)

    def open_camera():
        if not queue:
            raise CameraError("There is no camera.")
        return queue.pop(0)

    return CaptureWorker(open_camera, lambda: frozen, to_bgra, stall_s)


def test_pictures_reach_both_mailboxes(qtbot, start):
    worker = capture([Camera([picture(7)])])
    with qtbot.waitSignal(worker.previewReady):
        start(worker)
    assert worker.preview.take().shape == (4, 6, 4)
    assert worker.inference.take(timeout=WAIT_S).image[0, 0, 0] == 7


def test_further_planes_of_a_camera_are_carried_unchanged(start):
    planes = Planes(np.zeros((4, 6), np.uint8), np.ones((4, 6), np.float32))
    camera = Camera([picture(7)])
    camera.planes = lambda: planes
    worker = start(capture([camera]))
    frame = worker.inference.take(timeout=WAIT_S)
    assert frame.infrared is planes.infrared and frame.depth is planes.depth


def test_at_rest_few_frames_are_decoded_and_all_afterwards(start, monkeypatch):
    camera = QuickCamera()
    monkeypatch.setattr(capture_thread, "time", SimpleNamespace(monotonic=lambda: camera.clock))
    at_rest = threading.Event()
    worker = CaptureWorker(
        lambda: camera, lambda: lambda image, now, facts: False, to_bgra, 5.0, at_rest=at_rest
    )
    start(worker)
    assert camera.until(lambda c: c.read_count >= 10) and camera.skipped == 0
    at_rest.set()
    assert camera.until(lambda c: c.skipped >= 40)
    read = camera.read_count
    skipped = camera.skipped
    assert camera.until(lambda c: c.skipped >= skipped + 20) and camera.read_count - read <= 10
    at_rest.clear()
    skipped = camera.skipped
    assert camera.until(lambda c: c.read_count >= read + 30) and camera.skipped <= skipped + 1


def test_calm_engine_sets_at_rest(qtbot, start):
    engine = Renewable("calm")
    at_rest = threading.Event()
    engine.enrol.active = False
    calm = threading.Event()
    engine.step = lambda frame, now: Step(DoorView(), calm=calm.is_set())
    worker = start(InferenceWorker(lambda: engine, Mailbox(), at_rest=at_rest))
    assert not at_rest.is_set()
    calm.set()
    assert at_rest.wait(WAIT_S)
    calm.clear()
    qtbot.waitUntil(lambda: not at_rest.is_set())
    assert worker.isRunning()


def test_a_stalled_camera_is_closed_and_the_next_one_opened(qtbot, start):
    first = Camera([picture(1)])
    second = Camera([picture(2)])
    worker = capture([first, second])
    with qtbot.waitSignals([worker.cameraOpened, worker.cameraOpened]):
        start(worker)
    assert first.closed.wait(WAIT_S)


@pytest.mark.parametrize("failure", [CameraError("unplugged"), ValueError("a driver's nonsense")])
def test_a_failing_camera_never_ends_the_thread(qtbot, start, failure):
    worker = capture([Camera([failure]), Camera([picture(3)])])
    with qtbot.waitSignal(worker.previewReady):
        start(worker)
    assert worker.isRunning()


def test_frozen_frames_are_not_delivered(qtbot, start):
    worker = capture([Camera([picture(1)] * 50)], frozen=lambda image, now, facts: True)
    with qtbot.assertNotEmitted(worker.cameraOpened), qtbot.waitSignal(worker.cameraFailed):
        start(worker)  # the camera is given up, and there is no other one
    assert worker.inference.take() is None


class SlowCamera(Camera):
    """The first picture comes after ``empty`` reads without one."""

    mode = "640×480 YUYV, 30/s"

    def __init__(self, pictures, empty, first_picture_s):
        super().__init__([None] * empty + list(pictures))
        self.first_picture_s = first_picture_s

    def silence(self):
        return CameraError("It gives no pictures.", key="error.camera_silent")


def test_a_first_picture_may_take_longer_than_the_next(qtbot, start):
    worker = capture([SlowCamera([picture(7)], empty=8, first_picture_s=WAIT_S)], stall_s=0.01)
    with (
        qtbot.waitSignal(worker.cameraFailed) as failed,
        qtbot.waitSignal(worker.cameraOpened) as opened,
    ):
        start(worker)
    assert opened.args[0].mode == "640×480 YUYV, 30/s"
    assert failed.args[0].key == "error.camera_silent"  # it stalled after that


def test_a_camera_without_a_first_picture_is_given_up_with_its_reason(qtbot, start):
    worker = capture([SlowCamera([], empty=1, first_picture_s=0.01)], stall_s=WAIT_S)
    with (
        qtbot.assertNotEmitted(worker.cameraOpened),
        qtbot.waitSignal(worker.cameraFailed) as failure,
    ):
        start(worker)
    assert failure.args[0].key == "error.camera_silent"


def test_missing_camera_is_reported(qtbot, start):
    worker = capture([])
    with qtbot.waitSignal(worker.cameraFailed) as failure:
        start(worker)
    assert failure.args[0].key == "error.camera" and "no camera" in str(failure.args[0])


def test_an_engine_that_cannot_be_built_is_reported(qtbot, start):
    def broken():
        raise StorageError("The database is damaged.")

    worker = InferenceWorker(broken, Mailbox())
    with qtbot.waitSignal(worker.failed) as failure:
        start(worker)
    assert failure.args == ["error.storage", "The database is damaged."]


def test_engine_is_retried_and_posted_commands_are_kept(qtbot, start):
    attempts = []
    engine = BrokenEngine()

    def make():
        attempts.append(1)
        if len(attempts) < 3:
            raise StorageError("The database is locked.")
        return engine

    worker = InferenceWorker(make, Mailbox(), build_again_s=0.1)
    order = []
    kept = [worker.post(lambda e, now, n=n: order.append(n)) for n in range(3)]
    asked = worker.ask(lambda e, now: "never")
    with qtbot.waitSignal(worker.ready):
        start(worker)
    with pytest.raises(StorageError, match="locked"):
        asked.result(timeout=WAIT_S)
    for future in kept:
        future.result(timeout=WAIT_S)
    assert order == [0, 1, 2] and len(attempts) == 3


class Renewable:
    """An engine whose door can be paused, and that may be enrolling."""

    def __init__(self, name: str) -> None:
        self.info = name
        self.camera = f"camera of {name}"
        self.door = BrokenDoor()
        self.enrol = SimpleNamespace(active=name == "first")
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()

    def step(self, frame, now):
        return Step(DoorView())


def test_engine_is_rebuilt_after_the_enrolment_and_stays_paused(qtbot, start):
    engines = [Renewable("first"), Renewable("second")]
    made = iter(engines)
    worker = InferenceWorker(lambda: next(made), Mailbox())
    with qtbot.waitSignal(worker.ready):
        start(worker)
    worker.post(lambda e, now: setattr(e.door, "paused", True)).result(timeout=WAIT_S)
    worker.renew()
    assert worker.post(lambda e, now: e.info).result(timeout=WAIT_S) == "first", (
        "nobody's enrolment is thrown away"
    )
    with qtbot.waitSignal(worker.ready) as again:
        worker.post(lambda e, now: setattr(e.enrol, "active", False))
    assert (
        again.args == ["second"]
        and worker.post(lambda e, now: e.camera).result(timeout=WAIT_S) == "camera of first"
    )
    assert engines[0].door.told_to_pause.is_set() and engines[1].door.told_to_pause.is_set()
    assert engines[1].door.took_over is engines[0].door


def test_rebuilt_engine_continues_verifying(qtbot, start):
    engines = [Renewable("one"), Renewable("two")]
    made = iter(engines)
    worker = InferenceWorker(lambda: next(made), Mailbox())
    with qtbot.waitSignal(worker.ready):
        start(worker)
    with qtbot.waitSignal(worker.ready):
        worker.renew()
    assert engines[0].door.told_to_pause.is_set() and not engines[1].door.told_to_pause.is_set()
    assert engines[0].closed.is_set() and not engines[1].closed.is_set()
    worker.stop()
    assert worker.wait(WAIT_MS)
    assert engines[1].closed.is_set()


class BrokenDoor:
    def __init__(self) -> None:
        self.faults: list[str] = []
        self.told_to_pause = threading.Event()
        self.paused = False
        self.took_over: BrokenDoor | None = None
        self.state = DoorState.IDLE

    def fault(self, key: str, now: float) -> None:
        self.faults.append(key)
        self.state = DoorState.OUT_OF_SERVICE

    def pause(self, now: float) -> None:
        self.told_to_pause.set()

    def take_over(self, before: BrokenDoor) -> None:
        self.took_over = before


class BrokenEngine:
    """Raises on each step."""

    info = "net"

    def __init__(self) -> None:
        self.door = BrokenDoor()
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()

    def step(self, frame, now):
        raise ZeroDivisionError("a defect of ours")


def test_unexpected_error_puts_the_door_out_of_service_and_commands_still_run(qtbot, start):
    engine = BrokenEngine()
    worker = start(InferenceWorker(lambda: engine, Mailbox()))
    assert worker.post(lambda e, now: "done").result(timeout=WAIT_S) == "done"
    with pytest.raises(KeyError):
        worker.post(lambda e, now: {}["x"]).result(timeout=WAIT_S)
    worker.stop()
    assert worker.wait(WAIT_MS)
    assert engine.door.faults and set(engine.door.faults) == {"error.generic"}
    assert engine.door.told_to_pause.is_set(), "the door is locked on the way out"
    assert engine.closed.is_set()


class BlindEngine(BrokenEngine):
    """Raises on each frame, but not on a step without one."""

    def step(self, frame, now):
        if frame is not None:
            raise ZeroDivisionError("a defect of ours")
        return Step(DoorView(state=self.door.state))

    def measured(self, latency_s: float) -> None:
        pass


class EndlessFrames(Mailbox):
    """Always holds a frame, so that no step runs without one."""

    def take(self, timeout: float = 0.0) -> Frame:
        return Frame(picture(1), 0.0, 0)


def test_screen_shows_out_of_service_if_every_frame_fails(qtbot, start):
    worker = InferenceWorker(BlindEngine, EndlessFrames())
    with qtbot.waitSignal(worker.stepped):
        start(worker)
    assert worker.steps.take(timeout=WAIT_S).door.state is DoorState.OUT_OF_SERVICE


def test_opening_is_retried_after_an_unexpected_error(qtbot, start):
    tried = []
    second = Camera([picture(2)])

    def open_camera():
        tried.append(1)
        if len(tried) == 1:
            raise ValueError("a driver's nonsense")
        return second

    worker = CaptureWorker(open_camera, lambda: lambda image, now, facts: False, to_bgra, 0.05)
    with (
        qtbot.waitSignal(worker.previewReady),
        qtbot.waitSignal(worker.cameraFailed) as failure,
    ):
        start(worker)
    assert failure.args[0].key == "error.camera"


def test_results_arrive_in_the_main_thread(qtbot):
    tasks = Tasks()
    seen = []
    worker = InferenceWorker(lambda: None, Mailbox())
    future = worker.post(lambda e, now: None)
    tasks.watch(
        future,
        lambda result: seen.append((result, threading.current_thread())),
        lambda error: seen.append(error),
    )
    threading.Thread(target=lambda: future.set_result(42)).start()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(42, threading.main_thread())]


def test_kiosk_errors_are_passed_on_and_others_replaced_by_a_general_one(qtbot):
    tasks = Tasks()
    seen = []
    for error in (StorageError("The disk is full."), RuntimeError("defect")):
        worker = InferenceWorker(lambda: None, Mailbox())
        future = worker.post(lambda e, now: None)
        tasks.watch(future, seen.append, lambda error: seen.append(error.key))
        future.set_exception(error)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == ["error.storage", "error.generic"]


def test_pictures_are_turned_for_every_reader_and_the_demo_camera_s_are_not(start):
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 0] = 255
    planes = Planes(image[..., 0].copy(), np.ones((2, 3), np.float32))
    for demo, corner in ((False, (0, 1)), (True, (0, 0))):
        camera = Camera([image])
        camera.planes = lambda: planes
        camera.demo = demo
        worker = CaptureWorker(
            lambda camera=camera: camera,
            lambda: lambda image, now, facts: False,
            to_bgra,
            0.05,
            orientation=lambda: Orientation(90),
        )
        start(worker)
        frame = worker.inference.take(timeout=WAIT_S)
        assert frame.image[corner].tolist() == [255] * 3 and frame.infrared[corner] == 255
        assert frame.depth.shape == frame.image.shape[:2]


def test_a_camera_is_opened_again_as_soon_as_its_settings_change(start):
    reopen = threading.Event()
    opened = []

    def open_camera():
        opened.append(QuickCamera())
        return opened[-1]

    worker = CaptureWorker(
        open_camera, lambda: lambda image, now, facts: False, to_bgra, WAIT_S, reopen=reopen
    )
    start(worker)
    assert worker.inference.take(timeout=WAIT_S) is not None
    reopen.set()
    assert opened[0].closed.wait(WAIT_S)
    assert worker.inference.take(timeout=WAIT_S) is not None
