"""The stand-in for what keeps Pulumi's state: a small part of the service that the engine calls Pulumi Cloud (ADR 40)."""
