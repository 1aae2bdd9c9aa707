"""The everyday tools of a studio, one file each."""
