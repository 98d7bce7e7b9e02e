"""Settings of a service: each from its flag, its variable or its default; what is wrong is refused by name."""

import base64
import random
import secrets
import stat
from pathlib import Path

import pytest

from pricing.errors import InputError
from service.month.asked import Asked
from service.month.check import MonthCheck
from service.month.run import RunSettings
from service.secret import check_strength
from service.serving import is_loopback
from service.serving_found import DEFAULT, ENVIRONMENT, FILE, FLAG, MADE, SETTINGS, found, shown_url
from tests.service.serving import serving_of

GOOD = secrets.token_urlsafe(48)


def codes(environ: dict[str, str], **options: object) -> list[tuple[str, str]]:
    """What is wrong, by place and code."""
    return [(error.place, error.code) for error in found(environ, options).wrong]


def test_a_flag_goes_before_the_environment_and_that_before_the_default(tmp_path: Path) -> None:
    environ = {"LICHENG_HOME": str(tmp_path), "LICHENG_PORT": "8001", "LICHENG_QUOTE_DAYS": "7"}
    given = found(environ, {"port": 8002, "host": None}).given
    assert [(given[name].value, given[name].source) for name in ("port", "quote_days", "host")] == [
        (8002, FLAG),
        (7, ENVIRONMENT),
        ("127.0.0.1", DEFAULT),
    ]


def test_every_setting_of_the_environment_arrives_where_the_service_reads_it(tmp_path: Path) -> None:
    numbers = {
        one.variable: str(int(one.default) - 1) for one in SETTINGS if one.default.isdecimal() and one.default != "1"
    }
    texts = {"LICHENG_HOST": "::1", "LICHENG_LANG": "zh", "LICHENG_LOG_LEVEL": "error", "LICHENG_RUNS": "2"}
    more = {"LICHENG_METRICS_TOKEN": GOOD, "LICHENG_PROXIES": "10.0.0.0/8, ::1", "LICHENG_HOME": str(tmp_path)}
    named = {**numbers, **texts, **more}
    serving = serving_of(named)
    assert len(numbers) >= 8
    for variable, text in named.items():
        value = getattr(serving, variable.removeprefix("LICHENG_").lower())
        assert str(value) == text.replace(", ", ","), variable


@pytest.mark.parametrize(
    ("variable", "text", "code"),
    [
        ("LICHENG_PORT", "80a", "setting_number"),
        ("LICHENG_PORT", "65536", "setting_number"),
        ("LICHENG_PORT", "-1", "setting_number"),
        ("LICHENG_PORT", "８０", "setting_number"),
        ("LICHENG_MOST_ROWS", "0", "setting_number"),
        ("LICHENG_MOST_ROWS", "9" * 400, "setting_number"),
        ("LICHENG_LANG", "fr", "setting_choice"),
        ("LICHENG_LOG_LEVEL", "debug", "setting_choice"),
        ("LICHENG_PROXIES", "proxy.example", "setting_address"),
        ("LICHENG_METRICS_TOKEN", "short", "setting_token"),
        ("LICHENG_METRICS_TOKEN", "long enough, with spaces", "setting_token"),
        ("LICHENG_SECRET", "short", "secret_too_short"),
        ("LICHENG_DATABASE_URL", "mysql://host/db", "database_unknown"),
        ("LICHENG_DEMO", "yes", "setting_unknown"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(
    tmp_path: Path, variable: str, text: str, code: str
) -> None:
    environ = {"LICHENG_HOME": str(tmp_path), "LICHENG_SECRET": GOOD, variable: text}
    assert codes(environ) == [(variable, code)]


def test_a_mistyped_variable_is_refused_and_the_likely_one_named(tmp_path: Path) -> None:
    [error] = found({"LICHENG_HOME": str(tmp_path), "LICHENG_SECERT_FILE": "x"}, {}).wrong
    assert (error.code, error.place) == ("setting_unknown", "LICHENG_SECERT_FILE")
    assert "LICHENG_SECRET_FILE" in error.message("en")
    assert "LICHENG_SECRET_FILE" in error.message("zh")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    environ = {"LICHENG_PORT": "x", "LICHENG_LANG": "x", "LICHENG_X": "x", "LICHENG_SECRET": "x"}
    assert [code for _, code in codes({**environ, "LICHENG_HOME": str(tmp_path)})] == [
        "setting_unknown",
        "setting_number",
        "setting_choice",
        "secret_too_short",
    ]


def test_the_embedded_default_makes_a_secret_once_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    assert found({"LICHENG_HOME": str(home)}, {}).given["secret"].source == MADE
    assert not home.exists(), "to look makes nothing"
    first = serving_of({"LICHENG_HOME": str(home)})
    again = found({"LICHENG_HOME": str(home)}, {})
    assert stat.S_IMODE((home / "secret").stat().st_mode) == 0o600
    assert (again.given["secret"].value, again.given["secret"].source) == (first.secret, FILE)
    assert [path.name for path in home.iterdir()] == ["secret"]
    check_strength(first.secret, "")


def test_a_service_on_postgresql_is_given_its_secret(tmp_path: Path) -> None:
    environ = {"LICHENG_HOME": str(tmp_path), "LICHENG_DATABASE_URL": "postgresql://db/licheng"}
    with pytest.raises(InputError) as caught:
        serving_of(environ)
    assert caught.value.code == "secret_missing"
    assert list(tmp_path.iterdir()) == []
    assert serving_of({**environ, "LICHENG_SECRET": GOOD}).secret == GOOD.encode()


def test_a_secret_file_is_read_without_its_line_feed_and_must_be_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(GOOD + "\n")
    environ = {"LICHENG_HOME": str(tmp_path), "LICHENG_SECRET_FILE": str(file)}
    for mode, wrong in (
        (0o600, []),
        (0o440, []),
        (0o644, ["secret_open_to_others"]),
        (0o620, ["secret_open_to_others"]),
    ):
        file.chmod(mode)
        assert [code for _, code in codes(environ)] == wrong, oct(mode)
    file.chmod(0o600)
    assert found(environ, {}).given["secret"].value == GOOD.encode()
    assert [code for _, code in codes({**environ, "LICHENG_SECRET": GOOD})] == ["secret_named_twice"]
    assert [code for _, code in codes({**environ, "LICHENG_SECRET_FILE": str(tmp_path / "none")})] == [
        "secret_unreadable"
    ]


def test_a_secret_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError) as caught:
        serving_of({"LICHENG_HOME": str(tmp_path / "file" / "home")})
    assert caught.value.code in ("secret_not_made", "secret_unreadable")


WEAK = [
    "x" * 64,
    "ab" * 32,
    "correct horse" * 5,
    "0123456789abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "changeme-changeme-please-password-secret",
    "licheng-default-secret-for-testing-only!",
    "1111111111222222222233333333334444444444",
]


@pytest.mark.parametrize("text", WEAK)
def test_a_secret_that_can_be_guessed_is_refused(text: str) -> None:
    assert len(text) >= 32
    with pytest.raises(InputError) as caught:
        check_strength(text.encode(), "LICHENG_SECRET")
    assert caught.value.code == "secret_weak"
    assert text not in caught.value.message("en")


def test_random_secrets_are_never_taken_for_weak() -> None:
    drawn = random.Random(2026)
    for _ in range(20_000):
        digits = drawn.randbytes(16).hex()
        if "123456" not in digits and "abcdef" not in digits:  # of the least length, so a known word is one too many
            check_strength(digits.encode(), "")
        check_strength(base64.urlsafe_b64encode(drawn.randbytes(48)), "")
        check_strength(drawn.randbytes(32), "")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://licheng:hunter2@db:5433/licheng",
        "postgresql://licheng:hun/ter2@db/licheng",
        "postgresql://licheng:hunter2@[::1/licheng",
        "postgresql://db/licheng?user=licheng&password=hunter2",
    ],
)
def test_a_database_is_shown_without_its_password(url: str) -> None:
    shown = shown_url(url)
    assert shown.startswith("postgresql")
    assert not any(word in shown for word in ("hunter2", "ter2", "licheng:"))


def test_secrets_are_in_no_representation(tmp_path: Path) -> None:
    environ = {"LICHENG_HOME": str(tmp_path), "LICHENG_SECRET": GOOD, "LICHENG_METRICS_TOKEN": "m" + GOOD}
    environ["LICHENG_DATABASE_URL"] = "postgresql://licheng:hunter2@db/licheng"
    shown = [(one.variable, one.shown) for one in found(environ, {}).given.values()]
    serving = serving_of(environ)
    check = MonthCheck(Asked("2025-08", "2025-09-01", (), (), False, ""), tmp_path, tmp_path, "x", serving.secret, 1)
    handed = (serving, RunSettings.of(serving, "a run"), check)
    assert GOOD.encode() in {one.secret for one in handed}
    assert not any(secret in repr((handed, shown)) for secret in (GOOD, "hunter2"))


def test_loopback_is_told_by_address_not_by_name() -> None:
    near = ["127.0.0.1", "127.8.9.1", "::1", "localhost"]
    far = ["0.0.0.0", "::", "10.0.0.1", "192.0.2.7", "service.example", "localhost.example", "", "1270.0.0.1"]
    assert [host for host in near + far if is_loopback(host)] == near
