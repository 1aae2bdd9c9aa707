"""`jobs`: looking at jobs and steering them."""

from __future__ import annotations

from typing import Any

import click

from appliance.cli.box import as_json, plainly, table, this_box
from appliance.core.clock import iso
from appliance.core.ids import job_name
from appliance.core.jobs import JobView, State
from appliance.services.box import Box

_JSON = click.option("--json", "in_json", is_flag=True, help="Print JSON.")


@click.group()
def jobs() -> None:
    """Jobs: list, show, cancel, pause, resume."""


@jobs.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--status", type=click.Choice([*State]), help="Only those that stand so.")
@_JSON
@plainly
def list_jobs(limit: int, status: str | None, in_json: bool) -> None:  # noqa: FBT001  click's flags
    """List jobs, newest first."""
    from appliance.services.jobs import reading

    box = this_box()
    wanted = reading.Filter(state=State(status) if status else None)
    found = reading.page(box, None, wanted, limit=limit).jobs
    if in_json:
        as_json([_facts(box, job) for job in found])
        return
    table(
        ("id", "number", "operation", "status", "progress", "credits", "created"),
        [
            [
                job_name(job.id),
                job.number,
                job.operation,
                "paused" if job.paused else job.state.value,
                f"{job.progress:.0%}",
                _credits(box, job),
                iso(job.created_at),
            ]
            for job in found
        ],
    )


@jobs.command("show")
@click.argument("job")
@plainly
def show_job(job: str) -> None:
    """Show one job with its files, as JSON."""
    box = this_box()
    as_json(_facts(box, _find(box, job)))


@jobs.command("cancel")
@click.argument("job")
@plainly
def cancel_job(job: str) -> None:
    """Cancel a job: pending at once, running within one step."""
    from appliance.services.jobs import steering

    box = this_box()
    found = _find(box, job)
    after = steering.cancel(box, found.account, found.id)
    click.echo("cancelled" if after.state is State.CANCELLED else "cancelling")


@jobs.command("pause")
@click.argument("job", required=False)
@plainly
def pause(job: str | None) -> None:
    """Keep a pending JOB, or without one the whole queue, from starting."""
    from appliance.services.jobs import steering

    box = this_box()
    if job is None:
        steering.set_lanes_paused(box, paused=True)
    else:
        steering.pause(box, _find(box, job))
    click.echo("paused")


@jobs.command("resume")
@click.argument("job", required=False)
@plainly
def resume(job: str | None) -> None:
    """Let a paused JOB, or without one the whole queue, start again."""
    from appliance.services.jobs import steering

    box = this_box()
    if job is None:
        steering.set_lanes_paused(box, paused=False)
    else:
        steering.resume(box, _find(box, job))
    click.echo("resumed")


def _find(box: Box, name: str) -> JobView:
    from appliance.services.access import accounts
    from appliance.services.jobs import reading

    return reading.find(box, accounts.operator(box).account, name)


def _credits(box: Box, job: JobView) -> int | float:
    from appliance.services.money.pricing import in_credits

    return in_credits(box, job.price)


def _facts(box: Box, job: JobView) -> dict[str, Any]:
    return {
        "id": job_name(job.id),
        "number": job.number,
        "family": job.family,
        "operation": job.operation,
        "status": job.state.value,
        "paused": job.paused,
        "progress": job.progress,
        "attempt": job.attempt,
        "queue_position": job.position,
        "eta_s": job.eta_s,
        "params": dict(job.params),
        "models": dict(job.models),
        "credits": _credits(box, job),
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at) if job.started_at else None,
        "completed_at": iso(job.completed_at) if job.completed_at else None,
        "error": {"code": job.error.code, "message": job.error.message} if job.error else None,
        "warnings": list(job.warnings),
        "facts": dict(job.facts),
        "files": [str(box.home.outputs / output.path) for output in job.outputs],
    }
