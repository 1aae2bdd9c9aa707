"""Uploads and links."""
