"""The secret of the tests' services, and the key that it seals the audit log with."""

from service.auth.keyring import Keyring

SECRET = b"a secret of the tests, long enough to be one"
CHAIN = Keyring.of(SECRET).chaining
