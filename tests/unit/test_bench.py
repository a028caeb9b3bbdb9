"""What `./kem bench` chooses, computes and writes; how fast anything is, is no matter of tests."""

import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from kernel.ids import ordered_id, random_id
from tools.bench.benches import BENCHES, chosen, meaning_of, measure_of
from tools.bench.command import first_of
from tools.bench.machine import commit, machine
from tools.bench.processes import Member, cpu_seconds, memory_mb
from tools.bench.ratios import ratios
from tools.bench.report import Report, print_report, write_json
from tools.bench.statistics import medians, percentiles_ms
from tools.bench.template import Masks, Rows, Table, changes_of
from tools.stack.failure import StackFailure


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_can_be_measured_and_says_in_one_line_what_it_measures(name: str) -> None:
    assert measure_of(name).__name__ == "measure"
    assert meaning_of(name).endswith(".")


def test_without_names_all_are_run_and_named_ones_in_their_order() -> None:
    assert chosen([]) == list(BENCHES)
    assert chosen(list(reversed(BENCHES))) == list(BENCHES)


def test_an_unknown_bench_is_named_with_those_that_exist() -> None:
    with pytest.raises(StackFailure, match=r"'speed'.*pipeline"):
        chosen(["speed"])


def test_percentiles_are_durations_that_were_measured() -> None:
    assert percentiles_ms(n / 1000 for n in range(1, 101)) == {"p50": 51, "p95": 96, "p99": 100, "max": 100}
    assert percentiles_ms([]) == {"p50": 0, "p95": 0, "p99": 0, "max": 0}


def test_one_disturbed_round_does_not_move_the_figures() -> None:
    rounds = [
        {"rate": 400, "ms": {"p99": 20.0}, "state": "calm"},
        {"rate": 5, "ms": {"p99": 9000.0}, "state": "calm"},
        {"rate": 410, "ms": {"p99": 21.0}, "state": "busy"},
    ]
    assert medians(rounds) == {"rate": 400, "ms": {"p99": 21.0}, "state": "busy"}


def test_a_report_carries_the_machine_and_can_be_read_by_programs_and_people(tmp_path: Path) -> None:
    report: Report = {
        "machine": machine(),
        "commit": commit(),
        "settings": {},
        "results": {"pipeline": {"callers_8": {"needs_per_second": 1234.5}, "processes": 3}},
    }
    assert {"cores", "memory_mb", "kernel", "cpu_model", "load_average_at_start"} <= report["machine"].keys()
    write_json(report, tmp_path / "figures.json")
    assert json.loads((tmp_path / "figures.json").read_text(encoding="utf-8")) == report
    console = Console(width=100)
    with console.capture() as said:
        print_report(report, console)
    shown = said.get()
    assert "pipeline" in shown
    assert "1,234" in shown
    assert str(report["machine"]["cores"]) in shown


def test_the_hub_is_held_against_the_yardstick_where_both_were_measured() -> None:
    pipeline = {"callers_32": {"needs_per_second": 300.0}, "batches_of_50": {"needs_per_second": 900.0}}
    yardstick = {
        "callers_32": {"needs_per_second": 400.0},
        "loop_callers_8": {"loops_per_second": 100.0},
    }
    loop = {"callers_8": {"loops_per_second": 150.0}, "callers_32": {"loops_per_second": 9.0}}
    assert ratios({"pipeline": pipeline, "loop": loop, "yardstick": yardstick}) == {
        "pipeline_callers_32": 0.75,
        "pipeline_batches_of_50": 2.25,
        "loop_callers_8": 1.5,
    }
    assert ratios({"pipeline": pipeline}) == {}


def test_cpu_and_memory_of_a_process_are_read_and_one_that_is_gone_costs_nothing() -> None:
    assert cpu_seconds(os.getpid()) > 0
    assert memory_mb([Member("me", os.getpid())])["me"] > 5
    assert cpu_seconds(2**22 + 1) == 0
    assert memory_mb([Member("nobody", 2**22 + 1)]) == {"nobody": 0}


def test_a_copied_case_has_ids_of_its_own_that_still_belong_together() -> None:
    need, event, agency = random_id(), ordered_id(), random_id()
    payload = b"\x0a\x24" + str(event).encode() + b"\x12\x24" + str(need).encode() + str(agency).encode()
    row = [need, [need, agency], payload, agency, "OFFERED", None]
    rows = Rows(Table("intake", "need", "true"), ("a", "b", "c", "d", "e", "f"), [row])
    rows.changes = [changes_of(row, {need, event})]
    (copy,) = rows.copied(Masks.of(2**128 - 1))
    other = copy[0]
    assert other not in (need, agency)
    assert other.version == need.version
    assert other.variant == need.variant
    assert copy[1] == [other, agency]
    assert copy[3:] == [agency, "OFFERED", None]
    assert len(copy[2]) == len(payload)
    assert str(other).encode() + str(agency).encode() in copy[2]
    assert str(event).encode() not in copy[2]
    assert str(event)[:13].encode() in copy[2], "the time of an ordered id stays"
    assert row[0] == need, "the template itself is as it was"


def test_of_clients_that_fail_side_by_side_one_plain_sentence_is_told() -> None:
    sentence = StackFailure("An offer did not arrive.")
    deep = ExceptionGroup("outer", [ExceptionGroup("inner", [sentence, ValueError()]), OSError()])
    assert first_of(deep) is sentence
