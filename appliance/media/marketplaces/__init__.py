"""What marketplaces ask of a product's main picture, measured and mended."""
