from __future__ import annotations

import subprocess
import sys

CODE = """
import logging
from appliance.adapters.log import log_to_stderr
log_to_stderr(*{arguments})
logging.getLogger("appliance.worker").info("a job came")
logging.getLogger("appliance.worker").debug("a detail")
logging.getLogger("huey").info("narrating")
logging.getLogger("huey").warning("trouble")
"""


def logged(*arguments: str) -> str:
    # In a process of its own: logging is set up for all of one.
    code = CODE.format(arguments=arguments)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20
    ).stderr


def test_a_line_says_when_how_grave_where_and_what():
    (first, *_) = logged().splitlines()

    assert first.endswith(" INFO appliance.worker: a job came")
    assert first[:2] == "20"


def test_libraries_that_narrate_are_kept_to_warnings():
    text = logged()

    assert "narrating" not in text
    assert "WARNING huey: trouble" in text


def test_details_come_when_they_are_asked_for():
    assert "a detail" in logged("DEBUG")
    assert "a detail" not in logged()
