"""Builds storage and engine from the settings. The only place that knows every implementation."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.access.badges import BadgeKey, is_badge
from kiosk.access.door_monitor import DoorEvent, DoorMonitor
from kiosk.access.drivers import make_driver
from kiosk.access.lock_controller import LockController, LockControllerSettings
from kiosk.access.locks import Lock, LogLock
from kiosk.access.policy import may_enter
from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.policy_file import load_policy
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.bootstrap.calibrator import calibrator
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.decisions import Decision, Reason
from kiosk.core.door_state import Machine, Timing
from kiosk.core.errors import KioskError
from kiosk.core.frames import BGRImage
from kiosk.core.people import Person
from kiosk.core.ports import PinsPort, Policy
from kiosk.door.claims import PIN_S, Claims
from kiosk.door.credential_reader import CredentialReader
from kiosk.door.door_service import DoorService
from kiosk.door.duress_pins import DuressPins
from kiosk.door.frame_engine import Engine
from kiosk.door.verification import VerifyService
from kiosk.services.enrolment import EnrolService
from kiosk.storage.audit.access_log import AccessLog
from kiosk.storage.audit.audit_log import AuditLog
from kiosk.storage.audit.trace_store import TraceStore
from kiosk.storage.audit.trusted_clock import TrustedClock
from kiosk.storage.backup.backup_job import BackupJob
from kiosk.storage.backup.backup_set import Backups
from kiosk.storage.crypto.badge_secret import badge_secret
from kiosk.storage.crypto.key_store import FileKeys, KeyringKeys, KeyStore
from kiosk.storage.crypto.vault import Vault
from kiosk.storage.db.database import Database
from kiosk.storage.db.timestamps import (
    local_now as local_now,
)  # the others of the composition roots take it from here
from kiosk.storage.people.account_store import AccountStore
from kiosk.storage.people.card_store import CardStore
from kiosk.storage.people.consent_store import ConsentStore
from kiosk.storage.people.door_pin_store import DoorPinStore, TryStore
from kiosk.storage.people.look_alike_store import LookAlikeStore
from kiosk.storage.people.people_store import PeopleStore
from kiosk.storage.settings_store import ChoiceStore, SettingsStore
from kiosk.ui.consent_text import consent_text
from kiosk.vision.detection.code_reader import CodeReader
from kiosk.vision.detection.detection_cache import DetectionCache
from kiosk.vision.detection.detector_padding import PaddedDetector
from kiosk.vision.detection.face_quality import assess
from kiosk.vision.detection.mtcnn import load_mtcnn
from kiosk.vision.detection.tracker import Tracker
from kiosk.vision.liveness.liveness_decision import Liveness
from kiosk.vision.models.manifest import Manifest
from kiosk.vision.pipeline import FacePipeline
from kiosk.vision.recognition.consensus import Consensus, VotingRule
from kiosk.vision.recognition.embedder import load_embedder
from kiosk.vision.recognition.gallery import Gallery

log = logging.getLogger(__name__)


def to_bgra(image: BGRImage) -> NDArray[np.uint8]:
    """(h, w, 4) for the screen; Qt paints this layout without converting."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA), np.uint8)


@dataclass(frozen=True, slots=True)
class Storage:
    """The open database and its stores."""

    database: Database
    people: PeopleStore
    access_log: AccessLog
    accounts: AccountStore
    settings: SettingsStore
    consents: ConsentStore
    actions: AuditLog
    traces: TraceStore
    look_alikes: LookAlikeStore
    door_pins: DoorPinStore
    door_tries: TryStore
    choice: ChoiceStore

    @classmethod
    def open(cls, data_dir: Path, config: Config | None = None) -> Storage:
        """Open, or create, the database of ``data_dir``; ``config`` says where its keys and backups lie."""
        config = config or Config()
        database = Database.open(
            paths.database_file(data_dir),
            keys=key_store(data_dir, config),
            backups=backups_folder(config),
        )
        settings = SettingsStore(database)
        return cls(
            database,
            PeopleStore(database),
            AccessLog(database),
            AccountStore(database),
            settings,
            ConsentStore(database),
            AuditLog(database),
            TraceStore(database),
            LookAlikeStore(database),
            DoorPinStore(database),
            TryStore(database),
            ChoiceStore(settings),
        )

    def publish_consent(self, config: Config) -> int:
        """Keep the text that people are shown from now on; its version."""
        days = config.privacy.keep_log_days
        return self.consents.publish(consent_text("ko", days), consent_text("en", days))

    def close(self) -> None:
        """Close the database after the work in progress."""
        self.database.close()


def key_store(data_dir: Path, config: Config) -> KeyStore:
    """Where the settings say that the secret keys lie."""
    security = config.security
    if security.key_store == "keyring":
        return KeyringKeys.system()
    return FileKeys(
        paths.expanded(security.key_folder) if security.key_folder else paths.keys_dir(data_dir)
    )


def backups_folder(config: Config) -> Path | None:
    """Where the settings want backups; ``None`` is inside the data folder."""
    return paths.expanded(config.backup.folder).absolute() if config.backup.folder else None


def backups_of(config: Config, data_dir: Path) -> tuple[Backups, Vault]:
    """The backups of ``data_dir`` and its keys, without opening its database, which may be damaged."""
    vault = Vault(key_store(data_dir, config))
    return Backups(paths.database_file(data_dir.absolute()), vault, backups_folder(config)), vault


def backup_job_of(config: Config, storage: Storage) -> BackupJob:
    """What makes and rotates backups as the settings say."""
    return BackupJob(
        storage.database,
        every=timedelta(hours=config.backup.every_hours),
        keep=config.backup.keep,
        set_aside=timedelta(days=config.privacy.keep_log_days),
    )


def network_threads(config: Config) -> int:
    """Threads for the networks: as configured, else four at most, with a core left to the screen where there are more than two.

    On two cores the screen needs a tenth of one, and the networks' threads sleep while there is nothing to do.
    """
    cores = os.cpu_count() or 2
    return config.recognition.threads or max(1, min(4, cores if cores <= 2 else cores - 1))


def build_pipeline(config: Config, *, stills: bool = False) -> FacePipeline:
    """Detector and embedder from the manifest; raises ``WeightsError`` where a file is missing or wrong.

    ``stills``: for photographs, which a face may fill, and not a camera's frames: nobody there stands too close.
    """
    manifest = Manifest.load(paths.MANIFEST)
    threads = network_threads(config)
    detector = load_mtcnn(manifest, threads=threads, min_face_size=min_face_size(config))
    embedder = load_embedder(manifest, config.recognition.embedder, threads)
    if stills:
        return FacePipeline(
            PaddedDetector(detector),
            embedder,
            assess,
            replace(config.quality, max_face_share=math.inf),
        )
    following = DetectionCache(detector, config.recognition.follow_frames)
    return FacePipeline(following, embedder, assess, config.quality, following.scene_changed)


def check_weights(config: Config) -> None:
    """Raise ``WeightsError`` now, not on the screen later, where a network is missing or wrong."""
    manifest = Manifest.load(paths.MANIFEST)
    for name in ("pnet", "rnet", "onet"):
        manifest.entry(name).verify()
    manifest.choose(config.recognition.embedder).verify()


def min_face_size(config: Config) -> int:
    """Smallest face worth finding: a little smaller than what quality asks for, so that "come closer" can be said.

    MTCNN's boxes are 2.2 to 2.5 times as wide as the eyes are apart.
    """
    return max(20, int(config.quality.min_eye_distance * 2))


def build_engine(
    config: Config,
    storage: Storage,
    lock: Lock | None = None,
    pipeline: FacePipeline | None = None,
    on_decision: Sequence[Callable[[Decision], None]] = (),
    rules: PolicyEngine | None = None,
    rng: Random | None = None,
) -> Engine:
    """The whole door without any Qt: what the inference thread, the commands and the benchmarks run.

    Without ``lock`` it only records what it would open: a command beside the kiosk moves no door.
    """
    pipeline = pipeline or build_pipeline(config)
    info = pipeline.info
    rule = VotingRule.of(config.recognition, info.threshold)
    gallery = Gallery(info.id, info.dimension)
    verify = VerifyService(
        storage.people,
        storage.access_log,
        lock or LogLock(),
        rules or policy_of(config),
        TrustedClock(storage.database),
        threshold=rule.threshold,
        embedder_id=info.id,
        open_s=config.door.open_s,
    )
    verify.listeners.extend(on_decision)
    claims = build_claims(config, storage, gallery, rules)
    jump = 1.4 * rule.threshold
    liveness = (
        Liveness(config.liveness, rng or SystemRandom(), jump) if config.liveness.enabled else None
    )
    door = DoorService(
        gallery,
        claims,
        Consensus(rule),
        Tracker(max_jump=jump),
        verify,
        Machine(timing_of(config)),
        info,
        threshold=rule.threshold,
        votes_needed=rule.votes,
        claim_s=config.door.claim_s,
        liveness=liveness,
    )
    enrol = EnrolService(
        gallery,
        storage.people,
        info,
        threshold=rule.threshold,
        duplicate_factor=config.enrolment.duplicate_factor,
        pose_timeout_s=config.enrolment.pose_timeout_s,
    )
    calibrate = calibrator(config.recognition, info.id, info.threshold, chosen=storage.choice.get)
    return Engine(
        pipeline,
        gallery,
        storage.people,
        door,
        enrol,
        calibrate=calibrate,
        look_alikes=storage.look_alikes,
        stall_s=config.camera.stall_s,
        idle_interval_s=config.recognition.idle_interval_s,
    )


def build_claims(
    config: Config, storage: Storage, gallery: Gallery, rules: PolicyEngine | None
) -> Claims:
    """What becomes of typed numbers and PINs."""
    return Claims(
        storage.people,
        gallery,
        pins_of(storage, rules),
        storage.door_tries,
        pin_wanted(config, rules),
        PIN_S * config.ui.time_factor,
    )


def pins_of(storage: Storage, rules: PolicyEngine | None) -> PinsPort:
    """PINs for the door; with rules that want it, a call for help counts as the person's own."""
    if rules is None:
        return storage.door_pins
    return DuressPins(storage.door_pins, rules.under_duress, lambda: rules.rules.duress)


def pin_wanted(config: Config, rules: PolicyEngine | None) -> Callable[[Person], bool]:
    """Whether somebody who says their number is asked for a PIN before the face."""
    everybody = config.door.pin_for == "everybody"
    return lambda person: (
        everybody or person.look_alike or (rules is not None and rules.asks_pin(local_now()))
    )


def policy_of(config: Config) -> Policy:
    """Who may enter when, with a PIN for everybody where the settings say so."""
    return partial(may_enter, pin_for_everybody=config.door.pin_for == "everybody")


def build_rules(config: Config, data_dir: Path) -> AccessPolicy:
    """The access rules of the policy file, if there is one; ``ConfigError`` where it cannot be used."""
    usual = paths.policy_file(data_dir)
    if config.door.policy:
        rules = load_policy(paths.expanded(config.door.policy))
    else:
        rules = load_policy(usual) if usual.exists() else AccessPolicy()
    return replace(
        rules,
        pin_for_everybody=config.door.pin_for == "everybody",
        two_person_s=rules.two_person_s * config.ui.time_factor,
    )


def build_lock_controller(
    config: Config,
    on_event: Callable[[DoorEvent, str], None],
    beat: Callable[[], None] = lambda: None,
) -> LockController:
    """The configured lock with its watch, not started yet; ``LockError`` for settings that cannot work."""
    door = config.door
    rules = LockControllerSettings(
        timeout_s=door.lock_timeout_s,
        exit_s=door.open_s,
        relock=door.relock,
        fire_opens=door.fire_opens,
    )
    return LockController(
        make_driver(config), rules, DoorMonitor(door.held_open_s), on_event, beat=beat
    )


class SiteBadges:
    """A ``BadgePort`` of the site's key."""

    def __init__(self, key: BadgeKey) -> None:
        self._key = key

    def is_badge(self, text: str) -> bool:
        """Whether ``text`` wants to be a badge at all."""
        return is_badge(text)

    def read(self, text: str, now: datetime) -> bytes | Reason:
        """The serial of a genuine badge, or why it is none."""
        badge = self._key.read(text, now)
        return badge if isinstance(badge, Reason) else badge.serial


def badge_key_of(storage: Storage, data_dir: Path) -> BadgeKey:
    """The key of badges and cards; ``StorageError`` where it is missing though some were given out."""
    return BadgeKey(badge_secret(storage.database, paths.badge_key(data_dir)))


def add_codes(engine: Engine, config: Config, storage: Storage, data_dir: Path) -> None:
    """Let badges and cards claim who somebody is; without their key the door goes on by face and number."""
    try:
        key = badge_key_of(storage, data_dir)
    except KioskError as error:
        log.error("badges and cards are not read: %s", error)
        return
    engine.codes = CredentialReader(
        engine.door,
        storage.people,
        SiteBadges(key),
        CardStore(storage.database, key.pepper),
        local_now,
    )
    if config.cards.camera:
        engine.code_reader = CodeReader(config.cards.interval_s, config.cards.bar_codes)


def apply_time_factor(config: Config) -> Config:
    """``config`` with the waits that people feel made longer by ``ui.time_factor`` (WCAG 2.2, 2.2.1)."""
    factor = config.ui.time_factor
    door = replace(
        config.door, reject_s=config.door.reject_s * factor, claim_s=config.door.claim_s * factor
    )
    enrolment = replace(config.enrolment, pose_timeout_s=config.enrolment.pose_timeout_s * factor)
    liveness = replace(config.liveness, turn_s=config.liveness.turn_s * factor)
    return replace(
        config,
        door=door,
        enrolment=enrolment,
        liveness=liveness,
        ui=replace(config.ui, sign_out_s=config.ui.sign_out_s * factor),
    )


def timing_of(config: Config) -> Timing:
    """The state machine's time-outs."""
    door = config.door
    return Timing(
        open_s=door.open_s,
        reject_s=door.reject_s,
        cooldown_s=door.cooldown_s,
        max_failures=door.max_failures,
        lockout_s=door.lockout_s,
    )
