"""`appliance demo`: the main job on real input, from the outside as a client would."""
