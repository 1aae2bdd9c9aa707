"""Sound: its headers, its conversion, its loudness."""
