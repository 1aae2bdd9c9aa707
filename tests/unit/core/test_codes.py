from __future__ import annotations

import pytest

from appliance.core.codes import capital


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("invalid_input", "VALIDATION_ERROR"),
        ("limit_exceeded", "PAYLOAD_TOO_LARGE"),
        ("not_found", "NOT_FOUND"),
        ("a_code_of_tomorrow", "A_CODE_OF_TOMORROW"),
    ],
)
def test_a_code_is_written_in_capitals(code, written):
    assert capital(code) == written
