"""The start: what is read, what is refused, and that no refusal repeats a value."""

from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings, SettingsRefused, load, secret_fields

SECRET = "hunter2-" + "canary-value"
SID = "AC" + "0" * 32


def refusal(**given: str) -> str:
    with pytest.raises(SettingsRefused) as refused:
        load({PREFIX + name: value for name, value in given.items()}, dotenv=None)
    chain: BaseException | None = refused.value
    while chain is not None:
        assert SECRET not in f"{chain!r} {chain}"
        chain = chain.__cause__ or chain.__context__
    return "\n".join(refused.value.problems)


def test_an_empty_environment_is_a_sqlite_instance_on_this_machine():
    settings = load({}, dotenv=None)
    assert settings.database_url.get_secret_value() == "sqlite+aiosqlite:///data/stillon.db"
    assert settings.public_url == "http://localhost:8080"
    assert settings.twilio_api_base == "https://api.twilio.com"
    assert (settings.settle_seconds, settings.lease_seconds, settings.http_timeout_seconds) == (30, 12, 8)


def test_settings_cannot_be_changed_after_the_start():
    with pytest.raises(ValueError, match="frozen"):
        load({}, dotenv=None).port = 1  # type: ignore[misc]  # that it is refused is the point


def test_an_unknown_name_is_refused_with_the_nearest_known_one():
    said = refusal(DATABSE_URL=SECRET)
    assert said == "STILLON_DATABSE_URL is not a setting; did you mean STILLON_DATABASE_URL?"


def test_a_name_like_no_other_is_refused_without_a_guess():
    assert refusal(ZZZ="1") == "STILLON_ZZZ is not a setting"


def test_names_of_other_programs_are_not_our_business():
    assert load({"PATH": "/bin", "STILL": "x"}, dotenv=None) == load({}, dotenv=None)


@pytest.mark.parametrize(
    "given",
    [
        {"DATABASE_URL": f"mysql://u:{SECRET}@host/db"},
        {"DATABASE_URL": SECRET},
        {"DATABASE_URL": "sqlite://"},
        {"PUBLIC_URL": f"http://{SECRET}.example"},
        {"PUBLIC_URL": f"https://me:{SECRET}@stillon.example"},
        {"PUBLIC_URL": f"https://stillon.example/{SECRET}"},
        {"PUBLIC_URL": "https://"},
        {"TWILIO_API_BASE": "http://api.twilio.com"},
        {"PORT": SECRET},
        {"PORT": "0"},
        {"PORT": "65536"},
        {"LOG_LEVEL": SECRET},
        {"TWILIO_ACCOUNT_SID": SECRET},
        {"TWILIO_AUTH_TOKEN": "short"},
        {"TWILIO_MESSAGING_SERVICE_SID": SECRET},
        {"SMTP_URL": f"http://{SECRET}"},
        {"SMTP_FROM": SECRET},
        {"ALERT_EMAIL": SECRET},
        {"HTTP_TIMEOUT_SECONDS": "nan"},
        {"HTTP_TIMEOUT_SECONDS": "0"},
        {"LEASE_SECONDS": "-1"},
        {"SETTLE_SECONDS": SECRET},
        {"DEMO_SECRET": "short"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_value_that_does_not_fit_is_refused_by_name_and_expectation_only(given):
    name = next(iter(given))
    said = refusal(**given)
    assert said == f"STILLON_{name}: expected {Settings.model_fields[name.lower()].description}"


def test_several_mistakes_are_named_at_once():
    said = refusal(PORT="none", LOG_LEVEL="LOUD")
    assert "STILLON_PORT" in said
    assert "STILLON_LOG_LEVEL" in said


def test_every_field_says_what_is_expected():
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SETTLE_SECONDS": "12.9"}, "STILLON_SETTLE_SECONDS: expected at least"),
        ({"HTTP_TIMEOUT_SECONDS": "26"}, "STILLON_SETTLE_SECONDS: expected at least"),
        ({"HTTP_TIMEOUT_SECONDS": "8", "LEASE_SECONDS": "8"}, "STILLON_HTTP_TIMEOUT_SECONDS: expected less than"),
        ({"TWILIO_ACCOUNT_SID": SID}, "expected both or neither"),
        ({"TWILIO_AUTH_TOKEN": SECRET}, "expected both or neither"),
        ({"TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32}, "only together with STILLON_TWILIO_ACCOUNT_SID"),
        ({"SMTP_URL": f"smtps://u:{SECRET}@mail.example"}, "expected both or neither"),
        ({"SMTP_FROM": "desk@practice.example"}, "expected both or neither"),
        ({"ALERT_EMAIL": "desk@practice.example"}, "only together with STILLON_SMTP_URL"),
        ({"DEMO_SECRET": SECRET, "PUBLIC_URL": "https://stillon.example"}, "STILLON_DEMO_SECRET: expected only on"),
    ],
)
def test_values_that_do_not_fit_together_are_refused(given, words):
    assert words in refusal(**given)


def test_the_smallest_safe_settle_time_is_accepted():
    settings = load({"STILLON_SETTLE_SECONDS": "13"}, dotenv=None)
    assert settings.settle_seconds == settings.http_timeout_seconds + 5


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("sqlite+aiosqlite:////var/a.db", "sqlite+aiosqlite:////var/a.db"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u:p@h/d?host=/run", "postgresql+asyncpg://u:p@h/d?host=/run"),
    ],
)
def test_database_addresses_get_the_driver_we_use(given, driver):
    assert load({"STILLON_DATABASE_URL": given}, dotenv=None).database_url.get_secret_value() == driver


def test_an_empty_value_counts_as_absent():
    assert load({"STILLON_PORT": "", "STILLON_TWILIO_ACCOUNT_SID": ""}, dotenv=None).port == 8080


def test_secrets_can_be_files(tmp_path: Path):
    token = tmp_path / "token"
    token.write_text(SECRET + "\n")
    settings = load(
        {"STILLON_TWILIO_ACCOUNT_SID": SID, "STILLON_TWILIO_AUTH_TOKEN_FILE": str(token)},
        dotenv=None,
    )
    assert settings.twilio_auth_token is not None
    assert settings.twilio_auth_token.get_secret_value() == SECRET


def test_exactly_the_secrets_can_be_files():
    secrets = {"database_url", "twilio_auth_token", "smtp_url", "demo_secret", "alarm_webhook", "heartbeat_url"}
    assert secret_fields() == secrets
    assert "STILLON_PORT_FILE is not a setting" in refusal(PORT_FILE="/dev/null")


def test_a_secret_given_twice_is_refused(tmp_path: Path):
    said = refusal(TWILIO_AUTH_TOKEN=SECRET, TWILIO_AUTH_TOKEN_FILE=str(tmp_path))
    assert said == "STILLON_TWILIO_AUTH_TOKEN and STILLON_TWILIO_AUTH_TOKEN_FILE: expected only one of the two"


def test_a_secret_file_that_is_not_there_is_refused(tmp_path: Path):
    said = refusal(TWILIO_AUTH_TOKEN_FILE=str(tmp_path / SECRET))
    assert said == "STILLON_TWILIO_AUTH_TOKEN_FILE: expected the path of a text file that this user may read"


def test_the_environment_wins_over_the_env_file(tmp_path: Path):
    lines = tmp_path / ".env"
    lines.write_text("STILLON_PORT=9001\nSTILLON_HOST=0.0.0.0\nOTHER=1\n")
    settings = load({"STILLON_PORT": "9002"}, dotenv=lines)
    assert (settings.port, settings.host) == (9002, "0.0.0.0")


def test_unknown_names_in_the_env_file_are_refused_too(tmp_path: Path):
    lines = tmp_path / ".env"
    lines.write_text("STILLON_POTR=9001\n")
    with pytest.raises(SettingsRefused, match="did you mean STILLON_PORT"):
        load({}, dotenv=lines)


def test_a_dollar_sign_in_the_env_file_is_just_a_dollar_sign(tmp_path: Path):
    lines = tmp_path / ".env"
    lines.write_text(f"STILLON_TWILIO_ACCOUNT_SID={SID}\nSTILLON_TWILIO_AUTH_TOKEN=pa${{HOME}}ss\n")
    settings = load({}, dotenv=lines)
    assert settings.twilio_auth_token is not None
    assert settings.twilio_auth_token.get_secret_value() == "pa${HOME}ss"


def test_printed_settings_show_no_secret():
    settings = load({"STILLON_DATABASE_URL": f"postgresql://u:{SECRET}@h/d"}, dotenv=None)
    assert SECRET not in f"{settings!r} {settings}"
