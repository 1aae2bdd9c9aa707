"""What engines offer, as Protocols with typed keys; one ability a file.

Operations know abilities only. An engine in `engines/` implements one on some model format; the
worker brings the two together when a job asks `ctx.ability(KEY)`.
"""
