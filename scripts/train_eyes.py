"""Train weights/eyes-open.onnx from pools of aligned faces (weights/README.md).

python scripts/train_eyes.py POOL.npz [POOL.npz ...] TEST-POOL.npz --out FILE.onnx
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch

from kiosk.core.errors import KioskError
from kiosk.learning.training.eye_training import train_eyes


def main() -> int:
    """Train and print what the network finds in the last pool."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pools", type=Path, nargs="+", help="the last one is kept for testing")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--faces", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=14)
    args = parser.parse_args()
    torch.set_num_threads(1)
    try:
        is_open, shut = train_eyes(args.pools, args.out, faces=args.faces, epochs=args.epochs)
    except KioskError as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"look shut on {args.pools[-1].name}: {is_open:.1%} of open eyes, {shut:.1%} of shut ones"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
