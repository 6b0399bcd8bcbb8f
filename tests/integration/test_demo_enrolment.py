"""A drawn person follows the coaching of an enrolment, with the real networks."""

from __future__ import annotations

from kiosk.app.bootstrap.calibrator import calibrator
from kiosk.app.bootstrap.pipeline_factory import build_pipeline
from kiosk.core.config import Config
from kiosk.core.frames import Frame
from kiosk.core.rights import Operator
from kiosk.core.thresholds import Thresholds
from kiosk.core.view_models import Coach, EnrolStep, EnrolView, Pose
from kiosk.demo.demo_camera import DemoCamera, DemoScene
from kiosk.demo.guide import NEWCOMER
from kiosk.services.enrolment import EnrolService
from kiosk.vision.recognition.gallery import Gallery
from tests.helpers.consenting import consenting
from tests.helpers.door import NOW, MemoryPeople


class Clock:
    """Seconds that pass only while somebody waits for them."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_following_the_coaching_completes_an_enrolment():
    pipeline = build_pipeline(Config())
    clock = Clock()
    people = MemoryPeople()
    gallery = Gallery(pipeline.info.id, pipeline.info.dimension)
    service = EnrolService(
        gallery,
        people,
        pipeline.info,
        thresholds=Thresholds.same(pipeline.info.threshold),
        duplicate_factor=1.0,
        pose_timeout_s=60,
    )
    derived = calibrator(Config().recognition, pipeline.info.id, pipeline.info.threshold)([])
    service.use_thresholds(derived.thresholds)
    service.start(Operator("x"), consenting("2026-1", "새사람", NOW), clock.now)
    camera = DemoCamera(fps=10, clock=clock, sleep=clock.sleep)
    view = EnrolView(EnrolStep.CAPTURE)
    for number in range(400):
        camera.cue(DemoScene(NEWCOMER, (view.pose or Pose.FRONT).value))
        image = camera.read()
        assert image is not None
        view = service.observe(pipeline.observe(Frame(image, clock.now, number)), clock.now)
        assert view.coach is not Coach.SOMEBODY_ELSE, f"at {view.pose} after {view.captured}"
        if view.step is not EnrolStep.CAPTURE and view.step is not EnrolStep.CHECK:
            break
    assert view.step is EnrolStep.CONFIRM, (
        f"{view.coach} at {view.pose} after {view.captured}, {view.message_key}"
    )
    assert service.save().templates == len(Pose)
