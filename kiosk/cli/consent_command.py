"""``consent``: the texts of consent, and who has to be asked for one."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_administer
from kiosk.app.bootstrap.consent_factory import build_consents, consent_form
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_own_data
from kiosk.cli.shared import config_of, counted, data_dir, operator
from kiosk.cli.terminal import print_json
from kiosk.core.config import Config
from kiosk.core.consent import ConsentKind
from kiosk.core.errors import StorageError
from kiosk.core.languages import default_language, language_codes
from kiosk.ui.consent_text import consent_texts


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "consent",
        parents=[common],
        help="show, check or print the texts of consent, list who has to be asked for one",
    )
    own.add_argument(
        "action", nargs="?", default="show", choices=("show", "check", "list", "print")
    )
    own.add_argument("file", nargs="?", type=Path, help="print: the file to write (.pdf)")
    own.add_argument(
        "--language",
        choices=language_codes(),
        default=default_language(),
        help="show, print: language",
    )
    own.add_argument("--version", type=int, metavar="N", help="show: an older version of the texts")
    own.add_argument(
        "--number",
        help="print: what the person with this number agreed to, in place of an empty form",
    )
    own.add_argument("--json", action="store_true", help="list: as JSON")
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    config = config_of(args)
    if args.action == "check":
        return _check(config)
    if args.action == "print":
        return _print(args, config)
    if args.action == "show" and args.version is None:
        form = consent_form(config)
        texts = consent_texts(args.language, form.terms, form.site)
        print("\n\n".join(text.plain() for text in texts))
        return 0
    with open_store(data_dir(args), config) as storage:
        if args.action == "show":
            found = storage.consents.texts(args.version)
            print("\n\n".join(texts.get(args.language, "") for texts in found.values()))
            return 0
        due = build_consents(storage, config).due(operator())
    if args.json:
        print_json(
            [
                {
                    "number": one.number,
                    "name": one.name,
                    "missing": list(one.missing),
                    "outdated": list(one.outdated),
                }
                for one in due
            ],
            indent=1,
        )
        return 0
    for one in due:
        print(f"{one.number}\t{one.name}\t{_said(one.missing, one.outdated)}")
    print(f"{counted(len(due), 'person', 'people')} to be asked")
    return 0


def _check(config: Config) -> int:
    """Say whose texts are in use; ``consent_form`` refuses those that cannot be used."""
    form = consent_form(config)
    whose = f"the site's own, edition {form.site.edition}" if form.site else "the kiosk's own"
    kinds = ", ".join(form.terms.kinds())
    print(f"{whose}: {kinds} in {', '.join(language_codes())}")
    for name in ("controller", "contact"):
        if not getattr(form.terms, name):
            print(f"privacy.{name} is empty; fill it in")
    return 0


def _print(args: argparse.Namespace, config: Config) -> int:
    if args.file is None:
        raise StorageError("Name the file to write, for example: consent print form.pdf.")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication

    from kiosk.app.consent_print import copy_page, form_page, print_page  # imports Qt

    application = QGuiApplication.instance() or QGuiApplication(["munjigi"])
    if args.number is None:
        form = consent_form(config)
        page = form_page(consent_texts(args.language, form.terms, form.site))
    else:
        page = copy_page(_own_data(args, config), args.language)
    print_page(page, args.file, "Munjigi")
    print(f"printed to {args.file}")
    del application
    return 0


def _own_data(args: argparse.Namespace, config: Config) -> Mapping[str, Any]:
    with open_store(data_dir(args), config) as storage:
        person = build_administer(storage).number_owner(operator(), args.number)
        if person is None or person.id is None:
            raise StorageError(
                f"Nobody with student number {args.number} is enrolled; `people list` shows who is."
            )
        return build_own_data(storage).export(operator(), person.id)


def _said(missing: tuple[ConsentKind, ...], outdated: tuple[ConsentKind, ...]) -> str:
    parts = ((missing, "missing"), (outdated, "to be asked again"))
    return "; ".join(f"{', '.join(kinds)} {word}" for kinds, word in parts if kinds)
