"""The product family: product photos for shops."""
