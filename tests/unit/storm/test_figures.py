"""A storm is good only if nothing at all is wrong, and its figures say what was."""

import json
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from tools.storm.faults import FAULTS, draw
from tools.storm.figures import Figures, Log, seconds
from tools.storm.recovery import Recovery

CALM = Figures(
    seed=1,
    broker="embedded",
    minutes=2.0,
    faults={"wire cut": 2},
    faults_in_all=2,
    needs_recorded=9,
    states={"COMPLETED": 9},
    offers_sent=12,
    lost={},
    doubled={},
    violations={},
    still_under_way=0,
    recoveries_not_in_time=[],
    seconds_to_serve_again=seconds([1.0, 3.0]),
    seconds_to_lag_0=seconds([2.0, 4.0]),
    restarts={"intake": 1},
    broker_refills=0,
)


def test_a_storm_after_which_all_is_well_is_good() -> None:
    assert CALM.is_good
    json.dumps(CALM.as_json())


@pytest.mark.parametrize(
    "wrong",
    [
        {"lost": {"needs": 1}},
        {"doubled": {"deliveries": 1}},
        {"violations": {"I4-never-exceeded": 1}},
        {"still_under_way": 1},
        {"recoveries_not_in_time": ["wire cut (all ↔ broker)"]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_one_thing_that_is_wrong_is_enough_and_is_said(wrong: dict[str, Any]) -> None:
    figures = replace(CALM, **wrong)
    assert not figures.is_good
    console = Console(width=200)
    with console.capture() as said:
        figures.show(console)
    assert str(next(iter(wrong.values()))) in said.get()
    assert "every rule kept" not in said.get()


def test_a_recovery_that_never_came_is_kept_by_name() -> None:
    log = Log()
    log.recovered("broker killed (broker)", Recovery(2.0, None))
    log.recovered("wire cut (all ↔ broker)", Recovery(None, None))
    log.recovered("wire snapped (all ↔ broker)", Recovery(0.5, 0.7))
    assert log.not_in_time == ["broker killed (broker)", "wire cut (all ↔ broker)"]
    assert (log.serving_seconds, log.caught_up_seconds) == ([2.0, 0.5], [0.7])


def test_every_kind_of_fault_is_drawn_and_a_seed_draws_the_same() -> None:
    drawn = Counter(draw(dice) for dice in [random.Random(3)] for _ in range(2000))
    assert set(drawn) == set(FAULTS)
    assert [draw(random.Random(5)) for _ in range(5)] == [draw(random.Random(5)) for _ in range(5)]
