"""The ledger and the price book."""
