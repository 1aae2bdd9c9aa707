"""A job's life: admitted, claimed, settled, read."""
