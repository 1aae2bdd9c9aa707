from __future__ import annotations

import pytest

from appliance.web.limiting import rate_class


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/api/v1/generate", "generation"),
        ("POST", "/api/v1/enhance", "generation"),
        ("POST", "/api/v1/image/generate", "generation"),
        ("POST", "/api/v1/operations/tools.qr", "generation"),
        ("POST", "/api/v1/process", "product"),
        ("POST", "/api/v1/upscale", "product"),
        ("POST", "/api/v1/jobs", "product"),
        ("GET", "/api/v1/jobs/1", "management"),
        ("HEAD", "/api/v1/jobs/1", "management"),
        ("DELETE", "/api/v1/jobs/1", "management"),
        ("POST", "/api/v1/estimate", "management"),
        ("POST", "/api/v1/uploads", "management"),
        ("POST", "/api/v1/ping", "management"),
        ("GET", "/api/v1/balance", "management"),
        ("POST", "/api/v1/tools/qr", "management"),
        ("POST", "/api/v1/webhooks", "webhooks"),
        ("POST", "/api/generate/image", "studio_generate"),
        ("GET", "/api/jobs", "studio_read"),
        ("POST", "/api/upload/image", "studio_upload"),
        ("DELETE", "/api/keys/1", "studio_delete"),
        ("POST", "/api/keys", "studio_write"),
        ("PATCH", "/api/settings", "studio_write"),
    ],
)
def test_a_request_counts_in_the_class_the_contract_gives_it(method, path, name):
    assert rate_class(method, path) == name
