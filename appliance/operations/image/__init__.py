"""Making pictures and making them larger."""
