"""Jobs at the same time, bounded in number and in time."""

import threading

from docker_tor.common import parallel


def test_an_error_ends_its_own_job_only_and_the_order_stays():
    def fails():
        yield "before"
        raise ZeroDivisionError

    told = parallel.run([fails, lambda: [1, 2], list, lambda: iter("x")], seconds=60)
    assert [one.items for one in told] == [["before"], [1, 2], [], ["x"]]
    assert [type(one.error) for one in told] == [ZeroDivisionError, *[type(None)] * 3]
    assert all(one.over for one in told)
    assert parallel.run([], seconds=60) == []


def test_one_that_hangs_hides_nothing_of_the_others_nor_of_itself():
    release, begun, told, calls = threading.Event(), threading.Event(), threading.Event(), []

    def hangs():
        yield "so far"
        told.wait(60)
        begun.set()
        release.wait(60)
        yield "too late"

    def quick():
        yield "well"
        told.set()

    def clock():
        # The deadline passes once both have said what they will.
        calls.append(1)
        return 1000.0 if len(calls) > 1 and begun.wait(60) else 0.0

    first, second = parallel.run([hangs, quick], seconds=500, clock=clock)
    release.set()
    assert (first.items, first.over) == (["so far"], False)
    assert second.items == ["well"]


def test_what_has_not_begun_at_the_deadline_never_does():
    release, begun = threading.Event(), []

    def hangs():
        release.wait(60)
        return []

    told = parallel.run([hangs, lambda: begun.append(1) or []], seconds=0.01, workers=1)
    release.set()
    assert [one.over for one in told] == [False, False]
    for thread in threading.enumerate():
        if thread.daemon and "work" in thread.name:
            thread.join(10)
    assert begun == []
