"""A portfolio scored by tables, against a plain evaluation that reads the YAML itself, row by row in whole numbers."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from models.curve import Curve
from models.design import Bands, Coding, FactorSpec, Levels
from models.tables import Tables
from pricing.errors import InputError
from training.batches import BATCH
from training.published import Frame, Published, write_tables
from training.score import Scored, score
from training.scored_file import whole_file

ROWS = 700
AREAS = ("north", "south", "west", "07")
FRAME = Frame("2026-01", "2026-01-01", "drawn", "synthetic", unseen="west")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of table that a plan can leave: of one, two and three factors, a curve, a severity."""
    rng = np.random.default_rng(3)
    age = Bands(FactorSpec("age"), np.array([18.0, 25, 33.5, 60]), missing=True, unseen=False, base_code=1)
    value = Bands(FactorSpec("value"), np.array([0.0, 0.1, 10, 1e3, 1e6]), missing=False, unseen=False, base_code=0)
    area = Levels(FactorSpec("area", "categorical"), AREAS, 3, missing=True, unseen=False, base_code=0)
    km = Bands(FactorSpec("km", shape="curve"), np.array([0.0, 9000]), missing=False, unseen=False, base_code=0)
    coding = Coding((area, age, value, km))
    mains = {i: rng.normal(0, 0.5, size) for i, size in enumerate(coding.sizes[:3])}
    levels = {(0, 1): (np.array([0, 1, 1, 0, 0]), np.array([0, 0, 1, 2, 1])), (1,): (np.array([0, 1, 1, 2, 3]),)}
    pairs = {(0, 1): rng.normal(0, 0.3, (2, 3)), (1, 2): rng.normal(0, 0.3, (coding.sizes[1], 5))}
    triples = {(0, 1, 2): rng.normal(0, 0.1, coding.sizes[:3])}
    mains[1] = rng.normal(0, 0.5, 4)
    frequency = Tables(coding.sizes, math.log(0.37), mains, pairs, triples, levels)
    severity = Tables(coding.sizes, math.log(812.5), {0: rng.normal(0, 0.2, coding.sizes[0])})
    curve = Curve(np.array([1000, 7000, 39_999]), np.array([0.3, 1.07, 2.2]), missing=0.9)
    one = Published("accident", ("years", "heads"), coding, frequency, {3: curve}, (coding, severity))
    folder = tmp_path_factory.mktemp("drawn") / "tables"
    write_tables(folder, [one], FRAME)
    return folder


def rows(many: int = ROWS) -> pd.DataFrame:
    """Values on the edges of bands, beyond them and missing; a level that training never saw."""
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "area": rng.choice([*AREAS, "moon", None], many),
            "age": rng.choice([17, 18, 24.999, 25, 33.5, 59, 60, 99, np.nan, np.inf], many),
            "value": rng.choice([-1.0, 0, 0.1, 0.05, 10, 5e2, 1e3, 1e9], many),
            "km": rng.choice([0.0, 1000, 1001, 6999, 7000.4, 7000.5, 39_999, 1e8, np.nan], many),
            "years": rng.uniform(0, 1, many).round(6),
            "heads": rng.integers(1, 4, many).astype(float),
        }
    )


def plain(folder: Path, frame: pd.DataFrame) -> list[tuple[float, float]]:
    """Counts and amounts of each row by the YAML: the worded order, in whole ppm, half up at each step."""
    read = {p.relative_to(folder).with_suffix("").as_posix(): yaml.safe_load(p.read_text("utf-8")) for p in
            folder.rglob("*.yaml")}  # fmt: skip
    peril, factors = read["perils"]["perils"]["accident"], read["factors"]["factors"]
    return [one_row(read, peril, factors, row) for row in frame.to_dict("records")]


def one_row(read: Any, peril: Any, factors: Any, row: Any) -> tuple[float, float]:
    ratios = []
    for part in (peril["frequency"], peril["severity"]):
        ratio = 10**6
        for one in part["relativities"]:
            ratio = (ratio * relativity(read[one["table"]]["entries"][0], one, factors, row) + 500_000) // 10**6
        ratios.append(ratio)
    base, cost = (read[peril[part]["base"]]["entries"][0]["value"] for part in ("frequency", "severity"))
    counts = row["years"] * row["heads"] * (base / 10**12) * (ratios[0] / 10**6)
    return counts, counts * (cost / 1000 * (ratios[1] / 10**6))


def relativity(entry: Any, one: Any, factors: Any, row: Any) -> int:
    """A relativity in ppm: of a curve between its knots, of a table under its nested levels."""
    if "curve" in entry:
        value = row[one["of"][0]]
        if not math.isfinite(value):
            return int(one["missing_ppm"])
        knots = entry["curve"]
        x = min(max(round(value), knots[0][0]), knots[-1][0])
        (x0, y0), (x1, y1) = next((a, b) for a, b in pairwise(knots) if x <= b[0])
        return int((2 * (y0 * (x1 - x0) + (y1 - y0) * (x - x0)) + (x1 - x0)) // (2 * (x1 - x0)))
    node = {key: value for key, value in entry.items() if key.startswith("by_")}
    for name in one["of"]:
        [node] = node.values() if list(node) == [f"by_{name}"] else [node]
        node = node[level(factors[name], row)]
    return int(node)


def level(factor: Any, row: Any) -> str:
    value = row[factor["column"]]
    if value is None or value != value or value == math.inf:
        return str(factor["missing"])
    if "groups" in factor:
        return str(factor["groups"].get(value, factor["unseen"]))
    passed = [label for start, label in zip(factor["starts"], factor["levels"], strict=False) if float(start) <= value]
    return str(passed[-1] if passed else factor["levels"][0])


def silent(step: str, rows: int) -> None:
    """No progress is shown."""


def scored(tables: Path, data: list[Path], out: Path) -> tuple[Scored, pd.DataFrame]:
    done = score(tables, data, out, silent)
    return done, pd.read_parquet(out) if out.suffix == ".parquet" else pd.read_csv(out)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_every_row_is_the_plain_evaluation_to_the_last_digit(tables: Path, tmp_path: Path, kind: str) -> None:
    frame = rows()
    expected = plain(tables, frame)
    data = [tmp_path / f"{part}.{kind}" for part in ("one", "two")]
    for path, part in zip(data, (frame[:300], frame[300:]), strict=True):
        if kind == "csv":
            part.to_csv(path, index=False)
        else:
            part.to_parquet(path)
    done, found = scored(tables, data, tmp_path / "out.parquet")
    assert found["row"].tolist() == list(range(ROWS))
    assert found["expected_counts_accident"].tolist() == [counts for counts, _ in expected]
    assert found["expected_amounts_accident"].tolist() == [amounts for _, amounts in expected]
    assert done.amounts["accident"] == pytest.approx(sum(amounts for _, amounts in expected))
    assert len({counts for counts, _ in expected}) > ROWS / 2


def test_batches_stand_in_the_order_of_the_rows(tables: Path, tmp_path: Path) -> None:
    frame = rows(9 * BATCH + 77)  # more than are read ahead
    frame.to_parquet(tmp_path / "many.parquet", row_group_size=50_000)
    done, found = scored(tables, [tmp_path / "many.parquet"], tmp_path / "out.parquet")
    assert done.rows == len(frame) == len(found)
    assert found["row"].tolist() == list(range(len(frame)))
    some = np.random.default_rng(5).choice(len(frame), 200, replace=False)
    expected = [counts for counts, _ in plain(tables, frame.iloc[some])]
    assert found["expected_counts_accident"].to_numpy()[some].tolist() == expected


def test_csv_and_parquet_results_say_the_same(tables: Path, tmp_path: Path) -> None:
    rows().to_parquet(tmp_path / "rows.parquet")
    _, one = scored(tables, [tmp_path / "rows.parquet"], tmp_path / "out.parquet")
    _, other = scored(tables, [tmp_path / "rows.parquet"], tmp_path / "out.csv")
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_categories_and_whole_numbers_are_read_by_their_names(tables: Path, tmp_path: Path) -> None:
    frame = rows()
    frame.loc[frame["age"] == np.inf, "age"] = np.nan
    frame.to_parquet(tmp_path / "plain.parquet")
    typed = frame.assign(area=frame["area"].astype("category"), heads=frame["heads"].astype("int8"))
    typed.to_parquet(tmp_path / "typed.parquet")
    _, one = scored(tables, [tmp_path / "plain.parquet"], tmp_path / "one.parquet")
    _, other = scored(tables, [tmp_path / "typed.parquet"], tmp_path / "other.parquet")
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_a_row_without_exposure_has_no_figures_and_is_counted(tables: Path, tmp_path: Path) -> None:
    frame = rows(6)
    frame["years"] = [0.5, np.nan, -1.0, 0.0, np.inf, 0.25]
    frame.to_parquet(tmp_path / "rows.parquet")
    done, _ = scored(tables, [tmp_path / "rows.parquet"], tmp_path / "out.parquet")
    empty = pq.read_table(tmp_path / "out.parquet")["expected_counts_accident"].is_null().to_pylist()
    assert empty == [False, True, True, False, True, False]
    assert done.without == {"accident": 3}


def refused(tables: Path, data: list[Path], out: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        score(tables, data, out, silent)
    assert not out.exists()
    assert list(out.parent.glob(".*.part")) == []
    return caught.value


def test_what_cannot_be_scored_is_refused_by_name_and_leaves_no_file(tables: Path, tmp_path: Path) -> None:
    frame, out = rows(), tmp_path / "out.parquet"
    frame.assign(value=np.where(np.arange(ROWS) == 41, np.nan, frame["value"])).to_parquet(tmp_path / "empty.parquet")
    error = refused(tables, [tmp_path / "empty.parquet"], out)
    assert (error.code, error.place) == ("level_without_table", "row 41")
    assert "value = ''" in error.message("en")
    lacking = frame.assign(value=np.where(np.arange(ROWS) % 100 == 41, np.nan, frame["value"]))
    lacking.to_parquet(tmp_path / "empty.parquet")
    several = refused(tables, [tmp_path / "empty.parquet", tmp_path / "empty.parquet"], out)
    assert (several.place, several.values["rows"]) == ("row 41", "14")
    frame.drop(columns=["value", "heads"]).to_parquet(tmp_path / "narrow.parquet")
    error = refused(tables, [tmp_path / "narrow.parquet"], out)
    assert (error.code, error.values["column"]) == ("column_missing", "heads, value")
    frame.assign(age="old").to_csv(tmp_path / "words.csv", index=False)
    assert refused(tables, [tmp_path / "words.csv"], out).code == "portfolio_unreadable"
    frame.head(0).to_parquet(tmp_path / "none.parquet")
    assert refused(tables, [tmp_path / "none.parquet"], out).code == "portfolio_empty"
    assert refused(tables, [tmp_path / "gone.parquet"], out).code == "file_not_found"
    (tmp_path / "rows.txt").write_text("age")
    assert refused(tables, [tmp_path / "rows.txt"], out).code == "portfolio_file_kind"


def begun(out: Path) -> None:
    """A run that ends in an error after the first million rows."""
    with whole_file(out) as write:
        write(pa.RecordBatch.from_pydict({"row": np.arange(1_000_000)}))
        assert len(list(out.parent.iterdir())) == 1
        raise KeyError(out)


def test_a_file_that_was_begun_is_taken_away(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        begun(tmp_path / "out.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_chinese_csv_in_the_older_encoding(tables: Path, tmp_path: Path) -> None:
    frame = rows().assign(note="骑手")
    frame.to_csv(tmp_path / "new.csv", index=False, encoding="utf-8-sig")
    frame.to_csv(tmp_path / "old.csv", index=False, encoding="gb18030")
    _, one = scored(tables, [tmp_path / "new.csv"], tmp_path / "one.parquet")
    _, other = scored(tables, [tmp_path / "old.csv"], tmp_path / "other.parquet")
    pd.testing.assert_frame_equal(one, other, check_exact=True)
