"""The outside world: database, queue, files, config, outbound HTTP."""
