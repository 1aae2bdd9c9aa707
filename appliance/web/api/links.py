"""Links made on request: with an end, a name and a disposition of their own, and revocable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.errors import NotFound
from appliance.core.ids import job_name, output_reference
from appliance.core.jobs import JobOutput, JobView
from appliance.core.params import Choice, Help, Length, Pattern, Range, Unit
from appliance.services.box import Box
from appliance.services.files import links
from appliance.services.files.links import Disposition
from appliance.web import shapes
from appliance.web.actor import require
from appliance.web.body import read_form
from appliance.web.families.family import Desk
from appliance.web.jobs_of import own_job, own_written
from appliance.web.reply import Reply, nothing, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, Is, Moment
from appliance.web.showing import base_url

_LONGEST_S = int(links.LONGEST.total_seconds())


@dataclass(frozen=True)
class LinkAsked:
    """The body of `POST /api/v1/links`."""

    output: Annotated[str, Help("The output: the job's id and its place, job_…/0"), Length(3, 80)]
    expires_in: Annotated[int, Help("How long it holds"), Range(1, _LONGEST_S), Unit("s")]
    filename: Annotated[
        str | None,
        Help("What a download is called; without it as the output"),
        Length(1, 200),
        Pattern(r'[^\x00-\x1f\x7f/\\"]+', "a file name without /, \\ and quotation marks"),
    ] = None
    disposition: Annotated[
        str, Help("Whether a browser shows or saves it"), Choice(tuple(Disposition))
    ] = Disposition.INLINE


class LinkMade(TypedDict):
    """A link of one's own."""

    id: Annotated[str, Is(pattern="^lnk_[0-9A-Z]{26}$")]
    url: shapes.Link
    expires_at: Annotated[Moment, "Never later than the file's own end"]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/links`."""
    box = desk.box

    @on(
        *(blueprint, "/api/v1/links", "POST"),
        takes=LinkAsked,
        gives={201: Data[LinkMade]},
        refuses=(NotFound,),
    )
    def make_link() -> Response:
        """Make a link to an output of one's own, for as long as one wants."""
        require(box, None)
        asked = read_form(LinkAsked)
        job, output = _output(box, asked.output)
        life, disposition = timedelta(seconds=asked.expires_in), Disposition(asked.disposition)
        made = links.make_link(box, job, output, links.LinkWish(life, asked.filename, disposition))
        url, ends = base_url(box) + made.link.path, iso(made.link.expires_at)
        return respond(Reply({"data": {"id": made.id, "url": url, "expires_at": ends}}, 201))

    @on(
        *(blueprint, "/api/v1/links/<link_id>", "DELETE"),
        gives={204: None},
        refuses=(NotFound,),
    )
    def revoke_link(link_id: str) -> Response:
        """Revoke a link: the next download through it is refused."""
        require(box, None)
        own_written(box, job_name(links.job_of(box, link_id)))
        links.revoke_link(box, link_id)
        return nothing()


def _output(box: Box, reference: str) -> tuple[JobView, JobOutput]:
    named = output_reference(reference) if reference.isascii() else None
    if named:
        job = own_job(box, reference.rpartition("/")[0])
        for output in job.outputs:
            if output.index == named[1]:
                return job, output
    raise NotFound(f"There is no output {reference!a}, or it is no longer kept.")
