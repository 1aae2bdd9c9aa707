"""Every operation under its own name: the native routes, made from the catalogue."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.files import Kind
from appliance.core.schema import json_schema
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.web.families.family import Desk, Family, Submission
from appliance.web.families.jobs.envelope import JobsEnvelope
from appliance.web.form import Derived
from appliance.web.intake import usual_room
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data

NAME = "native"


class OperationShown(TypedDict):
    """Something that can be asked for."""

    name: str
    title: str
    output: Kind
    needs: Annotated[list[str], "Abilities, each of an installed model"]
    inputs: Annotated[dict[str, Any], "A JSON Schema"]


def family(box: Box) -> Family:
    """The operations as a family of routes in the jobs family's envelope."""
    return Family(
        name=NAME,
        title="Operations",
        envelope=JobsEnvelope(),
        room=usual_room,
        submissions=tuple(
            Submission(
                f"/api/v1/operations/{operation.name}",
                Derived(operation.name),
                type=operation.name,
                price=f"native.{operation.name}",
                scope=Scope.ADMIN if operation.admin else Scope.GENERATION,
                summary=operation.title,
            )
            for operation in box.catalogue
            if not operation.gathers
        ),
    )


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register the list of operations."""

    @on(blueprint, "/api/v1/operations", gives=Data[list[OperationShown]])
    def list_operations() -> Response:
        """List what can be asked for, with the schema of each."""
        data: list[OperationShown] = [
            {
                "name": operation.name,
                "title": operation.title,
                "output": operation.output,
                "needs": [key.name for key in operation.needs],
                "inputs": json_schema(operation.fields),
            }
            for operation in desk.box.catalogue
            if not operation.gathers
        ]
        return respond(Reply({"data": data}))
