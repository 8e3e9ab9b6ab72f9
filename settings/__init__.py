"""What an environment is, as data: typed, validated, and the only thing in which environments differ.

settings = settings.load_stack_file(Path("Pulumi.prod.yaml"))   # the tools
settings = settings.load_config({...})                          # the program, from Pulumi's configuration
"""

from .environment import Environment
from .load import NAMESPACE, SettingsError, load_config, load_stack_file

__all__ = ["NAMESPACE", "Environment", "SettingsError", "load_config", "load_stack_file"]
