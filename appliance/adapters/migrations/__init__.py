"""Numbered scripts, applied in order, each in its own transaction; never edited once released."""
