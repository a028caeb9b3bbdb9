"""Searching by name among 100,000 people: how long, how many of the right ones are found, how much memory.

By intake's own index, in this process and without a stack: everything of a search but the database's part and
the call. The crowd has the listed names (`tools/bench/names/`); one in three has an invented family name of
their own, so that there are as many different words as in life, and one in three a second given name.

`find_ms`: one search, in another script or way of writing than the person is kept in; `cpu_ms`: the
processor's part of it. `load_seconds`: to fill the index with opened names. `memory_mb`: what the process
grew by. `recall_…`: the share of searches with the right person among the first 20, of names that the rules
were tuned on, and of names that lay aside.
"""

import gc
import itertools
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil

from services.intake.domain.name_index import NameIndex
from tools.bench.names.recall import AGENCY, Member, crowd, filled, measured, searches
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians, percentiles_ms

PEOPLE = 100_000
_SYLLABLES = [first + vowel for first in "bdfghjklmnrstvz" for vowel in ("a", "i", "o", "u")]


async def measure(run: Run) -> Figures:
    """Three rounds of searches, the medians; recall once."""
    people, asked = run.scaled(PEOPLE, 10_000), run.scaled(1_000, 200)
    run.settings["search"] = {"people": people, "searches_a_round": asked, "rounds": run.rounds}
    made = list(_as_in_life(crowd(people, seed=1)))
    gc.collect()
    before, began = _resident_mb(), time.perf_counter()
    index = filled(made)
    loaded = time.perf_counter() - began
    gc.collect()
    figures: Figures = {
        "people": people,
        "load_seconds": round(loaded, 2),
        "memory_mb": round(_resident_mb() - before, 1),
    }
    run.say(f"{people:,} names are in memory after {loaded:.1f} s.")
    for kind, by_birth_year in (("by_birth_year", True), ("by_nationality", False)):
        rounds = [_round(index, made, asked, seed, by_birth_year) for seed in range(run.rounds)]
        figures[kind] = medians(rounds)
    found = measured(people=run.scaled(20_000, 4_000), searches=asked)
    return figures | {f"recall_{kind}": shares for kind, shares in found.items()}


def _round(index: NameIndex, made: list[Member], number: int, seed: int, by_birth_year: bool) -> Figures:
    durations, costs = [], []
    asked = searches(made, seed=10 + seed, by_birth_year=by_birth_year, has_slip=False)
    for search in itertools.islice(asked, number):
        began, used = time.perf_counter(), time.thread_time()
        index.find(search.query, AGENCY)
        durations.append(time.perf_counter() - began)
        costs.append(time.thread_time() - used)
    return {"find_ms": percentiles_ms(durations), "cpu_ms": percentiles_ms(costs)}


def _as_in_life(people: Iterator[Member]) -> Iterator[Member]:
    chance, before = random.Random(4), ""  # noqa: S311  invented people, no secrets
    for person, given, family in people:
        own = "".join(chance.choices(_SYLLABLES, k=4)) if chance.random() < 1 / 3 else ""
        second = f" {before}" if chance.random() < 1 / 3 else ""
        written = [name.split(" ", 1) for name in person.names]
        names = tuple(f"{first}{second} {own or last}" for first, last in written)
        before = written[0][0]
        yield replace(person, names=names), given, family


def _resident_mb() -> float:
    return float(psutil.Process(os.getpid()).memory_info().rss) / 2**20
