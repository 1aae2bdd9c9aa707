"""The certificate that made files are signed with: the box's own, or one that its admin chose.

    data/signing/signer.pem    private key (P-256), its certificate, that of the authority
    data/signing/anchors.pem   every authority this box ever had: what old files are verified with

Nobody keeps an authority's own key: it signs one certificate and is forgotten.
"""

from __future__ import annotations

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.core.content_credentials import Signer

SIGNER, ANCHORS = "signer.pem", "anchors.pem"
RENEWED_BEFORE = timedelta(days=90)
_LIFE = timedelta(days=3650)
_EARLY = timedelta(days=1)  # clocks of those who verify differ
_BEGIN = b"-----BEGIN CERTIFICATE-----"


def own_signer(folder: Path, now: datetime) -> Signer:
    """The box's own signer; made where there is none, or where the one there is ends soon."""
    kept = kept_signer(folder)
    if kept is None or ends(kept) - now < RENEWED_BEFORE:
        kept = _make(folder, now)
    return kept


def kept_signer(folder: Path) -> Signer | None:
    """The box's own signer, if it has one yet."""
    try:
        text = (folder / SIGNER).read_bytes()
    except FileNotFoundError:
        return None
    at = text.index(_BEGIN)
    return Signer(chain=text[at:], key=text[:at])


def anchors(folder: Path) -> str:
    """Every authority that the box's own files lead up to, PEM; "" where there is none."""
    path = folder / ANCHORS
    return path.read_text("ascii") if path.exists() else ""


def chosen_signer(chain: Path, key: Path) -> Signer:
    """A signer from files that the admin has. Raises ValueError for what is no certificate with its
    own P-256 key, OSError.
    """
    signer = Signer(chain.read_bytes(), key.read_bytes())
    private = load_pem_private_key(signer.key, None)
    if not isinstance(private, EllipticCurvePrivateKey) or private.curve.name != SECP256R1.name:
        raise ValueError(f"{key} is not a P-256 key: files are signed with ES256")
    if _leaf(signer).public_key() != private.public_key():
        raise ValueError(f"{key} is not the key of {chain}")
    return signer


def ends(signer: Signer) -> datetime:
    """When its certificate ends."""
    return _leaf(signer).not_valid_after_utc


def issuer(signer: Signer) -> str:
    """Who issued its certificate, as RFC 4514 writes names."""
    return _leaf(signer).issuer.rfc4514_string()


def _leaf(signer: Signer) -> x509.Certificate:
    return x509.load_pem_x509_certificate(signer.chain)


def _make(folder: Path, now: datetime) -> Signer:
    authority, own = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    root = _certificate("Studio Appliance authority", authority, None, authority, now)
    leaf = _certificate("Studio Appliance", own, root, authority, now)
    key = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # First what verifies, then what signs: a crash between leaves nothing that cannot be verified.
    known = anchors(folder).encode() + root.public_bytes(Encoding.PEM)
    _put(folder / ANCHORS, known)
    _put(folder / SIGNER, key + chain)
    return Signer(chain, key)


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    by: x509.Certificate | None,
    signing: EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    """A certificate as the C2PA's profile wants it; `by` None: an authority's, signed by itself."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Studio Appliance"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {secrets.token_hex(4)}"),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(by is None, None if by else 0), critical=True)
        .add_extension(_usage(authority=by is None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by is not None:
        issued = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
        use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        made = made.add_extension(issued, critical=False).add_extension(use, critical=True)
    return made.sign(signing, hashes.SHA256())


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _put(path: Path, content: bytes) -> None:
    half_made = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(half_made, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half_made.replace(path)
