"""The wallet family: the result, flat."""
