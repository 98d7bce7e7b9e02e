"""Long requests: they hold up nobody who asks for one price, and their memory is bounded in a batch as well."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from pricing.enrolment import Enrolled, since
from pricing.errors import CODE
from pricing.tariff import Tariff
from service.clock import today
from service.prices.batch import MOST_WEIGHT as MOST_OF_SLICE
from service.prices.batch import Batch
from service.prices.desk import MOST_WEIGHT, Desk
from service.prices.quote import quote
from service.prices.quote_request import Request
from service.prices.together import Ready
from service.running import Running
from tests.service.serving import QUOTE, settings

Json = dict[str, Any]
TARIFF = Tariff.load()
HOST: Json = json.loads((Path(__file__).parents[2] / "service" / "examples" / "host.json").read_bytes())


def of_rows(rows: int) -> Json:
    """A request of so many rows."""
    return {**QUOTE, "usage": [{**QUOTE["usage"][0], "contractor": f"agency_{row}"} for row in range(rows)]}


def read(request: Json) -> Request:
    return Request.of(request, TARIFF, today(), "en")


def test_a_slice_of_a_batch_has_few_rows_however_long_its_requests_are() -> None:
    sent = [of_rows(rows) for rows in (600, 500, MOST_OF_SLICE + 5, 3, 4)]
    slices = list(Batch(TARIFF, today(), "en").answers(enumerate(sent)))
    assert [[item["row"] for item in items] for items in slices] == [[0, 1], [2], [3, 4]]
    expected = [{"row": row, **quote(request, TARIFF, today())} for row, request in enumerate(sent)]
    assert [item for items in slices for item in items] == expected


def test_those_who_wait_at_the_desk_are_priced_in_turns_of_few_rows() -> None:
    ready = [Ready.of(read(of_rows(rows)), TARIFF) for rows in (MOST_WEIGHT // 2, MOST_WEIGHT // 2, MOST_WEIGHT, 1)]
    turns: list[int] = []

    async def together() -> list[Json]:
        desk, turn = Desk(), 0
        waiting = [asyncio.ensure_future(desk.answer(one)) for one in ready]
        for one in waiting:
            one.add_done_callback(lambda _: turns.append(turn))
        while len(turns) < len(ready):
            turn += 1
            await asyncio.sleep(0)
        return [one.result() for one in waiting]

    assert asyncio.run(together()) == [quote(of_rows(len(one.request.records)), TARIFF, today()) for one in ready]
    assert turns[0] == turns[1] < turns[2] < turns[3]


def test_a_long_request_is_priced_beside_the_loop(tmp_path: Path) -> None:
    running = Running.start(settings(tmp_path))
    tariff = running.tariffs.now().tariff
    short, long = (Request.of(of_rows(rows), tariff, today(), "en") for rows in (MOST_WEIGHT, MOST_WEIGHT + 1))

    async def asked() -> None:
        of_short = await running.priced(short, tariff, "picc")  # the edition is there now
        async with running.turns.of("cpic"):  # whose batch is made
            waits = asyncio.create_task(running.priced(long, tariff, "picc"))
            assert await running.priced(short, tariff, "picc") == of_short
            assert not waits.done()
        assert await waits == quote(of_rows(MOST_WEIGHT + 1), tariff, today())

    try:
        asyncio.run(asked())
    finally:
        running.close()


def test_a_refused_history_is_looked_through_once_however_many_rows_there_are() -> None:
    months = [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(2025 * 12 + 9 - 398, 2025 * 12 + 10)]
    options = HOST["enrolment"]["income_interruption"]
    several = [
        {**options, "from_month": month, "to_month": month, "waiting_days": 180 - place % 2 * 90}
        for place, month in enumerate(months)
    ]
    usage = [{**HOST["usage"][0], "contractor": f"agency_{row}", "live_min": 7, "desk_min": 3} for row in range(400)]
    enrolment = {"group": HOST["enrolment"]["group"], "income_interruption": several}
    request = {**HOST, "covers": ["income_interruption"], "usage": usage, "enrolment": enrolment, "history": {}}
    began = time.process_time()
    [cover] = quote(request, TARIFF, today())["covers"]
    assert time.process_time() - began < 3  # for each row anew it took ten
    assert {one["code"] for one in cover["refusals"]} == {cover["refusal"]["code"]}
    assert cover["refusal"]["code"] in ("history_missing", "history_too_short")
    assert len(cover["refusals"]) == len(usage)


def test_a_cover_that_was_renewed_very_often_began_with_the_first_enrolment() -> None:
    months, refused = np.arange(24_000, 25_200), np.zeros(1_200, dtype=np.int64)
    found = Enrolled(np.arange(1_200), months, months, {}, refused)
    assert since(found, 1_199) == 24_000
    refused[700] = CODE["option_missing"]
    assert since(found, 1_199) == 24_701
