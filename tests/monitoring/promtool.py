"""Whether a policy in PromQL fires on staged series: Prometheus' own evaluation, by `promtool test rules`.

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.programs import PACKAGES

PROMTOOL = PACKAGES["prometheus"]
ALERT = "alert"
FIRING = f'count(ALERTS{{alertname="{ALERT}",alertstate="firing"}}) > bool 0'


def fires(condition: Mapping[str, Any], series: Mapping[str, str], *, minutes: int, step: int, folder: Path) -> bool:
    """Whether it does after so many minutes of series that have a value every `step` minutes, written as promtool wants them."""
    rule = {"alert": ALERT, "expr": condition["query"], "for": condition["duration"]}
    nothing: dict[str, Any] = {"expr": FIRING, "eval_time": f"{minutes}m", "exp_samples": []}
    staged = [{"series": name, "values": values} for name, values in series.items()]
    test: dict[str, Any] = {"interval": f"{step}m", "input_series": staged, "promql_expr_test": [nothing]}
    # JSON is YAML too.
    (folder / "rules.yaml").write_text(json.dumps({"groups": [{"name": "rules", "rules": [rule]}]}))
    tests: dict[str, Any] = {"rule_files": ["rules.yaml"], "evaluation_interval": f"{step}m", "tests": [test]}
    (folder / "test.yaml").write_text(json.dumps(tests))
    done = subprocess.run(
        [PROMTOOL, "test", "rules", folder / "test.yaml"], capture_output=True, text=True, check=False, timeout=60
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0 or "got: {} 1E+00" in said, said
    return done.returncode != 0
