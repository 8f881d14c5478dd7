"""SIGTERM that waits until what is under way is in order."""

import os
import signal
import threading

from docker_tor.common import sigterm


def test_it_calls_and_then_does_what_it_would_have_done():
    done, stopped = [], threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: done.append("as ever"))
    try:
        with sigterm.deferred(stopped.set):
            os.kill(os.getpid(), signal.SIGTERM)
            assert stopped.wait(10)
            assert done == []
        assert done == ["as ever"]
        with sigterm.deferred(lambda: done.append("called")):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        assert done == ["as ever"] * 2
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_thread_that_may_not_have_it_so_has_it_as_ever():
    before, seen = signal.getsignal(signal.SIGTERM), []

    def run():
        with sigterm.deferred(lambda: seen.append("called")):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert seen == [before]
