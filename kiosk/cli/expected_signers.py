"""Whose signature counts when a file is verified: this kiosk's, or that of the keys named."""

from __future__ import annotations

import argparse
from collections.abc import Collection

from kiosk.app.bootstrap.store_factory import key_store
from kiosk.cli.shared import config_of, data_dir
from kiosk.storage.crypto.vault import Vault


def add_key(own: argparse.ArgumentParser) -> None:
    """Add the option ``--key``."""
    own.add_argument(
        "--key",
        metavar="FINGERPRINT",
        action="append",
        default=[],
        help="verify: only this key may have signed (see keys show), in place of this kiosk's; may "
        "be given again for an earlier key",
    )


def expected_signers(args: argparse.Namespace) -> Collection[str]:
    """Return the fingerprints that count; nothing on a machine without a kiosk's keys."""
    if args.key:
        return list(args.key)
    return Vault(key_store(data_dir(args), config_of(args))).own_signers() or ()


def not_genuine(fingerprint: str, args: argparse.Namespace) -> str:
    """Return the sentence about a signature by another key than the expected ones."""
    if args.key:
        return f"NOT genuine: signed by the key {fingerprint}, not by {' or '.join(args.key)}"
    return (
        f"NOT genuine: signed by the key {fingerprint}, which is none of this kiosk's; "
        "name the key of another kiosk with --key."
    )


def signed_by(fingerprint: str, keys: Collection[str], args: argparse.Namespace) -> str:
    """Return the sentence about a signature that counts, or that a person must compare."""
    if args.key:
        return f"signed by the key {fingerprint}"
    if keys:
        return f"signed by the key {fingerprint}, which is this kiosk's"
    return (
        f"signed by the key {fingerprint}; this machine has no keys of a kiosk: "
        "compare that with `keys show` on the kiosk, or name it with --key."
    )
