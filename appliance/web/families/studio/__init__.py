"""The studio family: 202 and a UUID."""
