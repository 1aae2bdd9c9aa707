"""Product photos rendered with their masks, and photographs with masks drawn by hand: what
cut-outs are judged on. Nothing here is shared with what cuts out.
"""
