"""``keys``: show, export and rotate the keys; verify a signed receipt."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.bootstrap.use_cases import build_stored_data
from kiosk.cli.expected_signers import add_key, expected_signers, not_genuine, signed_by
from kiosk.cli.shared import config_of, data_dir, print_unreached, read_json, write_text
from kiosk.cli.two_admin_approval import ask_approval
from kiosk.core.errors import StorageError
from kiosk.storage.people import deletion_receipts
from kiosk.storage.store import Store


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser(
        "keys",
        parents=[common],
        help="the secret keys: show where they are, export the public key, rotate the master key, "
        "verify a receipt",
    )
    own.add_argument(
        "action", nargs="?", choices=("show", "public", "rotate", "verify"), default="show"
    )
    own.add_argument(
        "file",
        nargs="?",
        type=Path,
        help="receipt (for verify); where to write the public key (for public, .pem)",
    )
    add_key(own)
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Carry out one action."""
    if args.action == "verify":
        return _verify(args)
    config = config_of(args)
    storage = open_store(data_dir(args), config)
    try:
        if args.action == "rotate":
            approval = ask_approval(build_two_admins(storage))
            old, new, backups = build_stored_data(config, storage).rotate_key(
                approval.actor, approval.name, approval.pin
            )
            kept = storage.vault.store.get(f"master-{old}") is not None
            print(
                f"master key {new} in place of {old}, which is {'kept' if kept else 'destroyed'}; "
                f"{backups} backups open with the new one"
            )
            print_unreached(storage)
        if args.action == "public":
            return _public(storage, args.file)
        return _show(storage)
    finally:
        storage.close()


def _show(storage: Store) -> int:
    facts = storage.key_facts()
    print(f"keys are in      {storage.vault.store.place}")
    for name, value in facts.items():
        print(f"{name:<16} {value or 'none was made'}")
    for name in sorted(
        (storage.vault.own_signers() or frozenset()) - {facts["signing key"].split()[0]}
    ):
        print(f"{'earlier key':<16} {name}, which signed before the present one")
    return 0


def _public(storage: Store, file: Path | None) -> int:
    """Write the public key as PEM, which verifies the signatures of this kiosk."""
    pem = storage.signer().pem
    if file is None:
        print(pem, end="")
        return 0
    write_text(file, pem)
    print(f"the public key is in {file}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    if args.file is None:
        raise StorageError("Name the receipt's file, for example: keys verify receipt.json.")
    document = read_json(args.file)
    statement = deletion_receipts.verified(document)
    fingerprint = str(document["fingerprint"])
    keys = expected_signers(args)
    if keys and fingerprint not in keys:
        print(not_genuine(fingerprint, args))
        return 2
    print(
        f"genuine: {statement['name']} ({statement['number']}) was deleted "
        f"({statement['deleted']}) at {statement['deleted_at']} by {statement['by']}"
    )
    print(signed_by(fingerprint, keys, args))
    return 0
