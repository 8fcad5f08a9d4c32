"""More conversations than memory holds: those that moved last are at hand, the others are fetched.

Behaves as the ordered dictionary that it stands for, so that decisions do not depend on it.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, MutableMapping

from scoring.case import Case
from scoring.cold import Cold

Fetch = Callable[[str], Case]
"""The stored case of an id that is known to be stored."""


class Shelf(MutableMapping[str, Case]):
    """Cases by id, the one that was quiet for longest first; at most about `hot` are decoded.

    `order` are the ids that are stored already, in their order.
    """

    def __init__(self, fetch: Fetch, order: Iterable[str], hot: int) -> None:
        self._fetch = fetch
        self._cold = Cold()
        for case_id in order:
            self._cold.put(case_id, None)
        self._hot: OrderedDict[str, Case] = OrderedDict()
        self._most = hot
        self.deadlines = Deadlines(self._cold)
        """When each is to be looked at again (seconds); whoever drives the shelf says so."""

    @property
    def decoded(self) -> int:
        """How many are at hand."""
        return len(self._hot)

    def __getitem__(self, case_id: str) -> Case:
        """Fetched where it is not at hand; reading leaves it where it is."""
        found = self._hot.get(case_id)
        if found is not None:
            return found
        if case_id not in self._cold:
            raise KeyError(case_id)
        return self._fetch(case_id)

    def __setitem__(self, case_id: str, case: Case) -> None:
        """From now on at hand; a new one, or one that was not, comes last."""
        if case_id not in self._hot and case_id in self._cold:
            self.deadlines.warm(case_id)
        self._hot[case_id] = case

    def __delitem__(self, case_id: str) -> None:
        """Forgets it."""
        if case_id in self._hot:
            del self._hot[case_id]
        else:
            self.deadlines.warm(case_id)

    def __contains__(self, case_id: object) -> bool:
        """Without fetching it."""
        return case_id in self._hot or (isinstance(case_id, str) and case_id in self._cold)

    def __iter__(self) -> Iterator[str]:
        """Ids in order."""
        yield from self._cold
        yield from self._hot

    def __len__(self) -> int:
        """All of them."""
        return len(self._cold) + len(self._hot)

    def move_to_end(self, case_id: str) -> None:
        """As the one that moved last."""
        if case_id not in self._hot:
            self[case_id] = self[case_id]
        self._hot.move_to_end(case_id)

    def trim(self, unstored: Collection[str] = ()) -> None:
        """Lets go of those that moved first, if there are too many; `unstored` ones stay."""
        while len(self._hot) > self._most:
            case_id = next(iter(self._hot))
            if case_id in unstored:
                return
            del self._hot[case_id]
            self.deadlines.cool(case_id)


class Deadlines(MutableMapping[str, float]):
    """Deadlines by id, packed with the ids of what is `cold`."""

    def __init__(self, cold: Cold) -> None:
        self._cold = cold
        self._hot: dict[str, float] = {}

    def warm(self, case_id: str) -> None:
        """The id is cold no more. Raises KeyError."""
        due = self._cold.take(case_id)
        if due is not None:
            self._hot[case_id] = due

    def cool(self, case_id: str) -> None:
        """The id is cold from now on."""
        self._cold.put(case_id, self._hot.pop(case_id, None))

    def __getitem__(self, case_id: str) -> float:
        """Raises KeyError where there is none."""
        due = self._hot.get(case_id)
        if due is None:
            due = self._cold.due(case_id)
        if due is None:
            raise KeyError(case_id)
        return due

    def __setitem__(self, case_id: str, due: float) -> None:
        """Of an id that is cold, or not."""
        if case_id not in self._hot and case_id in self._cold:
            self._cold.set_due(case_id, due)
        else:
            self._hot[case_id] = due

    def __delitem__(self, case_id: str) -> None:
        """Raises KeyError where there is none."""
        if case_id in self._hot:
            del self._hot[case_id]
        else:
            self._cold.set_due(case_id, None)

    def __iter__(self) -> Iterator[str]:
        """In no order."""
        yield from self._hot
        yield from (case_id for case_id, _ in self._cold.with_deadlines())

    def __len__(self) -> int:
        """All of them."""
        return len(self._hot) + self._cold.deadlines
