"""Product photos for shops, one operation a file."""
