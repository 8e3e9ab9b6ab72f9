"""The platform as Pulumi components, one a file; `platform.py` is the only place where they are put together."""
