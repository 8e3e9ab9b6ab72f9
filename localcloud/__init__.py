"""A stand-in for Google's APIs that the real Pulumi engine can deploy to.

It keeps what was created in a file, refuses what Google refuses, and never sleeps: time is a virtual clock.
Nothing outside this package is imported here: it knows resource types and properties, not our components.
"""
