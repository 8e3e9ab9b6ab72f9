"""The life of a stack: up, preview, drift, refresh, unprotect, destroy; against the local cloud or Google's.

One program and one engine behind both; what differs is where state and secrets live and which plugins the engine finds.
"""
