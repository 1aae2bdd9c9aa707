"""install.sh: its decisions one by one, and the whole of it on a fresh system."""
