from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appliance.adapters.certificate import (
    RENEWED_BEFORE,
    anchors,
    chosen_signer,
    ends,
    issuer,
    kept_signer,
    own_signer,
)

NOW = datetime(2026, 10, 18, 12, tzinfo=UTC)


def test_a_certificate_is_made_once_and_kept(tmp_path):
    assert kept_signer(tmp_path / "signing") is None
    assert anchors(tmp_path / "signing") == ""

    first, second = (own_signer(tmp_path / "signing", NOW) for _ in range(2))

    assert first == second == kept_signer(tmp_path / "signing")
    assert (ends(first) - NOW).days == 3650
    assert "Studio Appliance authority" in issuer(first)


def test_nobody_else_may_read_it(tmp_path):
    own_signer(tmp_path / "signing", NOW)

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "signing").iterdir()
    }
    assert modes == {"signer.pem": 0o600, "anchors.pem": 0o600}
    assert stat.S_IMODE((tmp_path / "signing").stat().st_mode) == 0o700


def test_the_chain_leads_up_to_an_anchor(tmp_path):
    leaf, root = x509.load_pem_x509_certificates(own_signer(tmp_path, NOW).chain)

    leaf.verify_directly_issued_by(root)
    assert x509.load_pem_x509_certificates(anchors(tmp_path).encode()) == [root]
    assert leaf.not_valid_before_utc < NOW


def test_one_that_ends_soon_is_made_anew_and_old_files_can_be_verified_still(tmp_path):
    old = own_signer(tmp_path, NOW)
    later = ends(old) - RENEWED_BEFORE
    assert own_signer(tmp_path, later) == old

    fresh = own_signer(tmp_path, later + timedelta(seconds=1))

    assert ends(fresh) > ends(old)
    known = x509.load_pem_x509_certificates(anchors(tmp_path).encode())
    assert [x509.load_pem_x509_certificates(each.chain)[1] for each in (old, fresh)] == known


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def files(tmp_path):
    """A chain and its key as an admin has them."""
    own = own_signer(tmp_path / "theirs", NOW)
    (tmp_path / "chain.pem").write_bytes(own.chain)
    (tmp_path / "key.pem").write_bytes(own.key)
    return tmp_path / "chain.pem", tmp_path / "key.pem"


def test_an_admin_may_bring_a_certificate(files):
    chain, key = files

    assert chosen_signer(chain, key).chain == chain.read_bytes()


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (rsa.generate_private_key(65537, 2048), "not a P-256 key"),
        (ec.generate_private_key(ec.SECP384R1()), "not a P-256 key"),
        (ec.generate_private_key(ec.SECP256R1()), "is not the key of"),
    ],
)
def test_a_key_that_cannot_sign_for_it_is_refused(files, key, says):
    files[1].write_bytes(pem(key))

    with pytest.raises(ValueError, match=says):
        chosen_signer(*files)


def test_what_is_no_certificate_is_refused(files):
    files[0].write_text("no certificate")

    with pytest.raises(ValueError, match="PEM"):
        chosen_signer(*files)
