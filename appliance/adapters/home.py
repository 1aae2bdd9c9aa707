"""Where the box keeps its things: the folders under APPLIANCE_HOME."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.adapters.config import CHECKOUT, Settings


@dataclass(frozen=True)
class Home:
    """The folders and files of one box. Making one touches nothing; `prepare` makes the folders."""

    root: Path
    models: Path

    @property
    def data(self) -> Path:
        """All that must be backed up."""
        return self.root / "data"

    @property
    def database(self) -> Path:
        """The rows: jobs, money, keys."""
        return self.data / "appliance.db"

    @property
    def live(self) -> Path:
        """Progress and heartbeats; made anew at start."""
        return self.data / "live.db"

    @property
    def queue(self) -> Path:
        """Huey's nudges."""
        return self.data / "queue.db"

    @property
    def secrets(self) -> Path:
        """Keys that sign links; readable by the box's user only."""
        return self.data / "secrets"

    @property
    def signing(self) -> Path:
        """The certificate that made files are signed with; for the box's user only."""
        return self.data / "signing"

    @property
    def outputs(self) -> Path:
        """What jobs made: outputs/<job>/<attempt>/<file>."""
        return self.data / "outputs"

    @property
    def uploads(self) -> Path:
        """What customers sent."""
        return self.data / "uploads"

    @property
    def tmp(self) -> Path:
        """Half-made files, on the same file system as outputs so that publishing is a rename."""
        return self.data / "tmp"

    def working(self, gpu: int) -> Path:
        """What the worker of this GPU has half made: tmp/jobs/<gpu>/<job>-<attempt>/."""
        return self.tmp / "jobs" / str(gpu)

    def worker_lock(self, gpu: int) -> Path:
        """What the worker of this GPU holds while it lives."""
        return self.data / f"worker-{gpu}.lock"

    @property
    def hot(self) -> Path:
        """Folders that people drop files into: hot/<operation>/."""
        return self.data / "hot"

    @property
    def run(self) -> Path:
        """Sockets and locks of the running processes."""
        return self.data / "run"

    def prepare(self) -> None:
        """Make the folders, for the owner only."""
        for folder in (self.data, self.outputs, self.uploads, self.tmp, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def root_of(environ: Mapping[str, str]) -> Path:
    """APPLIANCE_HOME, or the checkout."""
    return Path(environ.get("APPLIANCE_HOME") or CHECKOUT).expanduser().resolve()


def home_of(root: Path, settings: Settings) -> Home:
    """The box's folders under `root`; `models.dir` may point to another disk."""
    models = Path(settings.models.dir).expanduser() if settings.models.dir else root / "models"
    return Home(root=root, models=models if models.is_absolute() else root / models)


def process_environment() -> Mapping[str, str]:
    """The environment, read here and nowhere else."""
    return os.environ
