"""The process that owns the GPU: runs the heavy lane itself and the light one in media children."""
