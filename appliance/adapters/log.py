"""Logs: one line each on standard error, where systemd or a terminal picks them up."""

from __future__ import annotations

import logging
import sys

_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_QUIET = ("huey", "waitress.queue", "PIL", "diffusers", "transformers", "peewee")


def log_to_stderr(level: str = "INFO") -> None:
    """Let this process log. Libraries that narrate are kept to warnings."""
    logging.basicConfig(level=level, format=_FORM, stream=sys.stderr, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
