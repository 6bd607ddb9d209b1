"""All settings, with variable, default and description. They are read from the environment alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from domain.core.case_number import AREA, AREA_PATTERN
from infrastructure.errors import OperatorError

PREFIX = "COUNTERSIGN_"
SANDBOX_SUFFIX = "-sandbox"  # of a sandbox's data folder, beside the live one
TEST_PREFIX = "COUNTERSIGN_TEST_"  # read by the tests alone
COMMANDS_WAITING_MAX = 10_000  # a third of a second of work at the measured 30,000 commands a second
STALE_DAYS = 10  # two working weeks
UPLOADS_A_DAY = 10_000  # the papers of five hundred applications, by the system of a department
UPLOADS_A_DAY_MAX = 86_400_000  # a thousand a second
MATERIAL_BYTES_MAX = 100 * 1024 * 1024  # a scanned set of drawings
SESSION_IDLE_MINUTES, SESSION_HOURS = 30, 12  # a coffee break, and a working day
SECURITY_LOG_DAYS = 180  # the Cybersecurity Law of the PRC, Article 21, asks for six months
KEY_RATE = 100
VERIFY_HOURS = 24
NATS_URL_PATTERN = r"^((nats|tls)://[^\s,]+(,(nats|tls)://[^\s,]+)*)?$"
SECRETS = ("gateway_secret", "oidc_client_secret", "master_key", "master_key_next", "smtp", "nats_url")
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


class Gateway(StrEnum):
    """Whose word is taken for who sends a request, by the headers X-Actor, X-Department and X-Role.

    *open*: that of anyone who reaches the server; *closed*: no one's; *secret*: that of a gateway which sends the
    shared secret; *unix*: that of a gateway which connects by the Unix socket.
    """

    OPEN = "open"
    CLOSED = "closed"
    SECRET = "secret"  # noqa: S105 a mode, no password
    UNIX = "unix"


class SettingRefusedError(OperatorError):
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
    reader: Annotated[
        bool,
        Meta(
            description="Whether this server only reads: DATABASE_URL then names a standby, nothing is migrated, "
            "projected or watched here, and commands are answered 503: true or false."
        ),
    ] = False
    primary_url: Annotated[
        str,
        Meta(
            description="Of a reader: address of the server that takes changes, where sign-ins, uses of sessions and "
            "keys, rates and the security log are written. Empty: no one signs in here or tracks a case, and existing "
            "sessions are served."
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
    uploads_a_day: Annotated[
        int,
        Meta(
            description="Files that one person or program may upload in a day; 0: any number. Applicants at the public "
            "window may upload 200.",
            ge=0,
            le=UPLOADS_A_DAY_MAX,
        ),
    ] = UPLOADS_A_DAY
    clamd: Annotated[
        str,
        Meta(
            description="Where a clamd daemon checks uploaded files for malware: host:port, or the path of its Unix "
            "socket. Empty: files are not checked.",
            pattern=r"^(/.+|[A-Za-z0-9._:\[\]-]+:\d{1,5})?$",
        ),
    ] = ""
    keys: Annotated[
        str,
        Meta(
            description="Folder of the keys by which personal data is encrypted, never in the same backup as the data. "
            "Default: beside COUNTERSIGN_DATA, with -keys behind its name."
        ),
    ] = ""
    master_key: Annotated[
        str,
        Meta(
            description="Master key of personal data as 64 hexadecimal digits, where several servers share one "
            "database: it then holds the persons' keys, wrapped.",
            pattern=r"^([0-9a-f]{64})?$",
        ),
    ] = ""
    master_key_next: Annotated[
        str,
        Meta(
            description="The master key that is to follow COUNTERSIGN_MASTER_KEY, while `countersign "
            "replace-master-key` wraps the persons' keys by it; otherwise empty.",
            pattern=r"^([0-9a-f]{64})?$",
        ),
    ] = ""
    proof: Annotated[
        str,
        Meta(
            description="The folder of the transparency log: its signing keys, tiles, checkpoints and policy of "
            "witnesses; never in a backup of the data. Default: beside COUNTERSIGN_DATA, with -proof after its name."
        ),
    ] = ""
    tsa: Annotated[
        str,
        Meta(
            description="The address of a time stamp authority (RFC 3161), which stamps a checkpoint a day. The root "
            "certificates that it leads to are in tsa-roots.pem in COUNTERSIGN_PROOF.",
            pattern=r"^(https?://[^\s]+)?$",
        ),
    ] = ""
    public_url: Annotated[
        str,
        Meta(
            description="The address that people reach this server by, such as https://approvals.example.org: needed "
            "for sign-in by OpenID Connect and behind a proxy that speaks TLS.",
            pattern=r"^(https?://[A-Za-z0-9._:\[\]-]+)?$",
        ),
    ] = ""
    trusted_proxies: Annotated[
        str,
        Meta(
            description="Networks of proxies whose X-Forwarded-For and X-Forwarded-Proto count, separated by commas, "
            "such as 10.0.0.0/8.",
            pattern=r"^[0-9a-fA-F.:/, ]*$",
        ),
    ] = ""
    gateway: Annotated[
        Gateway,
        Meta(
            description="Whose headers X-Actor, X-Department and X-Role are believed: open (anyone who reaches the "
            "server), closed (sign-in and keys alone), secret or unix."
        ),
    ] = Gateway.CLOSED
    gateway_secret: Annotated[
        str,
        Meta(
            description="What a gateway sends in X-Gateway-Secret; 32 characters or more.", pattern=r"^([!-~]{32,})?$"
        ),
    ] = ""
    socket: Annotated[
        str, Meta(description="Path of a Unix socket to listen at, instead of COUNTERSIGN_HOST and COUNTERSIGN_PORT.")
    ] = ""
    oidc_issuer: Annotated[
        str, Meta(description="OpenID Connect provider that people sign in with; an https address.")
    ] = ""
    oidc_client_id: Annotated[str, Meta(description="What the provider calls this installation.")] = ""
    oidc_client_secret: Annotated[str, Meta(description="The client secret that the provider issued.")] = ""
    oidc_audience: Annotated[
        str, Meta(description="Audience of the provider's access tokens (RFC 9068); empty: none are accepted.")
    ] = ""
    session_idle_minutes: Annotated[
        int, Meta(description="Minutes after which an unused session ends.", ge=1, le=10_080)
    ] = SESSION_IDLE_MINUTES
    session_hours: Annotated[int, Meta(description="Hours after which any session ends.", ge=1, le=720)] = SESSION_HOURS
    security_log_days: Annotated[
        int, Meta(description="Days that entries of the security log stay; 180 at least.", ge=180, le=10_000)
    ] = SECURITY_LOG_DAYS
    key_rate: Annotated[
        int, Meta(description="Requests a second that one API key may send; twice as many at once.", ge=1, le=100_000)
    ] = KEY_RATE
    webhooks_private: Annotated[
        bool,
        Meta(
            description="Whether webhooks may go to addresses within a network, and there without TLS: true or false."
        ),
    ] = False
    nats_url: Annotated[
        str,
        Meta(
            description="NATS servers that `countersign publish` publishes to, separated by commas: "
            "nats://user:password@host:4222, or tls://host:4222 where TLS is spoken from the first byte. Needs "
            "countersign[nats].",
            pattern=NATS_URL_PATTERN,
        ),
    ] = ""
    nats_stream: Annotated[
        str,
        Meta(
            description="Stream that the events are published to, of this ledger alone. Default: countersign- and the "
            "area, such as countersign-BDA.",
            pattern=r"^[A-Za-z0-9_-]{0,64}$",
        ),
    ] = ""
    nats_credentials: Annotated[
        str, Meta(description="Credentials file for NATS, as nsc writes it (.creds), where there is no password.")
    ] = ""
    nats_ca: Annotated[
        str,
        Meta(
            description="PEM file of the certificates that those of the NATS servers lead to, where the machine's own "
            "do not have them."
        ),
    ] = ""
    verify_hours: Annotated[
        int,
        Meta(
            description="Hours between two verifications of the whole ledger by the server, which verifies new entries "
            "every minute; 0: the server verifies nothing.",
            ge=0,
            le=10_000,
        ),
    ] = VERIFY_HOURS
    smtp: Annotated[
        str,
        Meta(
            description="The SMTP server that messages are mailed by: smtp://host:port (with STARTTLS where it is "
            "offered) or smtps://user:password@host. Empty: no mail is sent.",
            pattern=r"^(smtps?://[^\s]+)?$",
        ),
    ] = ""
    mail_from: Annotated[
        str,
        Meta(
            description="The sender of mails, such as approvals@example.org; links in them begin with "
            "COUNTERSIGN_PUBLIC_URL.",
            pattern=r"^([^@\s]+@[^@\s]+)?$",
        ),
    ] = "countersign@localhost"
    platform_codes: Annotated[
        str,
        Meta(
            description="TOML file of codes that only the receiving platform knows, for the export of case records: "
            "tables constant, result_type, get_type and org_code."
        ),
    ] = ""
    access_log: Annotated[
        bool,
        Meta(
            description="Whether each request is logged: method, address without ids, status, milliseconds and kind of "
            "sender; no personal data. true or false."
        ),
    ] = False
    traces: Annotated[
        str,
        Meta(
            description="Address of an OpenTelemetry collector (OTLP over HTTP), such as http://127.0.0.1:4318: "
            "commands are traced from request to projection. Needs countersign[otel].",
            pattern=r"^(https?://[^\s]+)?$",
        ),
    ] = ""
    traces_share: Annotated[
        float, Meta(description="Share of requests that begin a trace, from 0 to 1.", ge=0.0, le=1.0)
    ] = 1.0
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
            if "matching regex" in sentence:  # which tells people less than what follows
                sentence = "it is not of the form that it has to be"
            raise SettingRefusedError(
                f"{variable(field)} is invalid: {sentence}. It should be: {help_of(field)}"
            ) from failure

    @property
    def proof_folder(self) -> Path:
        """The folder in COUNTERSIGN_PROOF, or the one beside the data."""
        return Path(self.proof).expanduser() if self.proof else self.data.with_name(f"{self.data.name}-proof")

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names in COUNTERSIGN_ALLOWED_HOSTS and in COUNTERSIGN_PUBLIC_URL, in lower case."""
        names = [name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip()]
        public = (urlsplit(self.public_url).hostname or "").lower()
        return tuple(names if not public or public in names else [*names, public])

    def __repr__(self) -> str:
        """Without passwords and secrets, so that settings may be logged."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        shown |= {name: "***" for name in SECRETS if shown[name]}
        shown |= {name: without_password(shown[name]) for name in ("database_url", "primary_url")}
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
