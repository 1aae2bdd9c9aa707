from __future__ import annotations

import pytest

from appliance.adapters import certificate
from appliance.adapters.config import SettingsError
from appliance.services import provenance
from tests.support.box import opened_box


def test_a_box_signs_with_its_own_unless_told_otherwise(box):
    assert provenance.signs_until(box) is None

    made = provenance.signer(box)

    assert certificate.kept_signer(box.home.signing) == made == provenance.signer(box)
    until, issuer = provenance.signs_until(box)
    assert until == certificate.ends(made)
    assert "Studio Appliance authority" in issuer


@pytest.fixture
def chosen(tmp_path, clock):
    """Settings that name a certificate, and that certificate."""
    made = certificate.own_signer(tmp_path / "theirs", clock.now())
    (tmp_path / "chain.pem").write_bytes(made.chain)
    (tmp_path / "key.pem").write_bytes(made.key)
    named = (str(tmp_path / "chain.pem"), str(tmp_path / "key.pem"))
    return dict(zip(("worker__certificate", "worker__certificate_key"), named, strict=True)), made


def test_the_admins_certificate_signs_where_there_is_one(tmp_path, clock, chosen):
    settings, made = chosen
    with opened_box(tmp_path / "box", clock=clock, **settings) as box:
        assert provenance.signer(box) == made
        assert not box.home.signing.exists()


def test_one_that_ended_or_cannot_sign_keeps_the_box_from_starting(tmp_path, clock, chosen):
    settings, _made = chosen
    with opened_box(tmp_path / "box", clock=clock, **settings) as box:
        clock.step(days=3651)
        with pytest.raises(SettingsError, match="ended at"):
            provenance.signer(box)

        (tmp_path / "key.pem").write_text("no key")
        for look in (provenance.signer, provenance.signs_until):
            with pytest.raises(SettingsError, match="cannot sign"):
                look(box)
