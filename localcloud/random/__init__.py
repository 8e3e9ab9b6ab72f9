"""The random provider: values that live in Pulumi's state alone."""
