"""The appliance's own resources."""
