"""Nothing leaves by a log that is not on the list."""

import json
import logging

import pytest
import structlog

from chassis.logs import LineFormatter, keep_allowed, places_of, set_up_logs

NAME = "Amina Marked-Name"


def line_of(record: logging.LogRecord) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(LineFormatter("referral").format(record))
    return parsed


def test_a_key_that_is_not_on_the_list_is_dropped() -> None:
    kept = keep_allowed(
        None, "", {"event": "offer_made", "offer_id": "1", "name": NAME, "beneficiary_id": "2"}
    )
    assert kept == {"event": "offer_made", "offer_id": "1"}


def test_a_librarys_record_keeps_its_template_and_loses_its_arguments() -> None:
    record = logging.LogRecord("asyncpg", logging.WARNING, "", 0, "row %s is odd", (NAME,), None)
    line = line_of(record)
    assert line["event"] == "row %s is odd"
    assert line["service"] == "referral"
    assert NAME not in json.dumps(line)


def test_an_exceptions_words_stay_in_the_process() -> None:
    try:
        raise ValueError(NAME)
    except ValueError as error:
        record = logging.LogRecord(
            "grpc", logging.ERROR, "", 0, "failed", (), (ValueError, error, error.__traceback__)
        )
        places = places_of(error)
    line = line_of(record)
    assert NAME not in json.dumps(line)
    assert "ValueError" in str(line["event"])
    assert places
    assert NAME not in json.dumps(places)


def test_our_own_lines_are_json_with_time_level_and_service(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        set_up_logs("referral", "INFO")
        structlog.get_logger("x").info(
            "relay_leads", count=3, name=NAME, error=ValueError(NAME).__class__.__name__
        )
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "relay_leads"
    assert line["count"] == 3
    assert line["level"] == "info"
    assert line["service"] == "referral"
    assert line["time"].endswith("Z")
    assert "name" not in line
