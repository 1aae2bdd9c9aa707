from __future__ import annotations

from pathlib import Path

import pytest

from appliance.adapters.setting_lines import at_line

FILE = Path("config.toml")
TEXT = """
server = { port = 1 }

[storage] # of files
"link_hours" = 3
outputs_days=4
# uploads_days
"""


@pytest.mark.parametrize(
    ("section", "key", "found"),
    [
        ("storage", None, "config.toml:4"),
        ("storage", "link_hours", "config.toml:5"),
        ("storage", "outputs_days", "config.toml:6"),
        ("server", "port", "config.toml:2"),
        ("storage", "uploads_days", "config.toml"),
    ],
)
def test_a_setting_is_found_where_it_stands(section, key, found):
    assert at_line(FILE, TEXT, section, key) == found
