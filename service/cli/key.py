"""Commands on keys: who may ask the service for what, until when."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

import typer

from pricing.errors import InputError
from service.auth.roles import HOUSE, PLATFORM, ROLES
from service.cli.options import AsJson, Lang, print_json
from service.clock import SHANGHAI, now
from service.settings import language

key_app = typer.Typer(help="Keys of the service: made, listed, rotated, revoked.", no_args_is_help=True)
_SPAN = re.compile(r"([0-9]{1,5})(h|d)")
_HOUSE_TENANT = "operator"  # of those who run the service
_LONGEST_HOLDER = 200

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="The public part of a key, k_…, as `licheng key list`.")]
Expires = Annotated[
    str,
    typer.Option("--expires", help="After how long (90d, 12h), on which day (2027-01-31), or never. Default: 365d."),
]


@key_app.command("create")
def key_create(
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(ROLES)}.")],
    holder: Annotated[str, typer.Option(help="The person or system that is given the key.")],
    tenant: Annotated[str, typer.Option(help="Whose data an insurer's key opens: a name such as picc.")] = "",
    platform: Annotated[str, typer.Option(help="Of a platform's key: its slug, such as meituan.")] = "",
    expires: Expires = "365d",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Make a key; it is shown once and cannot be shown again, for only a hash of it is stored.

    A platform's key may send and see that platform's rows alone. Keys of one tenant see the same quotes.

    [bold]Examples[/bold]

      licheng key create --role insurer --tenant picc --holder "PICC quoting system"

      licheng key create --role platform --platform meituan --holder "Meituan settlement" --expires 90d

      licheng key create --role actuary --holder "Li Wei" --json
    """
    from service.cli.here import opened
    from service.store import keys
    from service.store.audit import OPERATOR
    from service.store.database import writing

    at = now()
    whose = (_role(role), _tenant(role, tenant, platform), _holder(holder))
    wanted = keys.Wanted(*whose, _expiry(expires, "--expires", at), at)
    with opened() as engine, writing(engine) as connection:
        token = keys.create(connection, wanted, OPERATOR)
        made = keys.find(connection, token.key_id)
    assert made is not None
    _show_made({"format": 1, "key": made.plain(now()), "token": token.text}, lang, as_json)


@key_app.command("list")
def key_list(lang: Lang = "", as_json: AsJson = False) -> None:
    """List every key with its role, whose data it opens, its holder, and whether it holds; never a secret.

    [bold]Example[/bold]

      licheng key list
    """
    from service.cli.here import looked_at
    from service.store import keys
    from service.store.database import reading

    with looked_at() as engine, reading(engine) as connection:
        shown = {"format": 1, "keys": [one.plain(now()) for one in keys.listed(connection)]}
    if as_json:
        print_json(shown)
    else:
        from service.terminal.keys import show_keys

        show_keys(shown, language(lang))


@key_app.command("rotate")
def key_rotate(
    key_id: KeyId,
    overlap: Annotated[str, typer.Option(help="How long the old key still holds: 24h, 7d, 0h.")] = "24h",
    expires: Annotated[
        str, typer.Option("--expires", help="As for `create`. Default: as long as the old one was made for.")
    ] = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Make a new key in place of one: same role, data, holder and term; the old one holds on for a while, then expires.

    [bold]Examples[/bold]

      licheng key rotate k_0123456789abcdef

      licheng key rotate k_0123456789abcdef --overlap 7d --expires 90d
    """
    from service.cli.here import changed
    from service.store import keys
    from service.store.audit import OPERATOR
    from service.store.database import writing

    ends = now() + _span(overlap, "--overlap")
    with changed() as engine, writing(engine) as connection:
        until = _expiry(expires, "--expires", now()) if expires else keys.as_long(connection, key_id)
        token = keys.rotate(connection, key_id, until, ends, OPERATOR)
        made, old = keys.find(connection, token.key_id), keys.find(connection, key_id)
    assert made is not None
    assert old is not None
    shown = {"format": 1, "key": made.plain(now()), "token": token.text, "replaced": old.plain(now())}
    _show_made(shown, lang, as_json)


@key_app.command("revoke")
def key_revoke(key_id: KeyId, lang: Lang = "", as_json: AsJson = False) -> None:
    """End a key at once; a running service stops taking it within a second.

    [bold]Example[/bold]

      licheng key revoke k_0123456789abcdef
    """
    from service.cli.here import changed
    from service.store import keys
    from service.store.audit import OPERATOR
    from service.store.database import writing

    with changed() as engine, writing(engine) as connection:
        shown = {"format": 1, "key": keys.revoke(connection, key_id, OPERATOR).plain(now())}
    if as_json:
        print_json(shown)
    else:
        from service.terminal.keys import show_revoked

        show_revoked(shown, language(lang))


def _show_made(shown: dict[str, Any], lang: str, as_json: bool) -> None:
    if as_json:
        print_json(shown)
    else:
        from service.terminal.keys import show_made

        show_made(shown, language(lang))


def _role(role: str) -> str:
    if role not in ROLES:
        raise InputError("request_value", "--role", key="role", value=role, known=", ".join(ROLES))
    return role


def _tenant(role: str, tenant: str, platform: str) -> str:
    """Whose data a key opens; InputError where the options do not say it for this role, or say it of another."""
    option, given, other = ("--platform", platform, tenant) if role == PLATFORM else ("--tenant", tenant, platform)
    if other:
        raise InputError("key_other_tenant", "--tenant" if role == PLATFORM else "--platform", role=role, option=option)
    if not given and role in HOUSE:
        return _HOUSE_TENANT
    if not given:
        raise InputError("key_without_tenant", option, role=role, option=option)
    from pricing.coding import SLUG

    if not SLUG.fullmatch(given):
        raise InputError("tenant_not_valid", option, value=given)
    return given


def _holder(holder: str) -> str:
    from service.releases.approval import person

    if not holder.strip() or len(holder) > _LONGEST_HOLDER:
        raise InputError("key_holder_missing", "--holder", most=_LONGEST_HOLDER)
    return person(holder, "--holder")


def _span(text: str, option: str) -> dt.timedelta:
    """A length of time in hours or days."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise InputError("key_span", option, value=text)
    return dt.timedelta(**{"hours" if found[2] == "h" else "days": int(found[1])})


def _expiry(text: str, option: str, at: dt.datetime) -> dt.datetime | None:
    """When a key made then expires: after a length of time, or at the end of a day in Asia/Shanghai; None: never."""
    if text == "never":
        return None
    if _SPAN.fullmatch(text):
        expires = at + _span(text, option)
    else:
        try:
            day = dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=SHANGHAI)
        except ValueError:
            raise InputError("key_expiry", option, value=text) from None
        expires = day + dt.timedelta(days=1)
    if expires <= at:
        raise InputError("key_expiry_past", option, value=text)
    return expires
