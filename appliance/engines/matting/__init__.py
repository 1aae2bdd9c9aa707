"""Telling what is in front from what is behind."""
