"""Webhooks: endpoints, their log, and delivering."""
