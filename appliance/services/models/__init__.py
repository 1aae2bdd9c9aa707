"""The models of the box: which one answers, what there is, bringing and removing them."""

from appliance.services.models.listing import Offer, fits, offers
from appliance.services.models.resolving import Resolved, known_names, resolve

__all__ = ["Offer", "Resolved", "fits", "known_names", "offers", "resolve"]
