"""The benchmark of the schemas runs, and measures what it says."""

from __future__ import annotations

import re
import time

import pytest

from tests.installed import POSTGRES, need

from . import bench


def test_the_ratio_is_of_the_first_to_the_second() -> None:
    pair = bench.Pair("slow / quick", lambda: time.sleep(0.04), lambda: time.sleep(0.004))
    ratio, first, second = pair.ratio(3)
    assert ratio > 2
    assert first > second


@pytest.mark.database
def test_every_pair_is_measured(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    need(POSTGRES)
    for name, smaller in {"ROWS": 200, "SYMBOLS": 2, "CANDLES_OF_A_YEAR": 400, "USERS": 3, "ORDERS": 60}.items():
        monkeypatch.setattr(bench, name, smaller)
    assert bench.main(["--rounds", "1"]) == 0
    measured = re.findall(r"^\| (\w.*?) \| (\d+\.\d\d) \|", capsys.readouterr().out, re.MULTILINE)
    assert [says.partition(" ")[0] for says, _ in measured] == ["trades", "a", "ticks", "a"]


def test_no_round_measures_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(["--rounds", "0"])
    assert ended.value.code == 2
    assert "--rounds must be 1 or more" in capsys.readouterr().err
