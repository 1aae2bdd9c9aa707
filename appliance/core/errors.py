"""What a caller can be told. One tree; each class carries its stable code, status and facts.

    ApplianceError
      InvalidInput            BrokenMedia
      MissingKey  InvalidKey  AccountSuspended
      Forbidden   InsufficientScope  ToolNotAllowed
      InsufficientCredits
      NotFound    UnknownTool
      MethodNotAllowed
      Conflict    IdempotencyMismatch
      TooLarge    UnsupportedMedia
      RateLimited QuotaExceeded  ConcurrencyLimited
      ContentBlocked  ConsentRequired  CharacterLocked
      NoWorker    QueueFull  Busy  StorageFull  ModelNotInstalled
      ProcessingFailed  InternalError  TimedOut  Cancelled

Bugs are not here: they stay ValueError, KeyError, AssertionError and become InternalError at the
three outermost loops. Codes are the core's own; each family translates them to its words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from typing_extensions import override

Details = Mapping[str, Any]  # JSON values; what they are depends on the error


class ApplianceError(Exception):
    """Something a caller is told. `str(error)` is a sentence a person can act on."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        details: Details | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.details: dict[str, Any] = dict(details or {})
        self.retry_after_s = retry_after_s

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross from a media child to the worker; keyword arguments do not survive the
        # default pickling of exceptions.
        return (_revive, (type(self), self.message, self.field, self.details, self.retry_after_s))


def _revive(
    kind: type[ApplianceError],
    message: str,
    field: str | None,
    details: Details,
    retry_after_s: int | None,
) -> ApplianceError:
    return kind(message, field=field, details=details, retry_after_s=retry_after_s)


class InvalidInput(ApplianceError):
    """The body is malformed or a field is outside its range; `field` names it."""

    code, status = "invalid_input", 422


class BrokenMedia(InvalidInput):
    """A file of a kind we read turned out truncated, damaged or lying about itself."""


class MissingKey(ApplianceError):
    """The request carries no API key."""

    code, status = "missing_api_key", 401


class InvalidKey(ApplianceError):
    """The API key is unknown, expired or revoked; which of them is not told."""

    code, status = "invalid_api_key", 401


class AccountSuspended(ApplianceError):
    """The key's account is suspended by the admin."""

    code, status = "account_suspended", 403


class Forbidden(ApplianceError):
    """The account's plan or role does not include this."""

    code, status = "forbidden", 403


class InsufficientScope(ApplianceError):
    """The key lacks the scope named in `details.required`."""

    code, status = "scope_not_allowed", 403


class ToolNotAllowed(ApplianceError):
    """The key carries a list of allowed tools, and this is not one of them."""

    code, status = "tool_not_allowed", 403


class InsufficientCredits(ApplianceError):
    """The account's free balance is below the quoted price."""

    code, status = "insufficient_api_balance", 402


class NotFound(ApplianceError):
    """There is no such thing, or it is not yours: the two are never told apart."""

    code, status = "not_found", 404


class UnknownTool(NotFound):
    """No tool has this slug."""

    code = "unknown_tool"


class MethodNotAllowed(ApplianceError):
    """The path exists, but not with this method; `details.allow` lists those that do."""

    code, status = "method_not_allowed", 405


class Conflict(ApplianceError):
    """The thing is in a state that does not allow this, such as a finished job."""

    code, status = "conflict", 409


class IdempotencyMismatch(ApplianceError):
    """The Idempotency-Key was used before, for another request."""

    code, status = "idempotency_mismatch", 422


class TooLarge(ApplianceError):
    """Bytes, pixels or seconds above a limit."""

    code, status = "limit_exceeded", 413


class UnsupportedMedia(ApplianceError):
    """The bytes are not of a kind this route reads."""

    code, status = "unsupported_media", 415


class RateLimited(ApplianceError):
    """Too many requests in the window; `retry_after_s` says when to come back."""

    code, status, retryable = "rate_limit_exceeded", 429, True


class QuotaExceeded(ApplianceError):
    """The key's monthly quota is used up."""

    code, status = "monthly_quota_exceeded", 429


class ConcurrencyLimited(ApplianceError):
    """The key already has as many unfinished jobs as it may."""

    code, status, retryable = "concurrency_limited", 429, True


class ContentBlocked(ApplianceError):
    """A content rule that no setting turns off refuses this."""

    code, status = "content_blocked", 400


class ConsentRequired(ApplianceError):
    """The operation changes a face or a voice and no valid consent record was named."""

    code, status = "consent_required", 400


class CharacterLocked(ApplianceError):
    """The account has not unlocked this character."""

    code, status = "character_locked", 403


class NoWorker(ApplianceError):
    """No worker process is alive to take the job."""

    code, status, retryable = "no_worker", 503, True


class QueueFull(ApplianceError):
    """The bounded queue holds as many jobs as it may."""

    code, status, retryable = "queue_full", 503, True


class Busy(ApplianceError):
    """The database is locked for longer than its time-out, or all waiting places are taken."""

    code, status, retryable = "busy", 503, True


class StorageFull(ApplianceError):
    """The disk is below its low-water mark; nothing new is accepted."""

    code, status, retryable = "storage_full", 503, True


class ModelNotInstalled(ApplianceError):
    """The model is known but its weights are absent; the message gives the command."""

    code, status = "model_not_installed", 503


class ProcessingFailed(ApplianceError):
    """The work itself failed: out of memory, a crashed child, an engine's refusal."""

    code, status, retryable = "processing_failed", 500, True


class InternalError(ApplianceError):
    """A bug of ours; the message carries the request id and nothing internal."""

    code, status, retryable = "internal_error", 500, True


class TimedOut(ProcessingFailed):
    """The work ran past its time limit and was stopped."""


class Cancelled(ApplianceError):
    """The job was cancelled on request. Raised between steps, never shown as a failure."""

    code, status = "cancelled", 409


class Interrupted(Exception):
    """The worker is stopping: the job goes back to the queue without costing an attempt."""


def all_errors() -> tuple[type[ApplianceError], ...]:
    """Every class of the tree, parents first: for the documentation and the error matrix."""
    found: list[type[ApplianceError]] = []
    todo: list[type[ApplianceError]] = [ApplianceError]
    while todo:
        kind = todo.pop(0)
        found.append(kind)
        todo.extend(kind.__subclasses__())
    return tuple(found[1:])
