"""What the tools family says, in English and Spanish. Facts of the case stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.core.errors import ApplianceError

_ENGLISH = {
    "missing_api_key": "Missing API key.",
    "invalid_api_key": "Invalid API key.",
    "account_suspended": "Account suspended.",
    "scope_not_allowed": "This API key's scope does not allow this.",
    "tool_not_allowed": "This API key does not allow this tool.",
    "insufficient_api_balance": "Insufficient API balance.",
    "unknown_tool": "Unknown tool.",
}
_SPANISH = {
    "missing_api_key": "Falta la clave de API.",
    "invalid_api_key": "Clave de API no válida.",
    "account_suspended": "Cuenta suspendida.",
    "scope_not_allowed": "El alcance de esta clave de API no permite esto.",
    "tool_not_allowed": "Esta clave de API no permite esta herramienta.",
    "insufficient_api_balance": "Saldo de API insuficiente.",
    "unknown_tool": "Herramienta desconocida.",
    "not_found": "No existe.",
    "method_not_allowed": "Este método no está permitido aquí.",
    "conflict": "El trabajo no está en un estado que lo permita.",
    "idempotency_mismatch": "Esta Idempotency-Key ya se usó para otra petición.",
    "limit_exceeded": "El archivo o la petición supera el límite.",
    "unsupported_media": "No es un formato que esta herramienta lea.",
    "rate_limit_exceeded": "Demasiadas peticiones.",
    "monthly_quota_exceeded": "La cuota mensual está agotada.",
    "concurrency_limited": "Demasiados trabajos a la vez con esta clave.",
    "content_blocked": "Las normas de contenido no lo permiten.",
    "consent_required": "Falta un registro de consentimiento.",
    "character_locked": "Este personaje no está desbloqueado.",
    "busy": "El servidor está ocupado; inténtelo de nuevo en un momento.",
    "storage_full": "El disco del servidor está casi lleno.",
    "model_not_installed": "El modelo no está instalado en este servidor.",
    "cancelled": "El trabajo se canceló.",
    "processing_failed": "No se pudo completar el trabajo.",
    "internal_error": "Algo salió mal en el servidor.",
}
LANGUAGES = ("en", "es")


def language(accepted: Sequence[str], default: str) -> str:
    """The first language the caller accepts that the family speaks, else the box's."""
    for tag in accepted:
        if tag[:2].lower() in LANGUAGES:
            return tag[:2].lower()
    return default


def sentence(code: str, error: ApplianceError, spoken: str) -> str:
    """The error as a sentence in the language."""
    if spoken == "es":
        if code == "invalid_input":
            return f"Entrada no válida: {error.field}." if error.field else "Entrada no válida."
        return _SPANISH.get(code, error.message)
    return _ENGLISH.get(code, error.message)
