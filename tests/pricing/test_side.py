"""Rows of a side file by worker."""

from hypothesis import given
from hypothesis import strategies as st

from pricing.side import Table

WORKERS = st.sampled_from(["w_1", "w_2", "w_10", "", None, 7])


@given(st.lists(WORKERS, max_size=12))
def test_the_rows_of_a_worker_are_those_that_name_it_in_their_order(workers: list[object]) -> None:
    table = Table.of([{"worker": worker, "month": "2025-01"} for worker in workers])
    for asked in ("w_1", "w_2", "w_10", "w_none"):
        assert table.rows_of(asked).tolist() == [row for row, worker in enumerate(workers) if worker == asked]


def test_a_file_without_workers_has_rows_of_none() -> None:
    assert Table.of([]).rows_of("w_1").tolist() == []
    assert Table.of([{"month": "2025-01"}]).rows_of("w_1").tolist() == []
