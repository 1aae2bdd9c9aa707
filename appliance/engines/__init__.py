"""How models do what operations ask for: one engine a file, found by the name a manifest gives.

Importing this package, `registry` or `pool` costs no torch: a media child holds light engines only.
"""
