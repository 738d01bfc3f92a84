"""A soak by hand: python -m tests.soak [SECONDS] [SEED]."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.soak.run import soak


def main(seconds: str = "600", seed: str = "") -> int:
    """1 when something is wrong; then what the servers said is kept."""
    seed = seed or secrets.token_hex(4)
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"a soak of {seconds} s with the seed {seed}, in {folder}", flush=True)  # noqa: T201 - its purpose
    try:
        record = asyncio.run(soak(folder, float(seconds), seed, sleepers=True))
    finally:
        shutil.rmtree(folder / "mongo", ignore_errors=True)
    print(record.summary())  # noqa: T201 - its purpose
    if not record.faults:
        shutil.rmtree(folder)
    return bool(record.faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
