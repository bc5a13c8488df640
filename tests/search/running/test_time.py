"""Studies that are planned for a time, with a worker that computes instead of training."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from model_space.facts import DataFacts
from search.analysis.recommendation import recommend
from search.planning.durations import RunTime, run_time
from search.planning.time_plan import Timing
from search.results import Results
from search.running.timekeeping import time_spent, time_unspent
from search.settings import Settings, TimeLimit
from search.storage import schema
from search.storage.connection import make_storage
from search.storage.heartbeat import Identity, fail_lost, utc_offset
from search.storage.optuna_internals import begin_trial, id_of
from search.storage.studies import load_study
from tests.support.faked import Kouka, results
from tests.support.fakes import FakeWorker

LAUNCH = ("launch", "s", "--data", "digits", "--techniques", "batch_norm,residual", "--workers",
          "1", "--measure", "4", "--search", "0", "--verify", "4", "--confirm", "1")  # fmt: skip
pytestmark = pytest.mark.usefixtures("no_report")


def settings() -> Settings:
    return results().launched_with()


def test_a_study_is_planned_for_its_time(kouka: Kouka, fake_worker: type[FakeWorker]) -> None:
    said = kouka(*LAUNCH, "--time", "60s")
    assert said.exit_code == 0, said.output
    assert "Timing a few epochs" in said.output
    assert "The plan, about" in said.output
    assert "on this machine." not in said.output.partition("The plan")[2]
    planned = [line.split() for line in said.output.splitlines() if line.startswith("  ")]
    assert [(line[0], line[1]) for line in planned] == [
        ("measure", "4"), ("verify", "4"), ("confirm", "4"), ("beside", "reading,")
    ]  # fmt: skip
    assert settings().time is not None
    assert len(results().of("measure", "verify", "confirm")) == 12
    assert settings().width == 0.25
    again = kouka(*LAUNCH, "--time", "60s")
    assert again.exit_code == 0, again.output
    assert "Timing" not in again.output


@pytest.mark.parametrize("order", ["2", "1:residual", "2:batch_norm,silu"])
def test_a_plan_has_the_runs_of_the_ladder(
    kouka: Kouka, fake_worker: type[FakeWorker], order: str
) -> None:
    techniques = ("--techniques", "batch_norm,residual,silu")
    said = kouka(*LAUNCH, "--measure", "8", *techniques, "--ladder", order, "--time", "5m")
    assert said.exit_code == 0, said.output
    [planned] = [line.split()[1] for line in said.output.splitlines() if "  ladder " in line]
    assert int(planned) == len(results().of("ladder"))


def test_large_images_are_read_again_smaller(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(worker: FakeWorker, reading: object = None) -> DataFacts:
        side = worker.workload.data.image_size or 96
        return DataFacts(("a", "b"), (side, side, 3), 100, 20, 20, f"of {side}", None, None)

    monkeypatch.setattr(fake_worker, "start", start)
    slow = Timing(30.0, 40.0, 3.0, 1)
    monkeypatch.setattr("search.running.timing.time_epochs", lambda *arguments: slow)
    launch = (*LAUNCH, "--epochs", "4", "--verify-epochs", "40", "--time", "40m")
    said = kouka(*launch)
    assert said.exit_code == 0, said.output
    assert "Images of 32×32 pixels" in said.output
    assert "The images are made smaller" in said.output
    assert settings().image_size == 32
    facts = results().data
    assert facts is not None
    assert facts.fingerprint == "of 32"
    assert kouka(*launch).exit_code == 0
    refused = kouka("launch", "t", *launch[2:], "--image-size", "96")
    assert refused.exit_code == 2
    assert "is too short" in refused.stderr


def test_a_plan_whose_runs_are_all_as_long_as_asked_for_is_one_to_go_on_with(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = Timing(0.2, 0.2, 1.0, 1)
    monkeypatch.setattr("search.running.timing.time_epochs", lambda *arguments: timed)
    launch = ("launch", "s", "--data", "digits", "--techniques", "batch_norm,residual",
              "--workers", "1", "--measure", "4", "--search", "0", "--confirm", "1",
              "--verify-epochs", "20", "--time", "90s")  # fmt: skip
    said = kouka(*launch)
    assert said.exit_code == 0, said.output
    assert "All runs are of 20 epochs: there is no time for short runs of 5" in said.output
    assert (settings().epochs, settings().verify_epochs) == (20, None)
    assert {run.phase for run in results().runs} == {"measure", "confirm"}
    again = kouka(*launch)
    assert again.exit_code == 0, again.output
    assert {run.epochs for run in results().runs} == {20}


def test_a_study_that_another_launch_planned_meanwhile_goes_on_by_its_plan(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = [Timing(0.2, 0.2, 1.0, 1), Timing(0.4, 0.4, 1.0, 1)]

    def timed(*arguments: object) -> Timing:
        found = timings.pop()
        if timings:
            assert kouka(*LAUNCH, "--time", "60s").exit_code == 0
        return found

    monkeypatch.setattr("search.running.timing.time_epochs", timed)
    said = kouka(*LAUNCH, "--time", "60s")
    assert said.exit_code == 0, said.output
    limit = settings().time
    assert limit is not None
    assert limit.chosen == ("verify_epochs",)
    assert len(results().of("measure", "verify", "confirm")) == 12


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--verify", "0", "--verify-epochs", "9"), "--verify-epochs 9 is for the long runs"),
        (("--epochs", "9", "--verify-epochs", "9"), "--verify-epochs 9 is not more than --epochs"),
    ],
)
def test_long_runs_that_cannot_be_are_refused_before_epochs_are_timed(
    kouka: Kouka, fake_worker: type[FakeWorker], asked: tuple[str, ...], said: str
) -> None:
    refused = kouka("launch", "s", "--data", "digits", "--time", "10m", *asked)
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"kouka: {said}")
    assert "Timing" not in refused.output


def test_the_time_of_a_study_may_grow_but_not_shrink(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*LAUNCH, "--time", "60s")
    assert kouka("launch", "s", "--time", "2m").exit_code == 0
    limit = settings().time
    assert limit is not None
    assert limit.seconds == 120
    shorter = kouka("launch", "s", "--time", "90s")
    assert shorter.exit_code == 2
    assert "--time is 120 seconds, and can only grow" in shorter.stderr


def test_a_time_too_short_makes_no_study(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Timing(1.0, 2.0, 3.0, 1)
    monkeypatch.setattr("search.running.timing.time_epochs", lambda *arguments: slow)
    short = kouka(*LAUNCH, "--time", "2s", "--epochs", "9", "--verify-epochs", "50")
    assert short.exit_code == 2
    assert "--time 2s is too short" in short.stderr
    assert "takes about" in short.stderr
    assert kouka("status", "s").exit_code == 2


def test_a_study_without_time_left_begins_no_run(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.running.timekeeping.time_spent", lambda trials: 1e6)
    said = kouka(*LAUNCH, "--time", "60s")
    assert said.exit_code == 0
    assert results().runs == ()
    assert "is used up; a larger --time goes on" in said.output


def test_a_machine_that_becomes_slow_ends_the_study_with_an_answer(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(results: Results) -> RunTime | None:
        return RunTime(8.0, 0.0) if results.of("measure")[2:] else run_time(results)

    monkeypatch.setattr("search.running.timekeeping.run_time", slow)
    launch = (*LAUNCH[:-6], "--search", "2", "--epochs", "4")
    said = kouka(*launch, "--time", "20s")
    assert said.exit_code == 0, said.output
    limit = settings().time
    assert limit is not None
    assert limit.closed == ("measure", "search")
    assert "measure ends with 3 runs" in said.output
    assert "No run verifies" in said.output
    counts = {phase: len(results().of(phase)) for phase in ("measure", "search", "confirm")}
    assert counts["confirm"] >= 2
    assert (counts["measure"], counts["search"]) == (3, 0)
    found = recommend(results())
    assert found is not None
    assert found.confirmed
    # More time opens the phases again.
    assert kouka("launch", "s", "--time", "90s").exit_code == 0
    assert len(results().of("measure")) == 4


def test_a_resumed_study_has_the_rest_of_its_time(
    kouka: Kouka, fake_worker: type[FakeWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its start counts, as the command is to end in time; the pause before does not."""
    kouka(*LAUNCH, "--time", "60s")
    monkeypatch.setattr("search.running.timekeeping.time_spent", lambda trials: 40.0)
    began = time.time()
    kouka(*LAUNCH, "--time", "60s")
    limit = settings().time
    assert limit is not None
    assert limit.ends - began == pytest.approx(limit.training - 40, abs=5)
    # A worker that comes after the end begins nothing, and closes nothing.
    study = load_study("sqlite:///studies.db", "s")
    opened = replace(settings(), confirm=2, time=replace(limit, ends=time.time() - 5))
    study.set_user_attr(schema.SETTINGS, opened.to_json())
    joined = kouka("worker", "s")
    assert "Stopped in time with 4 runs left" in joined.output
    assert settings().time == opened.time
    monkeypatch.setattr("search.running.timekeeping.time_spent", lambda trials: 60.0)
    assert kouka("launch", "s").exit_code == 0
    over = settings().time
    assert over is not None
    assert over.closed == ("confirm",)


def test_who_joins_a_study_at_work_adds_workers_and_no_time(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*LAUNCH, "--time", "60s")
    study = load_study("sqlite:///studies.db", "s")
    limit = settings().time
    assert limit is not None
    alone = replace(limit, ends=time.time() + 30, workers=2)
    study.set_user_attr(schema.SETTINGS, replace(settings(), confirm=2, time=alone).to_json())
    storage = make_storage("sqlite:///studies.db")
    for slot in range(2):  # of another machine, alive
        trial = begin_trial(study, create_trial(
            state=TrialState.RUNNING, params={}, distributions={},
            user_attrs={schema.WORKER: Identity("other", "another machine", 1, slot).to_json()},
        ))  # fmt: skip
        storage.record_heartbeat(trial)
    assert kouka("launch", "s").exit_code == 0
    joined = settings().time
    assert joined is not None
    assert (joined.ends, joined.workers) == (alone.ends, 3)


def test_more_runs_are_made_whatever_time_they_take(
    kouka: Kouka, fake_worker: type[FakeWorker]
) -> None:
    kouka(*LAUNCH, "--time", "60s")
    assert kouka("launch", "s", "--measure", "8", "--time", "2m").exit_code == 0
    assert (settings().measure, settings().time is None) == ((4, 8), False)
    assert kouka("launch", "s", "--measure", "16").exit_code == 0
    assert (settings().measure, settings().time) == ((4, 8, 16), None)
    assert len(results().of("measure")) == 16


def ran(begin: float, end: float | None, unseen: float = 0) -> FrozenTrial:
    noon = datetime(2026, 11, 27, 12)
    attributes = {schema.UNSEEN: unseen} if unseen else {}
    trial = create_trial(state=TrialState.COMPLETE, value=0.5, user_attrs=attributes)
    trial.datetime_start = noon + timedelta(seconds=begin)
    trial.datetime_complete = None if end is None else noon + timedelta(seconds=end)
    return trial


def test_pauses_do_not_count_and_runs_side_by_side_count_once() -> None:
    assert time_spent([]) == 0
    assert time_spent([ran(0, 10), ran(5, 12), ran(6, 8), ran(100, 110)]) == 22
    # A killed worker's trial ends when it is found, long after its last sign of life.
    assert time_spent([ran(0, 10), ran(5, 900, unseen=885), ran(900, 910)]) == 25
    assert time_spent([ran(0, 10), ran(0, 900, unseen=899)]) == 10


def test_the_time_left_is_what_was_left_at_the_last_sign_of_life() -> None:
    """Also what passed before the first run and between runs is gone then."""
    noon = datetime(2026, 11, 27, 12).timestamp()
    limit = TimeLimit(180, 150, ends=noon + 160)
    assert time_unspent(limit, [ran(20, 40), ran(30, 70)]) == 90
    assert time_unspent(limit, [ran(20, 40), ran(30, 900, unseen=800)]) == 60
    assert time_unspent(limit, []) == 150
    # Another machine's clock, and a study of an earlier version.
    assert time_unspent(limit, [ran(5000, 5020)]) == 130
    assert time_unspent(replace(limit, ends=0.0), [ran(20, 40)]) == 130


def zoned(trial: FrozenTrial, hours: float) -> FrozenTrial:
    """The trial as a machine of a time zone so far east of this one keeps it."""
    trial.datetime_start = shifted(trial.datetime_start, hours)
    trial.datetime_complete = shifted(trial.datetime_complete, hours)
    offset = utc_offset() + timedelta(hours=hours)
    trial.user_attrs[schema.WORKER] = {"host": "far", "utc_offset": offset.total_seconds()}
    return trial


def shifted(time: datetime | None, hours: float) -> datetime | None:
    return None if time is None else time + timedelta(hours=hours)


def test_workers_of_several_time_zones_share_the_time() -> None:
    trials = [ran(0, 10), zoned(ran(5, 12), 9), zoned(ran(6, 8), -8)]
    assert time_spent(trials) == 12
    limit = TimeLimit(180, 150, ends=datetime(2026, 11, 27, 12).timestamp() + 160)
    assert time_unspent(limit, [zoned(ran(20, 40), 9), zoned(ran(30, 70), -8)]) == 90


@pytest.mark.parametrize("hours", [-8.0, 0.0, 9.0])
def test_a_worker_lost_in_another_time_zone_takes_no_more_time(folder: Path, hours: float) -> None:
    storage = RDBStorage("sqlite:///zones.db")
    study = optuna.create_study(storage=storage)
    trial = zoned(create_trial(state=TrialState.RUNNING), hours)
    trial.datetime_start = shifted(datetime.now(), hours)
    trial.user_attrs[schema.WORKER] |= {"machine": "away", "pid": 1, "slot": 0}
    study.add_trial(trial)
    storage.record_heartbeat(id_of(study.trials[0]))
    fail_lost(study, storage, Identity("far", "away", 1, 0))
    (lost,) = study.trials
    assert lost.state == TrialState.FAIL
    assert time_spent([lost]) < 60
