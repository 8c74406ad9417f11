"""The ledger against a ten-line oracle, and each of its facts by itself."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from destination_keen.ledger import Ledger, Share


def send(ledger: Ledger, stream: str = "users"):
    share = ledger.share(stream)
    share.sent += 1
    return share


def deliver(share: Share) -> None:
    share.delivered += 1


def test_a_state_without_records_leaves_at_once():
    ledger = Ledger()
    ledger.close(b"s1")
    assert ledger.release() == [b"s1"]
    assert ledger.release() == []


def test_a_state_waits_for_every_record_before_it():
    ledger = Ledger()
    first, second = send(ledger), send(ledger, "orders")
    ledger.close(b"s1")
    assert ledger.release() == []
    deliver(second)
    assert ledger.release() == []
    deliver(first)
    assert ledger.release() == [b"s1"]


def test_a_state_does_not_wait_for_records_after_it():
    ledger = Ledger()
    deliver(send(ledger))
    ledger.close(b"s1")
    send(ledger)
    assert ledger.release() == [b"s1"]
    assert ledger.in_flight == 1


def test_a_settled_state_waits_for_the_state_before_it():
    ledger = Ledger()
    late = send(ledger)
    ledger.close(b"s1")
    deliver(send(ledger))
    ledger.close(b"s2")
    assert ledger.release() == []
    deliver(late)
    assert ledger.release() == [b"s1", b"s2"]


def test_records_after_the_last_state_are_in_flight_until_delivered():
    ledger = Ledger()
    ledger.close(b"s1")
    share = send(ledger)
    assert ledger.in_flight == 1
    deliver(share)
    assert ledger.in_flight == 0


def test_delivered_records_are_counted_by_stream_before_and_after_release():
    ledger = Ledger()
    deliver(send(ledger))
    ledger.close(b"s1")
    ledger.release()
    deliver(send(ledger))
    send(ledger, "orders")
    assert ledger.delivered() == {"users": 2, "orders": 0}


def test_waiting_states_are_counted_and_measured():
    ledger = Ledger()
    share = send(ledger)
    ledger.close(b"12345")
    ledger.close(b"678")
    assert (ledger.waiting_states, ledger.waiting_bytes) == (2, 8)
    deliver(share)
    ledger.release()
    assert (ledger.waiting_states, ledger.waiting_bytes) == (0, 0)


class LedgerMachine(RuleBasedStateMachine):
    """Any order of sending, delivering and closing releases what the oracle says: the longest run of states
    of which every record sent before them is delivered.
    """

    def __init__(self):
        super().__init__()
        self.ledger = Ledger()
        self.log: list[list] = []  # what came, in order: ["record", is delivered, share] or ["state", line]
        self.released: list[bytes] = []

    def oracle(self) -> list[bytes]:
        states = []
        for entry in self.log:
            if entry[0] == "state":
                states.append(entry[1])
            elif not entry[1]:
                break
        return states

    @rule(stream=st.sampled_from("abc"))
    def send(self, stream):
        self.log.append(["record", False, send(self.ledger, stream)])

    @rule()
    def close(self):
        line = b"state %d" % len(self.log)
        self.log.append(["state", line])
        self.ledger.close(line)

    @rule(data=st.data())
    def deliver(self, data):
        waiting = [entry for entry in self.log if entry[0] == "record" and not entry[1]]
        if waiting:
            entry = data.draw(st.sampled_from(waiting))
            entry[1] = True
            deliver(entry[2])

    @rule()
    def release(self):
        self.released += self.ledger.release()
        assert self.released == self.oracle()

    @invariant()
    def never_released_early(self):
        assert self.released == self.oracle()[: len(self.released)]

    @invariant()
    def counts_agree(self):
        records = [entry for entry in self.log if entry[0] == "record"]
        delivered = sum(entry[1] for entry in records)
        assert self.ledger.in_flight == len(records) - delivered
        assert sum(self.ledger.delivered().values()) == delivered


LedgerMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
TestLedgerMachine = LedgerMachine.TestCase
