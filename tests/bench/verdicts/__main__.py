"""`python -m tests.bench.verdicts`: how often the verdicts are wrong. Exits 1 when a goal is missed.

All of it is simulated from a fixed seed but for the last lines, which measure this machine.
"""

from __future__ import annotations

from tests.bench.__main__ import machine
from tests.bench.verdicts import goals, machine_noise
from tests.bench.verdicts.goals import Goal


def main() -> int:
    print(machine())
    print(f"{'':<66}{'measured':>10}{'95 % interval':>18}{'of':>8}{'goal':>14}")
    missed = 0
    for part in (goals.cost, goals.histories, goals.sensitivity, goals.false_alarms, machine_noise.repetitions):
        missed += sum(not _shown(goal) for goal in part())
    print("every goal is met" if not missed else f"{missed} MISSED")
    return int(missed > 0)


def _shown(goal: Goal) -> bool:
    form = "{:.1f} ms" if goal.is_time else "{:.2%}"
    bounds = [("≥", goal.at_least), ("≤", goal.at_most), ("end ≤", goal.high_at_most)]
    said = " ".join(
        f"{sign} {bound:g} ms" if goal.is_time else f"{sign} {bound:.3g}" for sign, bound in bounds if bound is not None
    )
    interval = f"{form.format(goal.low)} – {form.format(goal.high)}"
    mark = "" if goal.is_met else "  MISSED"
    print(f"{goal.name:<66}{form.format(goal.value):>10}{interval:>18}{goal.of:>8}{said:>14}{mark}", flush=True)
    return goal.is_met


if __name__ == "__main__":
    raise SystemExit(main())
