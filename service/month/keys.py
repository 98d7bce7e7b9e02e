"""How the workers of one sender are stored: ids by the service's secret, given ids sealed for that sender."""

from __future__ import annotations

from dataclasses import dataclass

from service.auth.keyring import Keyring


@dataclass(frozen=True, slots=True)
class SenderKeys:
    """The keyring as the engines ask for it. tenant: for whom given ids are sealed."""

    keyring: Keyring
    tenant: str

    def worker(self, given: str) -> str:
        """The id under which a worker is stored, the same for every sender."""
        return self.keyring.worker_key(given)

    def seal(self, text: str) -> str:
        """A text that only this sender is shown again."""
        return self.keyring.token(text, self.tenant)

    def open(self, sealed: str) -> str | None:
        """The text; None where another sender sealed it."""
        return self.keyring.text_of(sealed, self.tenant)
