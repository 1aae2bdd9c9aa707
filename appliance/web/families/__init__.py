"""Foreign API families: each its own envelope and routes over the same core."""
