"""`bench api`, `bench pictures`, `bench films`, `bench product`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from appliance.cli.box import as_json, table

if TYPE_CHECKING:  # it loads what pictures need, which `bench api` and `--help` do without
    from appliance.cli.bench.beside import Compared


@click.group()
def bench() -> None:
    """Measure speed here; ratios of one run, because machines differ."""


@bench.command("api")
@click.option("--rounds", default=5, show_default=True, help="Turns of each, in alternation.")
@click.option(
    "--replies", default=2000, show_default=True, help="Replies a turn (submits: a quarter)."
)
@click.option("--json", "in_json", is_flag=True, help="Print JSON.")
def api(rounds: int, replies: int, in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """Submissions and polls of 16 clients, beside a bare Flask route on the same web server."""
    from appliance.cli.bench.api import CLIENTS, measure, summary

    taken = list(measure(rounds, replies))
    found = {name: round(value, 3) for name, value in summary(taken).items()}
    if in_json:
        as_json({"clients": CLIENTS, "rounds": rounds, **found})
        return
    table(
        ("what", "a second", "of bare", "p99 ms"),
        [
            ("bare route", f"{found['bare_per_s']:.0f}", "1", ""),
            (
                "poll, unchanged (304)",
                f"{found['poll_per_s']:.0f}",
                f"{found['poll_of_bare']:.2f}",
                f"{found['poll_p99_ms']:.0f}",
            ),
            (
                "submit (202)",
                f"{found['submit_per_s']:.0f}",
                f"{found['submit_of_bare']:.2f}",
                f"{found['submit_p99_ms']:.0f}",
            ),
        ],
    )


@bench.command("pictures")
@click.option("--rounds", default=5, show_default=True, help="Turns of each, in alternation.")
@click.option("--json", "in_json", is_flag=True, help="Print JSON.")
def pictures(rounds: int, in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """The picture tools on a 12-megapixel JPEG, beside Pillow doing the same."""
    from appliance.cli.bench.pictures import measure

    _show_beside(measure(rounds), ("tool", "Pillow"), in_json=in_json)


@bench.command("films")
@click.option("--rounds", default=3, show_default=True, help="Turns of each, in alternation.")
@click.option("--json", "in_json", is_flag=True, help="Print JSON.")
def films(rounds: int, in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """The sound and video tools on 20 seconds of each, beside ffmpeg doing the same."""
    from appliance.cli.bench.films import measure

    _show_beside(measure(rounds), ("tool", "ffmpeg"), in_json=in_json)


@bench.command("product")
@click.option("--rounds", default=5, show_default=True, help="Turns of each, in alternation.")
@click.option("--json", "in_json", is_flag=True, help="Print JSON.")
def product(rounds: int, in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """Product photos, conversions and checks beside Pillow, and pyvips where it is installed."""
    from appliance.cli.bench.product import measure

    _show_beside(measure(rounds), ("what / beside what", "theirs"), in_json=in_json)


def _show_beside(taken: Iterator[Compared], columns: tuple[str, str], *, in_json: bool) -> None:
    """What was measured beside others doing the same. `columns`: over what, and over theirs."""
    what, theirs = columns
    found = list(taken)
    if in_json:
        as_json({each.tool: round(each.ratio, 3) for each in found})
        return
    table(
        (what, "seconds", theirs, "ratio"),
        [
            (each.tool, f"{min(each.ours):.2f}", f"{min(each.plain):.2f}", f"{each.ratio:.2f}")
            for each in found
        ],
    )
