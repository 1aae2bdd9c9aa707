"""The sections of config.toml as types. What each setting means stands there and in the manual."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Server:
    """The web process."""

    host: str
    port: int
    lan: bool
    public_url: str
    threads: int
    max_waits: int
    cors_origins: tuple[str, ...]


@dataclass(frozen=True)
class Ui:
    """How the box speaks."""

    language: str


@dataclass(frozen=True)
class Worker:
    """The worker process and its media children."""

    children: int
    child_memory_mb: int
    child_file_mb: int
    child_nice: int
    light_timeout_s: float
    light_per_second: float
    media_timeout_s: float
    certificate: str
    certificate_key: str
    max_attempts: int
    stop_grace_s: float
    gpus: tuple[int, ...]
    model_memory_mb: int
    model_idle_s: float
    prefer_loaded_s: float


@dataclass(frozen=True)
class Jobs:
    """The queue as clients meet it."""

    max_pending: int
    worker_stale_s: float


@dataclass(frozen=True)
class Storage:
    """Files, their lives, and the disk."""

    outputs_days: float
    uploads_days: float
    unfinished_hours: float
    tmp_hours: float
    link_hours: float
    events_days: float
    low_water_mb: int


@dataclass(frozen=True)
class Hot:
    """Folders whose files become jobs."""

    enabled: bool
    settle_s: float


@dataclass(frozen=True)
class Limits:
    """How much at once, and how often."""

    inline_bytes: int
    upload_bytes: int
    video_bytes: int
    small_upload_bytes: int
    picture_pixels: int
    sound_seconds: int
    video_seconds: int
    video_pixels: int


@dataclass(frozen=True)
class Batch:
    """How much one batch may bring."""

    files: int
    bytes: int
    unpacked_bytes: int


@dataclass(frozen=True)
class Rates:
    """How often a key may ask, by class of route."""

    generation: str
    product: str
    management: str
    webhooks: str
    studio_generate: str
    studio_read: str
    studio_upload: str
    studio_delete: str
    studio_write: str
    studio_calls: str
    address: str
    public: str
    account_factor: float
    concurrent_jobs: int


@dataclass(frozen=True)
class Billing:
    """Money."""

    enabled: bool
    credit_usd: str
    starting_credits: int
    starting_test_credits: int
    min_topup_usd: str
    low_credits: int


@dataclass(frozen=True)
class Waits:
    """A waiting family's patience."""

    wait_s: float


@dataclass(frozen=True)
class Product(Waits):
    """The product family. `public`: whether some of its routes need no key."""

    public: bool


@dataclass(frozen=True)
class Outbound:
    """What the box may ask beyond public addresses."""

    lan: tuple[str, ...]
    plain_hosts: tuple[str, ...]
    fetch_s: float


@dataclass(frozen=True)
class Webhooks:
    """How receivers are told; `…_retries_s`: the pauses after each try that failed."""

    endpoints: int
    threads: int
    timeout_s: float
    jobs_retries_s: tuple[int, ...]
    studio_retries_s: tuple[int, ...]
    product_retries_s: tuple[int, ...]
    disable_days: float


@dataclass(frozen=True)
class Models:
    """Weights."""

    dir: str
    allow_non_commercial: bool
    pinned: tuple[str, ...]
    hub: str
    token: str
    proxy: str
    downloads: int
