"""Build the engine: the whole door without Qt, with every implementation plugged in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random, SystemRandom

from kiosk.access.locks import Lock, LogLock
from kiosk.access.policy.engine import PolicyEngine
from kiosk.app.bootstrap.calibrator import DerivationRule, configured
from kiosk.app.bootstrap.gallery_calibration import GalleryCalibration
from kiosk.app.bootstrap.pipeline_factory import build_appearance, build_pipeline, uses_eyes
from kiosk.app.bootstrap.policy_factory import policy_of
from kiosk.app.bootstrap.time_factor import timing_of
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.decisions import Decision
from kiosk.core.door_state import Machine
from kiosk.core.member_looks import LookRule
from kiosk.core.orientation import Orientation
from kiosk.core.people import Person
from kiosk.core.ports import PersonLookup
from kiosk.core.templates import EmbedderInfo
from kiosk.core.thresholds import Thresholds
from kiosk.door.claims import PIN_S, Claims
from kiosk.door.door_service import DoorService
from kiosk.door.frame_engine import NO_HOOKS, CodeInput, Engine, EngineHooks
from kiosk.door.intent import Intent
from kiosk.door.look_alike_people import LookAlikePeople
from kiosk.door.look_offers import OFFER_S, LookOffers
from kiosk.door.verification import VerifyService
from kiosk.services.enrolment import EnrolService
from kiosk.services.look_service import LookService
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.vision.detection.tracker import Tracker
from kiosk.vision.liveness.eye_openness import load_eye_network
from kiosk.vision.liveness.liveness_decision import Liveness
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.pipeline import FacePipeline
from kiosk.vision.recognition.consensus import Consensus, VotingRule
from kiosk.vision.recognition.gallery import Gallery
from kiosk.vision.recognition.reference_distances import reference_of

MAX_JUMP = 1.4
"""Embedding distance between two frames, in thresholds, from which on they show two people."""


def build_engine(
    config: Config,
    storage: Store,
    lock: Lock | None = None,
    pipeline: FacePipeline | None = None,
    on_decision: Sequence[Callable[[Decision], None]] = (),
    rules: PolicyEngine | None = None,
    rng: Random | None = None,
    hooks: EngineHooks = NO_HOOKS,
    codes: Callable[[DoorService], CodeInput | None] = lambda door: None,
) -> Engine:
    """Build the whole door without Qt, for the inference thread, the commands and the benchmarks.

    Without ``lock`` openings are only recorded: a command beside the kiosk moves no door.
    ``codes``: builds what reads badges and cards for a door.
    """
    pipeline = pipeline or build_pipeline(config)
    info = pipeline.info
    rule = VotingRule.of(config.recognition, info.threshold)
    gallery = Gallery(info.id, info.dimension)
    people = LookAlikePeople(storage.people, gallery, lambda: door.thresholds.look_alike)
    verify = _build_verification(config, storage, people, lock, rules, info)
    verify.listeners.extend(on_decision)
    claims = build_claims(config, storage, people, gallery, rules)
    looks = _build_looks(config, storage, people, gallery, info)
    door = _build_door(
        config, gallery, claims, rule, verify, info, rng or SystemRandom(), looks, hooks, rules
    )
    enrol = EnrolService(
        gallery,
        storage.people,
        info,
        thresholds=Thresholds.same(rule.threshold),
        duplicate_factor=config.enrolment.duplicate_factor,
        pose_timeout_s=config.enrolment.pose_timeout_s,
    )
    return Engine(
        pipeline,
        gallery,
        storage.people,
        door,
        enrol,
        calibration=_build_calibration(config, storage, gallery, info),
        look_alikes=storage.look_alikes,
        hooks=hooks,
        codes=codes(door),
        stall_s=config.camera.stall_s,
        idle_interval_s=config.recognition.idle_interval_s,
    )


def _build_calibration(
    config: Config, storage: Store, gallery: Gallery, info: EmbedderInfo
) -> GalleryCalibration:
    rule = DerivationRule(
        config.recognition.max_false_accepts,
        info.threshold,
        reference_of(paths.REFERENCE, info.id),
    )
    return GalleryCalibration(
        gallery,
        storage.people,
        rule,
        lambda: storage.choice.get() or configured(config.recognition),
        storage.look_alikes.all,
    )


def _build_verification(
    config: Config,
    storage: Store,
    people: PersonLookup,
    lock: Lock | None,
    rules: PolicyEngine | None,
    info: EmbedderInfo,
) -> VerifyService:
    return VerifyService(
        people,
        storage.access_log,
        lock or LogLock(),
        rules or policy_of(config),
        storage.trusted_clock(),
        embedder_id=info.id,
        open_s=config.door.open_s,
    )


def _build_door(
    config: Config,
    gallery: Gallery,
    claims: Claims,
    rule: VotingRule,
    verify: VerifyService,
    info: EmbedderInfo,
    rng: Random,
    looks: LookOffers,
    hooks: EngineHooks,
    rules: PolicyEngine | None,
) -> DoorService:
    max_jump = MAX_JUMP * rule.threshold
    return DoorService(
        gallery,
        claims,
        Consensus(rule),
        Tracker(max_jump=max_jump),
        verify,
        Machine(timing_of(config)),
        info,
        thresholds=Thresholds.same(rule.threshold),
        votes_needed=rule.votes,
        claim_s=config.door.claim_s,
        liveness=_build_liveness(config, rng, max_jump),
        looks=looks,
        intent=Intent(config.door.dwell_s, config.door.min_eye_share),
        on_company=hooks.on_company,
        faces_off=lambda: rules is not None and rules.lease_over is not None,
    )


def _build_looks(
    config: Config, storage: Store, people: PersonLookup, gallery: Gallery, info: EmbedderInfo
) -> LookOffers:
    own = config.enrolment
    rule = LookRule(own.ask_looks, own.looks_most, own.looks_days, own.looks_pause_days)
    service = LookService(storage.looks, people, gallery, info, rule, storage.trusted_clock())
    return LookOffers(service, gallery, OFFER_S * config.ui.time_factor)


def _build_liveness(config: Config, rng: Random, max_jump: float) -> Liveness | None:
    if not config.liveness.enabled:
        return None
    return Liveness(
        config.liveness,
        rng,
        max_jump,
        appearance=build_appearance(config),
        eyes=load_eye_network(Manifest.load(paths.MANIFEST)) if uses_eyes(config) else None,
        orientation=Orientation(config.camera.turned, config.camera.mirrored),
    )


def build_claims(
    config: Config,
    storage: Store,
    people: PersonLookup,
    gallery: Gallery,
    rules: PolicyEngine | None,
) -> Claims:
    """Return what judges typed numbers and PINs."""
    return Claims(
        people,
        gallery,
        storage.door_pins,
        storage.door_tries,
        pin_wanted(config, rules),
        PIN_S * config.ui.time_factor,
        duress_enabled=lambda: rules is not None and rules.rules.duress,
        on_duress=rules.duress_typed if rules is not None else lambda person: None,
        lease_over=lambda: rules.lease_over if rules is not None else None,
    )


def pin_wanted(config: Config, rules: PolicyEngine | None) -> Callable[[Person], bool]:
    """Return whether a person who claims a number must enter a PIN before the face is verified."""
    everybody = config.door.pin_for == "everybody"
    return lambda person: (
        everybody or person.look_alike or (rules is not None and rules.asks_pin(local_now()))
    )
