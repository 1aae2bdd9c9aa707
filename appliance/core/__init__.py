"""The vocabulary: plain Python, no I/O, no framework."""
