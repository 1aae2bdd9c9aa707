"""A form with a url beside it that is told when the job has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from appliance.adapters.outbound import Outside
from appliance.core.params import Field, Length, read
from appliance.web.form import Asked, Form

WEBHOOK = Field(
    name="webhookUrl",
    type=str,
    help="Where to tell how it ended: https, signed with the account's webhook secret",
    default=None,
    optional=True,
    length=Length(1, 2000),
)


@dataclass(frozen=True)
class Told(Form):
    """The same as `form`, with the url. `outside` says whether it may be asked."""

    form: Form = field(kw_only=True)
    outside: Outside = field(kw_only=True)

    @override
    def read(self, values: Mapping[str, Any], *, lenient: bool) -> Asked:
        """Check the url and the rest. Raises InvalidInput naming the field."""
        rest = dict(values)
        given = {WEBHOOK.name: rest.pop(WEBHOOK.name, None)}
        url = read([WEBHOOK], given, lenient=lenient)[WEBHOOK.name]
        if url is not None:
            self.outside.check(url, field=WEBHOOK.name)
        return replace(self.form.read(rest, lenient=lenient), webhook=url)


def told(form: Form, outside: Outside) -> Told:
    """The form with a url to be told."""
    return Told((*form.fields, WEBHOOK), form.shape, form=form, outside=outside)
