"""What the page of notices says of an address that waits for its code."""

from datetime import UTC, datetime, timedelta

import pytest

from kem.notifications.v1 import mail_service_pb2 as rpc
from services.console.entrypoints.pages.mail_states import state_words


def _notice(state: "rpc.MailState.ValueType", code_lasts: timedelta | None) -> rpc.MailNotice:
    notice = rpc.MailNotice(state=state)
    if code_lasts is not None:
        notice.code_end_time.FromDatetime(datetime.now(UTC) + code_lasts)
    return notice


@pytest.mark.parametrize(
    ("state", "code_lasts", "said"),
    [
        (rpc.MAIL_STATE_UNCONFIRMED, timedelta(hours=1), "Waits for the code"),
        (rpc.MAIL_STATE_UNCONFIRMED, timedelta(hours=-1), "The code counts no more"),
        (rpc.MAIL_STATE_UNCONFIRMED, None, "The code counts no more"),
        (rpc.MAIL_STATE_FAILING, timedelta(hours=1), "The last mail was not taken; it is tried again"),
        (rpc.MAIL_STATE_FAILING, timedelta(hours=-1), "The code counts no more"),
        (rpc.MAIL_STATE_FAILING, None, "The last mail was not taken; it is tried again"),
        (rpc.MAIL_STATE_ACTIVE, None, "Mails go there"),
        (rpc.MAIL_STATE_GIVEN_UP, timedelta(hours=-1), "No mail was taken for days: set it anew"),
    ],
)
def test_a_code_that_ran_out_is_not_waited_for(
    state: "rpc.MailState.ValueType", code_lasts: timedelta | None, said: str
) -> None:
    assert state_words(_notice(state, code_lasts), str)[0] == said
