"""The accounts file: several accounts of one vendor, each with a name and the vendor's variables.

    [[accounts]]
    name = "eu"
    vendor = "DODO"
    DODO_PAYMENTS_API_KEY = { file = "/run/secrets/dodo-eu" }
    DODO_PAYMENTS_ENVIRONMENT = "live_mode"

The value of a variable is a text, the name of a variable of the environment, or a file. What is not
in the table of an account is not set for it: it takes nothing from the variables of the vendor.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from groupgate.configuration.model import Misconfigured, SourcedText
from groupgate.configuration.sources import UnusableError, read_file_value, read_text
from groupgate.domain.refs import NamedAccount, ProviderKey, parse_account

SETTING: Final = "GROUPGATE_ACCOUNTS"

_ACCOUNTS: Final = "accounts"
_NAME: Final = "name"
_VENDOR: Final = "vendor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account: its key, and its variables by name."""

    key: NamedAccount
    variables: Mapping[str, SourcedText]


def read_accounts(
    file: Path,
    environ: Mapping[str, str],
    vendor_variables: Mapping[ProviderKey, Collection[str]],
) -> tuple[Account, ...]:
    """Return the accounts in a TOML file, in its order.

    `environ` has the variables that `{ env = "…" }` names; `vendor_variables`, the names that an
    account of each vendor may set. Raises Misconfigured with the first thing that cannot work.
    """
    try:
        return tuple(_parse(file, environ, vendor_variables).values())
    except UnusableError as error:
        raise Misconfigured(f"{SETTING}: {file} {error}.") from None


def _parse(
    file: Path,
    environ: Mapping[str, str],
    vendor_variables: Mapping[ProviderKey, Collection[str]],
) -> dict[NamedAccount, Account]:
    accounts: dict[NamedAccount, Account] = {}
    for number, table in enumerate(_tables(file), start=1):
        key = _key(number, table)
        if key in accounts:
            raise UnusableError(f"has two accounts {key.account} of {key.vendor.value}")
        known = vendor_variables[key.vendor]
        accounts[key] = Account(key=key, variables=_variables(file, key, table, known, environ))
    return accounts


def _tables(file: Path) -> list[dict[str, object]]:
    try:
        content = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UnusableError(f"is not TOML: {error}") from None
    tables = content.pop(_ACCOUNTS, None)
    if content:
        raise UnusableError(f"has {next(iter(content))}, but only tables [[accounts]] are allowed")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UnusableError("must have a table [[accounts]] for each account")
    return tables


def _key(number: int, table: Mapping[str, object]) -> NamedAccount:
    vendor, name = table.get(_VENDOR), table.get(_NAME)
    if not isinstance(vendor, str) or vendor not in ProviderKey.__members__:
        keys = ", ".join(key.value for key in ProviderKey)
        raise UnusableError(f"has no vendor in account {number}: set it to one of {keys}")
    key = parse_account(f"{vendor}/{name}") if isinstance(name, str) else None
    if not isinstance(key, NamedAccount):
        raise UnusableError(
            f"has no name in account {number}: set it to 1 to 64 letters, digits, dots, dashes or "
            "underscores, of which the first is a letter or a digit"
        )
    return key


def _variables(
    file: Path,
    key: NamedAccount,
    table: Mapping[str, object],
    known: Collection[str],
    environ: Mapping[str, str],
) -> dict[str, SourcedText]:
    where = f"the account {key.account} of {key.vendor.value}"
    variables = {}
    for name, given in table.items():
        if name in {_NAME, _VENDOR}:
            continue
        if name not in known:
            nearest = get_close_matches(name.upper(), sorted(known), 1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise UnusableError(f"has {name}, which no account can have, in {where}{hint}")
        value = _value(file, f"{name} of {where}", given, environ)
        variables[name] = SourcedText(value, f"{file}, {where}")
    return variables


def _value(file: Path, name: str, given: object, environ: Mapping[str, str]) -> str:
    match given:
        case str():
            return given
        case {"env": str(variable), **rest} if not rest:
            if not environ.get(variable):
                raise UnusableError(f"has {name} from {variable}, which is not set")
            return environ[variable]
        case {"file": str(path), **rest} if not rest:
            return read_file_value(file.parent / path)
        case _:
            raise UnusableError(
                f"has {name} as something else than a text, "
                '{ env = "the name of a variable" } or { file = "a path" }'
            )
