"""All settings, with variable, default and description. They are read from the environment alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta, Struct

from domain.core.case_number import AREA, AREA_PATTERN

PREFIX = "COUNTERSIGN_"
TEST_PREFIX = "COUNTERSIGN_TEST_"  # read by the tests alone
COMMANDS_WAITING_MAX = 10_000  # a third of a second of work at the measured 30,000 commands a second
STALE_DAYS = 10  # two working weeks
MATERIAL_BYTES_MAX = 100 * 1024 * 1024  # a scanned set of drawings
CONNECTIONS_MAX = 10  # per process: the embedded server takes 100, and six processes should fit


class LogFormat(StrEnum):
    """The format of log lines; `auto` is console on a terminal, else json."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SettingRefusedError(Exception):
    """A variable has an invalid value. The message names the variable; *code* is stable."""

    code = "setting"


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of an installation, made by `Settings.of(environment)`. The defaults suit a single machine."""

    data: Annotated[
        Path,
        Meta(
            description="The folder of the embedded PostgreSQL, on a local disk. Default: /var/lib/countersign for "
            "root, else countersign in $XDG_DATA_HOME or ~/.local/share."
        ),
    ]
    database_url: Annotated[
        str,
        Meta(
            description="Address of a PostgreSQL server, 15 or newer, that takes the place of the embedded one: "
            "postgresql://user:password@host/database."
        ),
    ] = ""
    host: Annotated[str, Meta(description="Address to listen on; 0.0.0.0 for all.", min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port to listen on.", ge=1, le=65_535)] = 8000
    allowed_hosts: Annotated[
        str,
        Meta(
            description="Names this server is reached by beside its own addresses, separated by commas, such as "
            "approvals.example.org: a request for any other Host is refused.",
            pattern=r"^[A-Za-z0-9._:\[\], -]*$",
        ),
    ] = ""
    queue_max: Annotated[
        int,
        Meta(description="Commands that may wait for the disk in one process; more are answered 503, try again.", ge=1),
    ] = COMMANDS_WAITING_MAX
    connections_max: Annotated[
        int,
        Meta(
            description="Database connections of one process for reads, at most; commands have three more.",
            ge=2,
            le=1000,
        ),
    ] = CONNECTIONS_MAX
    stale_days: Annotated[
        int,
        Meta(
            description="Days after which a result from a department outside the system is stale unless verified.",
            ge=1,
            le=10_000,
        ),
    ] = STALE_DAYS
    area: Annotated[
        str,
        Meta(
            description="The area whose case numbers are given, as in BDA2026-004217-2: 2 to 6 capital letters.",
            pattern=AREA_PATTERN,
        ),
    ] = AREA
    materials: Annotated[
        str,
        Meta(
            description="Where uploaded files are kept: a local folder, or s3://bucket/prefix with the AWS_ variables. "
            "Default: materials in COUNTERSIGN_DATA."
        ),
    ] = ""
    materials_bytes_max: Annotated[int, Meta(description="Bytes an uploaded file may have.", ge=1, le=2**31 - 1)] = (
        MATERIAL_BYTES_MAX
    )
    log: Annotated[
        LogFormat,
        Meta(description="Log lines as console or json; auto: console on a terminal, json elsewhere."),
    ] = LogFormat.AUTO
    log_level: Annotated[
        LogLevel, Meta(description="Least severe log lines to write: debug, info, warning or error.")
    ] = LogLevel.INFO

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings in *environment*; an empty variable counts as absent. Raises SettingRefusedError."""
        texts = {name: environment.get(variable(name), "") for name in cls.__struct_fields__}
        chosen = {"data": str(default_data(environment))} | {name: text for name, text in texts.items() if text}
        try:
            return msgspec.convert(chosen, cls, strict=False, dec_hook=_folder)
        except msgspec.ValidationError as failure:
            field = next(name for name in reversed(cls.__struct_fields__) if f"`$.{name}`" in str(failure))
            sentence = str(failure).removesuffix(f" - at `$.{field}`")
            raise SettingRefusedError(
                f"{variable(field)} is invalid: {sentence}. It should be: {help_of(field)}"
            ) from failure

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names in COUNTERSIGN_ALLOWED_HOSTS, in lower case."""
        return tuple(name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip())

    def __repr__(self) -> str:
        """Without the password, so that settings may be logged."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        shown["database_url"] = without_password(self.database_url)
        return f"Settings({', '.join(f'{name}={str(value)!r}' for name, value in shown.items())})"


class Described(Struct, frozen=True):
    """A setting as documentation and `countersign doctor` show it."""

    variable: str
    default: str
    help: str


def described() -> list[Described]:
    """All settings, in the order of Settings; a default that depends on the machine is shown empty."""
    return [
        Described(variable(field.name), "" if field.required else str(field.default), help_of(field.name))
        for field in msgspec.structs.fields(Settings)
    ]


def help_of(name: str) -> str:
    """What the setting *name* is for."""
    hint = get_type_hints(Settings, include_extras=True)[name]
    return next(meta.description or "" for meta in hint.__metadata__ if isinstance(meta, Meta))


def variable(name: str) -> str:
    """The environment variable of the setting *name*."""
    return "DATABASE_URL" if name == "database_url" else f"{PREFIX}{name.upper()}"


def unknown(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Variables with our prefix that are no setting, probably misspelt."""
    ours = {variable(name) for name in Settings.__struct_fields__}
    return sorted(
        name
        for name in environment
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and name not in ours
    )


def without_password(url: str) -> str:
    """*url* with the password masked, for messages and logs; accepts both forms of libpq's connection strings."""
    hidden = re.sub(r"(?<=://)([^:@/?#]*):.*@", r"\1:***@", url)
    return re.sub(r"(password\s*=\s*)('[^']*'|[^&\s]*)", r"\1***", hidden)


def default_data(environment: Mapping[str, str]) -> Path:
    """The data folder, unless COUNTERSIGN_DATA is set."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/countersign")
    return Path(environment.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "countersign"


def _folder(kind: type, text: Any) -> Path:
    if kind is not Path:
        raise NotImplementedError(kind)
    return Path(text).expanduser()
