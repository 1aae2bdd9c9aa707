"""Video: its headers, its conversion, pieces, stills and GIFs of it."""
