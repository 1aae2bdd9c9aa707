"""ffmpeg as a program: its command lines, its runs, what it tells of a file. Decision 0018."""
