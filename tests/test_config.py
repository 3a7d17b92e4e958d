"""Settings: defaults that work, and one line about what does not."""

import pytest

from app.config import ConfigurationError, Settings, load_settings, setting_rows


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()

    assert settings.database_url == "sqlite:///case-timeline.sqlite"
    assert settings.public_url == ""


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("DATABASE_URL", "mysql://u:pw@h/d", "must begin with sqlite:/// or postgresql://."),
        ("MAX_BODY_BYTES", "many", "input should be a valid integer, unable to parse string as an integer."),
        ("MAX_QUERY_BYTES", "1", "input should be greater than or equal to 256."),
        (
            "PUBLIC_URL",
            "timeline.example",
            "must be empty, or like https://timeline.example.org, with neither ? nor #.",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, line: str
) -> None:
    monkeypatch.setenv(f"CASE_TIMELINE_{variable}", value)

    with pytest.raises(ConfigurationError) as caught:
        load_settings()

    assert str(caught.value) == f"CASE_TIMELINE_{variable}: {line}"


def test_a_password_in_an_address_is_not_shown() -> None:
    assert "pw" not in repr(
        Settings(database_url="postgresql://u:pw@h/d", read_database_url="postgresql://u:pw@r/d")
    )


def test_every_setting_says_why_it_is_there() -> None:
    assert all(row.description.endswith(".") and "\n" not in row.description for row in setting_rows())
