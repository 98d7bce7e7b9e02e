"""Every code that a problem of the service may have, by the status that it is sent with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pricing.words import sentences

# A test keeps it equal to what the code raises. Refusals of rows are no problems: they stand in an answer.
PROBLEMS: Mapping[int, tuple[str, ...]] = {
    400: (
        *("request_malformed", "address_unreadable", "header_twice", "idempotency_key_malformed"),
        *("json_unreadable", "duplicate_json_key", "body_not_utf8", "text_unreadable", "text_broken", "csv_unreadable"),
        *("form_unreadable", "form_cut"),
    ),
    401: ("key_missing", "key_not_valid", "metrics_token_wrong"),
    403: ("not_permitted", "platform_not_yours", "metrics_for_this_machine"),
    404: ("not_found", "address_unknown", "table_unknown"),
    405: ("method_not_allowed",),
    406: ("not_acceptable",),
    408: ("body_too_slow", "body_below_rate"),
    409: ("idempotency_in_flight", "levy_not_done", "levy_failed"),
    410: ("quote_erased",),
    413: (
        "body_too_large",
        "batch_too_long",
        "too_many_values",
    ),
    414: ("address_too_long",),
    415: ("encoding_not_taken", "media_type_not_taken"),
    417: ("expectation_failed",),
    422: (
        *("batch_empty", "no_declarations", "worker_not_valid", "unknown_key"),
        *("unknown_column", "missing_field", "not_a_list", "not_an_object", "nested_too_deeply", "too_many_members"),
        "cell_too_long",
        *("request_month", "request_date", "request_value", "region_not_known", "no_usage", "one_worker", "one_quote"),
        *("register_value", "register_overlap", "too_many_register_rows", "scheme_not_declared"),
        *("query_unknown", "query_twice"),
        *("limit_not_valid", "cursor_not_valid", "cursor_lapsed", "idempotency_key_reused", "quote_tariff_gone"),
        *("levy_demonstration", "levy_overdue"),
        *("month_not_over", "known_on_ahead"),
        *("empty_file", "form_parts", "form_part_unknown", "form_part_twice", "form_text_long"),
    ),
    429: ("rate_exceeded", "too_many_levies", "too_many_uploads", "too_many_quotes"),
    431: ("head_too_large",),
    500: ("internal_error",),
    503: (
        "tariff_not_available",
        "store_not_available",
        *("upload_not_kept", "levy_files_changed"),
        *("checks_wait", "check_too_slow", "check_broken_off"),
        "seal_broken",
        "too_much_in_flight",
    ),
}


def problem_codes(lang: str) -> list[dict[str, Any]]:
    """Status, code and sentence of every problem; names in braces are filled in."""
    words = sentences(lang)
    return [
        {"status": status, "code": code, "message": words[code]} for status, codes in PROBLEMS.items() for code in codes
    ]
