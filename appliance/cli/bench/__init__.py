"""`bench`: how fast the appliance is on this machine, beside something plain in the same run."""
