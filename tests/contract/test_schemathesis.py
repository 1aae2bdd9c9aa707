"""Every operation of the published contract, asked with made-up values: no 500, and nothing
answered that the contract does not say.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from appliance.core.clock import SystemClock

# The same cases in every run, in about a minute. Most are the edges of each field; `max-examples`
# are the random ones.
_SETTINGS = """
seed = 1

[generation]
max-examples = 2
deterministic = true
no-shrink = true
database = "none"
with-security-parameters = false

[phases.examples]
fill-missing = true

[phases.coverage]
unexpected-methods = ["patch", "trace"]

[phases.stateful]
enabled = false

[checks]
enabled = false
[checks.status_code_conformance]
enabled = true
[checks.content_type_conformance]
enabled = true
[checks.response_headers_conformance]
enabled = true
[checks.response_schema_conformance]
enabled = true
[checks.unsupported_method]
enabled = true
# Some routes need a worker, and there is none: 503, where the contract says so.
[checks.not_a_server_error]
enabled = true
expected-statuses = ["2xx", "3xx", "4xx", 503]

# It refuses whatever slug is no tool's; a slug that is one is another operation.
[[operations]]
include-operation-id = "tools_unknown"
enabled = false

[[operations]]
include-operation-id = {alike}
phases.coverage.enabled = false
phases.fuzzing.enabled = false

# To parse it takes a second, each time.
[[operations]]
include-operation-id = "native_openapi_yaml"
phases.coverage.enabled = false
phases.fuzzing.enabled = false
"""


# What takes away the very key that asks, or the models, comes last.
_LAST = [
    *("jobs_revoke_key", "studio_revoke_key", "jobs_remove_model"),
    *("jobs_change_account", "jobs_put_change_account", "jobs_close_account"),
]


@dataclass
class Findings:
    """What was wrong, and how often each operation did what it was asked."""

    faults: list[str] = field(default_factory=list)
    successes: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, scenario: events.ScenarioFinished) -> None:
        record, label = scenario.recorder, scenario.label or ""
        for nodes in record.checks.values():
            broken = [node.failure_info for node in nodes if node.failure_info]
            self.faults += [f"{label}\n{each.failure}\n{each.code_sample}" for each in broken]
        for asked in record.interactions.values():
            self.successes[label] += bool(asked.response and asked.response.status_code < 400)


@schemathesis.hook("before_call")
def _with_a_key_of_its_own(_context: Any, case: schemathesis.Case, _kwargs: Any) -> None:
    """Made-up keys are alike, and one that came with another request before is refused."""
    if case.headers and case.headers.get("Idempotency-Key"):
        case.headers["Idempotency-Key"] += f" {case.id}"


def _is_last(each: Any) -> bool:
    return each.operation.definition.raw["operationId"] in _LAST


def _alike(document: dict[str, Any]) -> list[str]:
    """Operations whose body was seen before, as an alias or in another family: asked once. The
    edges of their fields are the same, and to try them all again takes most of the time.
    """
    seen: set[str] = set()
    found = []
    for operation in (each for item in document["paths"].values() for each in item.values()):
        body = operation.get("requestBody") if isinstance(operation, dict) else None
        if body is not None:
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            fields = sorted(document["components"]["schemas"][name]["properties"])
            found += [operation["operationId"]] if str(fields) in seen else []
            seen.add(str(fields))
    return found


def _ask_everything(app: Flask, key: str) -> Findings:
    alike = _alike(app.test_client().get("/openapi.json").json)
    config = SchemathesisConfig.from_str(_SETTINGS.format(alike=json.dumps(alike)))
    config.projects.default.update(headers={"x-api-key": key})
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
    parts = schema.exclude(_is_last), schema.exclude(lambda each: not _is_last(each))
    found = Findings()
    for event in chain.from_iterable(from_schema(part).execute() for part in parts):
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.faults.append(repr(event))
        elif isinstance(event, events.ScenarioFinished):
            found.add(event)
    return found


def test_every_operation_answers_as_published(
    app: Flask, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a worker is asked is never answered here, and nobody waits for it.
    monkeypatch.setattr(SystemClock, "sleep", lambda _clock, _seconds: None)
    app.extensions["waiters"].leave()  # no wait waits and every stream ends

    found = _ask_everything(app, key)

    assert not found.faults, "\n\n".join(found.faults[:20])
    # Most values get past the checks; but what is made up rarely names something there is.
    never = [label for label, count in found.successes.items() if not count]
    assert len(never) <= len(found.successes) / 3, "\n".join(never)
