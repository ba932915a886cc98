"""Words that must not be seen."""


class Secret:
    """A password or token. Printed, logged or formatted it is `***`; only `reveal` tells it."""

    __slots__ = ("_hidden",)

    def __init__(self, hidden: str) -> None:
        self._hidden = hidden

    def reveal(self) -> str:
        """The secret itself, for the one place where it goes out."""
        return self._hidden

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._hidden == other._hidden

    def __hash__(self) -> int:
        return hash(self._hidden)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written down")
