"""Steps of a run: done once, done again when anything they rest on changes, never half there."""

from pathlib import Path

import pytest

from training.run_folder import STEPS, RunFolder

GIVEN = {"plan": "sha256:1"}


def write(run: RunFolder, step: str, text: str, given: dict[str, str] | None = None) -> str:
    inputs = run.inputs_of(step, given or GIVEN)
    with run.writing(step, inputs) as folder:
        (folder / f"{step}.txt").write_text(text, encoding="utf-8")
        (folder / f"{step}_tables").mkdir()
        (folder / f"{step}_tables" / "one.yaml").write_text(text, encoding="utf-8")
    return inputs


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    for step in STEPS[:4]:
        write(made, step, step)
    return made


def done(run: RunFolder, given: dict[str, str] | None = None) -> list[str]:
    return [step for step in STEPS if run.is_done(step, run.inputs_of(step, given or GIVEN))]


def test_what_is_done_stays_done(run: RunFolder) -> None:
    assert done(run) == list(STEPS[:4])
    assert list(run.records()) == list(STEPS[:4])
    assert all(record["seconds"] >= 0 for record in run.records().values())


def test_another_plan_is_another_run(run: RunFolder) -> None:
    assert done(run, {"plan": "sha256:2"}) == []


@pytest.mark.parametrize("name", ["split.txt", "split_tables/one.yaml"])
def test_a_file_that_was_changed_by_hand_is_not_trusted(run: RunFolder, name: str) -> None:
    (run.path / name).write_text("other", encoding="utf-8")
    assert "split" not in done(run)
    (run.path / name).unlink()
    assert "split" not in done(run)


def test_a_step_done_again_takes_away_what_rested_on_it(run: RunFolder) -> None:
    write(run, "split", "anew")
    assert list(run.records()) == ["data", "split"]
    assert not (run.path / "fit.txt").exists()
    assert not (run.path / "tabulate_tables").exists()
    assert (run.path / "data.txt").read_text(encoding="utf-8") == "data"
    assert done(run) == ["data", "split"]


def test_a_step_that_fails_leaves_nothing_of_itself(run: RunFolder) -> None:
    def fail() -> None:
        with run.writing("judge", run.inputs_of("judge", GIVEN)) as folder:
            (folder / "judge.txt").write_text("half", encoding="utf-8")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert not (run.path / "judge.txt").exists()
    assert done(run) == list(STEPS[:4])
    write(run, "judge", "whole")
    assert done(run) == list(STEPS[:5])
    assert not [path for path in run.path.iterdir() if path.name.startswith(".judge")]


def test_a_step_that_fails_anew_leaves_what_stood(run: RunFolder) -> None:
    """A refused step takes nothing away: neither its own files of before nor those that rest on them."""
    before = run.records()

    def fail() -> None:
        with run.writing("split", "other inputs") as folder:
            (folder / "split.txt").write_text("half", encoding="utf-8")
            raise RuntimeError("refused")

    with pytest.raises(RuntimeError, match="refused"):
        fail()
    assert run.records() == before
    assert done(run) == list(STEPS[:4])
    assert sorted(path.name for path in run.path.iterdir() if path.name.startswith(".")) == []


def test_what_a_killed_run_left_is_written_over(run: RunFolder) -> None:
    """A folder that took its place without being recorded."""
    (run.path / "judge_tables").mkdir()
    (run.path / "judge_tables" / "two.yaml").write_text("left", encoding="utf-8")
    write(run, "judge", "whole")
    assert [path.name for path in (run.path / "judge_tables").iterdir()] == ["one.yaml"]


def test_a_step_can_be_recorded_as_it_is_now(run: RunFolder) -> None:
    (run.path / "tabulate.txt").write_text("with an override", encoding="utf-8")
    assert "tabulate" not in done(run)
    run.recorded("tabulate")
    assert done(run) == list(STEPS[:4])
