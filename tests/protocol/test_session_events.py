from typing import cast

import pytest

from wardscribe_protocol.messages import ClientControl, Finalize, Tail
from wardscribe_protocol.session_events import FinalizeRequested, control_event


def test_a_control_becomes_the_event_of_its_kind() -> None:
    assert control_event(Finalize(seq=1, at_sample=3)) == FinalizeRequested(3, 1)


def test_a_message_that_is_no_control_is_a_bug_here() -> None:
    with pytest.raises(AssertionError):
        control_event(cast("ClientControl", Tail(text="")))
