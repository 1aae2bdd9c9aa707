"""The `appliance` command: starts everything, and does what an admin does from a shell."""
