"""What a product photo is taken in and lit by: surfaces, backdrops, shadows, light; no weights."""
