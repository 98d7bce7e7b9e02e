"""A month after a table's review: the quote warns and still answers."""

import pytest

from service.prices.quote import quote
from tests.doors.test_cases import TARIFF, TODAY


@pytest.mark.parametrize(("month", "warned"), [("2027-06", False), ("2027-07", True)])
def test_a_quote_warns_after_the_review(month: str, warned: bool) -> None:
    row = {"platform": "didi", "region": "110000", "occupation": "ride_hailing_driver", "orders": 300}
    request = {"month": month, "worker": "w_overdue1", "usage": [row], "schemes": ["pilot_per_order"]}
    (scheme,) = quote(request, TARIFF, TODAY)["schemes"]
    assert scheme["premium_fen"] == 300
    assert ("review_overdue" in {warning["code"] for warning in scheme["warnings"]}) == warned
