"""``enroll``: enrol a person from pictures or a clip."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.consent_factory import publish_consent
from kiosk.app.bootstrap.pipeline_factory import build_photograph_pipeline, build_pipeline
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.cli.shared import Progress, config_of, data_dir, day, operator
from kiosk.core import paths
from kiosk.core.consent import Consent, ConsentKind
from kiosk.core.errors import EnrolError
from kiosk.core.frames import Frame
from kiosk.core.languages import default_language, language_codes
from kiosk.core.people import Person, PersonRole
from kiosk.services.picture_enrolment import PictureEnrolment
from kiosk.storage.db.timestamps import local_now
from kiosk.vision.camera.picture_files import is_picture
from kiosk.vision.camera.sources import read_pictures
from kiosk.vision.recognition.consensus import VotingRule
from kiosk.vision.recognition.gallery import Gallery


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "enroll", parents=[common], help="enrol a person from a folder of pictures or a clip"
    )
    own.add_argument("number", help="student number")
    own.add_argument("name", help="full name")
    own.add_argument(
        "--images",
        type=Path,
        required=True,
        metavar="PATH",
        help="folder of pictures, or a video file, of this person alone",
    )
    own.add_argument(
        "--role",
        choices=[role.value for role in PersonRole],
        default=PersonRole.STUDENT.value,
        help="default: student, without saying at which level",
    )
    own.add_argument("--valid-from", metavar="DATE")
    own.add_argument("--valid-until", metavar="DATE")
    own.add_argument(
        "--consent",
        action="store_true",
        help="this person has agreed to both consents, to personal data and to face templates "
        "(`consent show` prints them)",
    )
    own.add_argument(
        "--consent-language",
        choices=language_codes(),
        default=default_language(),
        help="language in which they read the consent text",
    )
    own.add_argument(
        "--allow-known", action="store_true", help="enrol even if an enrolled person looks alike"
    )
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Enrol one person; nothing is stored unless every check passes."""
    if not args.consent:
        raise EnrolError("An enrolment needs the person's consent; ask for it, then add --consent.")
    now = local_now()
    person = Person(
        number=args.number,
        name=args.name,
        role=PersonRole(args.role),
        valid_from=day(args.valid_from) if args.valid_from else None,
        valid_until=day(args.valid_until) if args.valid_until else None,
        consented_at=now,
        consent_language=args.consent_language,
        consents=(Consent(ConsentKind.PERSONAL, now, args.consent_language),),
    )
    config = config_of(args)
    images = paths.existing(args.images)
    storage = open_store(data_dir(args), config)
    try:
        publish_consent(storage, config)
        stills = images.is_dir() or is_picture(images)
        pipeline = build_photograph_pipeline(config) if stills else build_pipeline(config)
        gallery = Gallery(pipeline.info.id, pipeline.info.dimension)
        gallery.replace(storage.people.templates(pipeline.info.id))
        service = PictureEnrolment(
            pipeline,
            gallery,
            storage.people,
            VotingRule.of(config.recognition, pipeline.info.threshold).threshold,
        )
        report = service.enrol(
            operator(),
            person,
            _frames(images),
            allow_known=args.allow_known,
            progress=Progress("pictures"),
        )
    finally:
        storage.close()
    print(
        f"{report.person.number} {report.person.name}: {report.kept} templates from "
        f"{report.usable} good of "
        f"{report.pictures} pictures, typical distance to them {report.self_distance:.2f}"
    )
    return 0


def _frames(path: Path) -> Iterator[Frame]:
    for index, image in enumerate(read_pictures(path)):
        yield Frame(image, index / 30.0, index)
