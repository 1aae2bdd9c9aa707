"""Pictures as plain functions on arrays and files: reading, writing, cutting out, framing."""
