"""A minute of everything at once; TIERWIRE_SOAK_SEED repeats one that failed, TIERWIRE_SOAK_SECONDS makes it longer."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.soak.run import soak

SECONDS = float(os.environ.get("TIERWIRE_SOAK_SECONDS", "50"))
SEED = os.environ.get("TIERWIRE_SOAK_SEED") or secrets.token_hex(4)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 400)
async def test_whatever_breaks_no_badge_is_stale_and_no_point_is_lost_or_doubled(tmp_path: Path) -> None:
    print(f"TIERWIRE_SOAK_SEED={SEED}", flush=True)  # noqa: T201 - first, for one that does not end
    record = await soak(tmp_path, SECONDS, SEED)
    print(record.summary())  # noqa: T201 - its purpose

    assert record.faults == []
