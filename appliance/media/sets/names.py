"""What sets, angles and lights there are, by name. Pure Python: forms are made from it."""

from __future__ import annotations

SET_STYLES = (
    *("studio-white", "studio-grey", "studio-black"),
    *("marble", "marble-black", "marble-green", "wood", "wood-dark", "wood-white"),
    *("concrete", "plaster", "terrazzo", "slate", "fabric", "satin", "velvet", "sand"),
    *("beach", "outdoor", "terrace", "lifestyle", "kitchen"),
    *("gradient-grey", "gradient-warm", "gradient-cool", "gradient-mint", "gradient-rose"),
    *("gradient-lilac", "gradient-sunset", "gradient-night"),
)
SET_ANGLES = ("front", "hero", "45-degree", "top-down", "lifestyle")
SET_LIGHTINGS = ("studio", "natural", "dramatic", "soft", "golden-hour")
SET_BACKGROUNDS = ("studio-white", "lifestyle", "outdoor", "flat-lay", "custom")
