"""The month of a sender: received, settled by a process of its own, watched, and shown.

Closing a month is not built. What it can rest on stands here already: each upload is a folder like the command line's,
with usage, register, side files and the tables that it was priced with, its workers under ids that are the same for
every sender, so that rows of one worker from several uploads can be merged; of one platform's uploads of a month the
greatest id is the last, which counts; the engine settles corrections (`Order.previous`); and a run is claimed, watched
and begun again in a way that does not depend on what it settles. What it still needs: an order whose sources are kept
folders instead of an upload (they are re-keyed already, and `Upload` would re-key them again), a row in the store for a
month of all senders, and eyes for a folder in which lines were sealed for more than one of them.
"""
