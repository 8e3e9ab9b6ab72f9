"""The SDKs loaded without what only a type checker reads say the same to Pulumi as when Python loads them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tools.recorder import ROOT

BEFORE_3_14 = pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python 3.14 leaves annotations unevaluated by itself")

ANSWERS = """
import inspect, sys
from pulumi import Resource, _types
from tools import lean_sdk

if sys.argv[1] == "lean":
    lean_sdk.install()
import pulumi_gcp
from pulumi_kubernetes.core import v1

for module in (pulumi_gcp.sql, pulumi_gcp.storage, v1, pulumi_gcp.sql.outputs, pulumi_gcp.storage.outputs, v1.outputs):
    for name, found in inspect.getmembers(module, inspect.isclass):
        if issubclass(found, Resource):
            answer = _types.resource_types(found)
        elif _types.is_input_type(found):
            answer = _types.input_type_types(found)
        elif _types.is_output_type(found):
            answer = _types.output_type_types(found)
        else:
            continue
        print(module.__name__, name, sorted((key, repr(kind)) for key, kind in answer.items()))
print(sys.argv[1], isinstance(v1.PodSpecArgs.__init__.__annotations__["containers"], str), file=sys.stderr)
"""


@BEFORE_3_14
def test_pulumi_is_told_the_same_types() -> None:
    lean, usual = _printed("lean"), _printed("usual")
    assert lean.stderr.split() == ["lean", "True"], "the annotations were evaluated while the SDK was loaded"
    assert usual.stderr.split() == ["usual", "False"]
    lines = usual.stdout.splitlines()
    assert len(lines) > 700
    assert lean.stdout.splitlines() == lines


@BEFORE_3_14
@pytest.mark.parametrize("keeps", [True, False])
def test_where_nothing_compiled_may_be_kept_python_loads_them(keeps: bool) -> None:
    code = "import sys; from tools import lean_sdk; lean_sdk.install(); lean_sdk.install(); print(len(sys.meta_path))"
    flags = [] if keeps else ["-B"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    usual, found = (
        int(subprocess.check_output([sys.executable, *flags, "-c", line], cwd=ROOT, env=environment))
        for line in ("import sys; print(len(sys.meta_path))", code)
    )
    assert found - usual == int(keeps)


LATER = """
import inspect, sys
from tools import lean_sdk

lean_sdk.install()
import pulumi_gcp
from pulumi_kubernetes.core import v1

print(pulumi_gcp.compute.Network.__module__, "pulumi_gcp.compute.autoscaler" in sys.modules)
print(v1.PodInitArgs.__module__, inspect.isclass(v1.Pod), "Secret" in dir(v1), "pulumi_kubernetes.core.v1.Secret" in sys.modules)
print(hasattr(v1, "Nothing"))
"""


@BEFORE_3_14
def test_a_module_loads_when_something_in_it_is_asked_for() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    said = subprocess.check_output([sys.executable, "-c", LATER], cwd=ROOT, env=environment, text=True).splitlines()
    assert said == [
        "pulumi_gcp.compute.network False",
        "pulumi_kubernetes.core.v1.Pod True True False",  # and `Pod` is the class, though a module is called so
        "False",
    ]


def _printed(how: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", ANSWERS, how], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done
