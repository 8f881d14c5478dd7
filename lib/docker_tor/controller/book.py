"""The ledger as the sensor goes by it: read when it takes the lease, kept up as it dispatches, and
written before and after."""

from typing import Callable, Collection, Dict, FrozenSet, Iterator, List, Mapping, Set

from ..common.datastore import Store
from ..desired import last_applied, segments
from ..desired.last_applied import Ledger, RefusalKey
from ..desired.segments import Change, Key, Segment
from ..engine.networks import Network, Refusal


class Book:
    """What has been dispatched. Not thread-safe. The store raises what it likes."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self.segments: Dict[Key, Segment] = {}
        self._store = store
        self._clock = clock
        self._told: Set[RefusalKey] = set()
        self._passed: Set[RefusalKey] = set()
        self._retired: Dict[Key, float] = {}
        self._changed = False

    def load(self) -> None:
        """Read what another sensor, or another life of this one, has written. Raises ValueError."""
        known = last_applied.load(self._store.get())
        self.segments, self._told = dict(known.segments), set(known.refused)
        self._passed = set(known.passed)
        # What a sensor was dispatching when it died may have been dispatched.
        unknown = dict.fromkeys(known.pending - set(known.segments), self._clock())
        self._retired = {**known.retired, **unknown}

    def networks(self) -> Iterator[Network]:
        """Those of all segments."""
        for segment in self.segments.values():
            yield from segment.networks

    def remembered(self, engines: Collection[str], heard: Collection[str]) -> List[Network]:
        """The networks of engines that have not been heard, which still have what they had.

        So do those of engines that are not configured any more, until all `engines` have been
        heard: an engine that was only renamed must not lose its networks for a moment.
        """
        waiting = set(engines) - set(heard)
        return [
            network
            for network in self.networks()
            if network.engine in waiting or (waiting and network.engine not in engines)
        ]

    def untold(self, refusals: Collection[Refusal]) -> List[Refusal]:
        """The refusals that people have not been told of."""
        return [refusal for refusal in refusals if refusal.key not in self._told]

    def dispatched(self, change: Change) -> None:
        """Write down that this change was dispatched."""
        key = change.segment.key
        if change.action == segments.DESTROY:
            del self.segments[key]
            self._retired[key] = self._clock()
        else:
            self.segments[key] = change.segment
            self._retired.pop(key, None)
        self._changed = True

    def told(self, refusal: Refusal) -> None:
        """Write down that people were told of this refusal."""
        self._told.add(refusal.key)
        self._changed = True

    def note(
        self,
        desired: Mapping[Key, Segment],
        refusals: Collection[Refusal],
        passed: Mapping[str, FrozenSet[RefusalKey]],
        unheard: Collection[str],
    ) -> None:
        """Write down what calls for no trigger: networks that joined or left a segment, those that
        are passed over, by engine, and refusals whose cause has gone. Of `unheard` engines all
        stays."""
        for key, segment in desired.items():
            if self.segments[key] != segment:
                self.segments[key] = segment
                self._changed = True
        kept = {key for key in self._passed if key[0] in unheard}
        passed_now = kept.union(*passed.values())
        current = {refusal.key for refusal in refusals}
        told = {key for key in self._told if key in current or key[0] in unheard}
        if (passed_now, told) != (self._passed, self._told):
            self._passed, self._told = passed_now, told
            self._changed = True

    def save(self, pending: Collection[Key]) -> None:
        """Write it, with the segments that are about to be dispatched."""
        told, passed = frozenset(self._told), frozenset(self._passed)
        kept = Ledger(self.segments, told, frozenset(pending), dict(self._retired), passed)
        self._store.set(last_applied.dump(kept))
        self._changed = False

    def save_changes(self) -> None:
        """Write it if it is not what was written last."""
        if self._changed:
            self.save(())
