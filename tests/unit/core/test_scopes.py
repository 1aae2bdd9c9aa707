from __future__ import annotations

from appliance.core.scopes import DEFAULT_SCOPES, Scope


def test_a_new_key_opens_every_door_but_the_admins():
    assert set(Scope) - DEFAULT_SCOPES == {Scope.ADMIN}


def test_scopes_are_spelled_as_the_contract_spells_them():
    assert {scope.value for scope in Scope} == {
        *("generation", "voice", "tools:run", "mgmt", "webhooks", "integrations", "admin"),
    }
