"""Studio Appliance: one box on a studio's network that makes and mends media."""

__version__ = "0.1.0"
