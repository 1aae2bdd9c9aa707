"""Everything a client can ask for: one file, one operation."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from appliance.core.operation import Catalogue, Operation


def discover() -> Catalogue:
    """Import every operation file and collect what each declares.

    An operation merely imported into another file is not counted twice. Raises TypeError for equal
    names or a file under a place that declares none or several.
    """
    found: list[Operation[object]] = []
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        if module.ispkg:
            continue
        loaded = import_module(module.name)
        own = [
            each
            for each in vars(loaded).values()
            if isinstance(each, Operation) and each.run.__module__ == module.name
        ]
        if len(own) != 1:
            raise TypeError(
                f"{module.name} declares {len(own)} operations; one file is one operation"
            )
        found += own
    return Catalogue(found)
