"""A value that is worked out once per object, and read from its dictionary ever after."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class once(Generic[Value]):  # noqa: N801 - read as a decorator, like `property`
    """`functools.cached_property` without the lock that it takes before Python 3.12."""

    def __init__(self, work_out: Callable[[Any], Value]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, held: None, owner: type) -> "once[Value]": ...
    @overload
    def __get__(self, held: object, owner: type) -> Value: ...
    def __get__(self, held: object | None, owner: type) -> "Value | once[Value]":
        if held is None:
            return self
        value = held.__dict__[self._name] = self._work_out(held)
        return value
