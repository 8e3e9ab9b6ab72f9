"""The settings of the stack that the program runs for."""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from settings import Environment, SettingsError, load_config


def current() -> Environment:
    """The validated settings, from Pulumi's configuration.

    Raises:
        pulumi.RunError: they are not allowed; Pulumi shows the message without a traceback.
    """
    try:
        # All keys at once, so that an unknown one is noticed; the official CLI hands them over in the environment.
        return load_config({**get_config_env(), **CONFIG.get()}, pulumi.get_stack())
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
