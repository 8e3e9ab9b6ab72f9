"""Sets up what every command needs: a virtual environment and the Pulumi engine.

Runs under the system's Python with nothing installed, so nothing here imports
from outside the standard library.
"""
