"""The tools family: everyday tools with their bill."""
