"""Getting weights onto the box: from a hub, registry packages, a URL or a disk, and checking them.

A model is either wholly there, with every digest right, or not at all; what is half fetched lies
under `<models>/.partial/<id>/` and is continued by the next attempt.
"""
