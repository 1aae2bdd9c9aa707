"""What made files are signed with, and until when (decision 0022)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from appliance.adapters import certificate
from appliance.adapters.config import SettingsError
from appliance.core.content_credentials import Signer
from appliance.services.box import Box


def signer(box: Box) -> Signer:
    """The admin's certificate, or the box's own, which is made where it is missing or ends soon.

    Raises SettingsError for one that cannot sign, or whose time is over.
    """
    chosen = _chosen(box)
    if chosen is None:
        return certificate.own_signer(box.home.signing, box.clock.now())
    if certificate.ends(chosen) <= box.clock.now():
        raise SettingsError(
            f"[worker] certificate ended at {certificate.ends(chosen):%Y-%m-%d}: renew it, or"
            " leave it empty and the appliance signs with its own."
        )
    return chosen


def signs_until(box: Box) -> tuple[datetime, str] | None:
    """When the certificate ends and who issued it; None before the worker has made one.

    Raises SettingsError for one that cannot sign.
    """
    found = _chosen(box) or certificate.kept_signer(box.home.signing)
    return (certificate.ends(found), certificate.issuer(found)) if found else None


def _chosen(box: Box) -> Signer | None:
    worker = box.settings.worker
    if not worker.certificate:
        return None
    try:
        return certificate.chosen_signer(Path(worker.certificate), Path(worker.certificate_key))
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(f"[worker] certificate cannot sign: {error}") from None
