from __future__ import annotations

import pytest

from appliance.adapters.weights.faults import Gated, InstallFailed, Unreachable, WrongContent


@pytest.mark.parametrize("kind", [Gated, Unreachable, WrongContent])
def test_every_reason_is_a_failed_installation_that_may_be_tried_again(kind):
    assert issubclass(kind, InstallFailed)
    assert kind("Why.").retryable
    assert kind("Why.").code == "processing_failed"
