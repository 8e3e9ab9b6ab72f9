"""Entry point: `pulumi preview --policy-pack policies`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from policies.enforcement import PolicyError
from policies.pack import serve

try:
    serve()
except PolicyError as error:
    sys.exit(f"the policy pack cannot start: {error}")
