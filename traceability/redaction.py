"""Taking secrets out of what is shown or recorded: command lines, addresses, text of other people's records.

What is hidden becomes `***`. Three things make a secret: the name beside it (`password=`, `"apiKey":`, `--token`), its
place (user info of an address, a header, `mysql -p`), or a shape that only secrets have (`ghp_...`, a private key).
Redaction changes what is shown; whoever compares values compares them as they were recorded.

Only the standard library is imported, because the run-context plugin needs this too.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
import shlex
import unicodedata
from collections.abc import Sequence

HIDDEN = "***"

# Names -------------------------------------------------------------------------------------------------------------


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")
_STRONG = _set(
    "password passwords passwd passphrase passcode passwort kennwort senha contrasena wachtwoord parola secret secrets "
    "credential credentials creds apikey authorization mnemonic пароль 密码 密碼 パスワード 비밀번호"
)  # fmt: skip
#: A word written without a break that ends like this is as good as the ending itself.
_ENDINGS = re.compile(
    r".*(?:password|passwd|passphrase|secret|apikey|authkey|authtoken|accesstoken|apitoken|refreshtoken|bearertoken|"
    r"secretkey|accesskey|accountkey|privatekey|credentials?)"
)  # fmt: skip
#: What comes after such a word and makes it something about a secret instead of the secret.
_ABOUT = _set(
    "file files path paths dir name names policy length len min max count type types required env size dim id ids arn "
    "expiry expires timeout ttl field column manager store sharing rotation strength enabled url endpoint provider "
    "version scope scopes mode method kind format hint prompt attempts"
)  # fmt: skip
_TOKENS_OF_TEXT = _set(
    "pad padding eos bos sep unk mask cls class special image num max min n start end stop begin decoder forced per "
    "next first last prompt text audio video visual vision register query word subword time eot eod blank separator "
    "newline system user assistant bot observation action sentinel extra additional single every tool mean avg total "
    "target source input output context distillation distill dist boi eoi fim prefix suffix middle language lang pos "
    "speaker latent object patch region frame summary memory oov cur current each one by of"
)  # fmt: skip
_AFTER_TOKEN = _set(
    "prod production dev development test testing staging stage value val str string secret key old new backup main "
    "github gitlab hf huggingface slack api ci read write ro rw admin default env"
)  # fmt: skip
_KEYS = _set(
    "api access private account secret shared master encryption encrypt decryption decrypt signing sign ssh deploy "
    "service auth authentication license licence storage client app application admin function subscription consumer "
    "write ingestion instrumentation security fernet aes rsa hmac webhook session cookie jwt sas kms token openai "
    "anthropic claude cohere hf huggingface wandb comet neptune aws s3 azure gcp google gemini github gitlab slack "
    "stripe sendgrid twilio databricks mistral groq pinecone langchain langsmith replicate together deepgram serpapi "
    "tavily kaggle mailgun algolia datadog clearml dagshub roboflow openrouter elevenlabs weaviate qdrant"
)  # fmt: skip
_PASS_OF = _set(
    "db database user smtp mail email ftp sftp ssh sudo root admin mysql postgres postgresql pg redis mongo mongodb "
    "rabbitmq amqp proxy http basic login account imap ldap key store keystore truststore vault my the server service "
    "jdbc app web client host remote api"
)  # fmt: skip
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0501\u0261\u1d0f",
    "aeopcyxisdgo",
    "\u200b\u200c\u200d\u2060\ufeff\u00ad",
)
_NOTHING = re.compile(
    r"|none|null|nil|true|false|yes|no|undefined|\*+|\[?(?:redacted|hidden|masked)\]?|<[\w ./|-]*>|\$\w+"
    r"|\$\{[^{}]*\}?|\{\w*\}|\{\{[^{}]*\}\}|%\w+%",
    re.IGNORECASE,
)
#: Names of a secret only where the value looks like one.
_WEAK = (["key"], ["signature"], ["sig"], ["sas"])
_PLACE = re.compile(r"[/~.].*|[A-Za-z]:[\\/].*")
_COUNT = re.compile(r"[-+]?\d{1,6}(?:\.\d*)?")


@functools.lru_cache(maxsize=4096)
def secret_name(name: str) -> bool:
    """Whether something of this name (of a parameter, option, variable or key) is a secret whatever it looks like."""
    words = _words(name[:200]) or [""]
    last = words[-1]
    if any(_secret_at(words, place) for place in range(len(words))):
        return True
    if last in ("pass", "pw"):
        return len(words) == 1 or words[-2] in _PASS_OF
    if last in ("tokens", "keys"):
        return len(words) > 1 and words[-2] in ("api", "access", "auth", "refresh", "secret", "private", "bearer")
    return last in ("pwd", "auth", "bearer", "cookie", "cookies", "jwt", "pat", "otp") or words == [
        "mot",
        "de",
        "passe",
    ]


def _secret_at(words: Sequence[str], place: int) -> bool:
    """Whether the word at `place` makes the name that `words` are one of a secret."""
    word, before, after = words[place], words[place - 1] if place else "", words[place + 1 :]
    if word == "token":
        return before not in _TOKENS_OF_TEXT and (not after or after[0] in _AFTER_TOKEN)
    strong = word in _STRONG or _ENDINGS.fullmatch(word) is not None or (word == "key" and before in _KEYS)
    return strong and (not after or after[-1] not in _ABOUT)


def _words(name: str) -> list[str]:
    """The words of a name in snake, kebab, dotted or camel case, in small letters; digits at the end are dropped."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name).translate(_LOOK_ALIKES)
        name = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    words = [word.lower() for word in _WORDS.findall(name)]
    while words and words[-1].isdigit():
        words.pop()
    return words


def _hides(name: str, said: str) -> bool:
    """Whether the value `said` of something called `name` is to be hidden."""
    if _NOTHING.fullmatch(said.strip()):
        return False
    if name in ("PWD", "OLDPWD") and _PLACE.fullmatch(said):
        return False
    if secret_name(name):
        # A count of passes or a number of tokens is none; a password may be a number.
        return not (_words(name)[-1] in ("pass", "auth") and _COUNT.fullmatch(said))
    return _words(name[:200])[-1:] in _WEAK and _random(said)


def _random(said: str) -> bool:
    """Whether a text looks like nothing that a person would write: long, without blanks, letters and digits mixed."""
    return bool(re.fullmatch(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[\w+/=.%~-]{20,}", said)) and "/" not in said[:2]


# Shapes ------------------------------------------------------------------------------------------------------------

_PRIVATE = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}(?![0-9A-Z])"
    r"|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|gl(?:pat|ptt|dt|rt|cbt|soat|ft|agent|oas)-[\w.-]{16,}"
    r"|(?:hf|npm|gsk|r8|dop_v1|lsv2_\w\w|glsa|pcsk|lin_api|ntn|api_org|shpat|tfp|figd|dckr_pat)_[A-Za-z0-9]{16,}\w*"
    r"|sk-(?:[a-z]+[0-9]*-)*(?=[A-Za-z0-9_]*\d)[A-Za-z0-9_]{16,}[\w-]*|[srp]k_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|xox[abceoprs]-[A-Za-z0-9-]{10,}|xapp-[\w-]{16,}|xai-[A-Za-z0-9]{20,}|nvapi-[\w-]{20,}|pypi-[\w-]{32,}"
    r"|dapi[0-9a-f]{32}(?:-\d+)?|AIza[\w-]{30,}|ya29\.[\w.-]{16,}|GOCSPX-[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|hv[sb]\.[\w-]{20,}|tskey-[\w-]{16,}|PMAK-[\w-]{20,}|ATATT3[\w=-]{20,}|AGE-SECRET-KEY-1[0-9A-Z]{20,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{4,}(?:\.[\w-]*){0,3}|eyJ[\w-]{16,}\.[\w-]{8,}\.[\w-]{8,}"
    r"|\d{8,10}:AA[\w-]{30,}"
    r")"
)
_CRYPTS = re.compile(r"\$(?:2[aby]|apr1|[156]|argon2(?:id?|d))\$[\w./$=,+-]{16,}")
_HOOKS = re.compile(
    r"((?:hooks\.slack\.com/(?:services|workflows)|discord(?:app)?\.com/api/webhooks|webhook\.office\.com/webhookb2)/)"
    r"[^\s\"'<>]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer\s+)(?=[^\s\"',;]*\d|[^\s\"',;]{20})[\w.~+/=-]{8,}", re.IGNORECASE)
_BASIC = re.compile(r"\b(basic\s+)([A-Za-z0-9+/_-]{6,}={0,2})", re.IGNORECASE)
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-(?:[a-z]+-)*(?:key|token|auth|secret|password))"
    r"(\\*[\"']?\s*[:=]\s*\\*)([\"']?)[^\r\n\"']+",
    re.IGNORECASE,
)
_SQL = re.compile(r"\b((?:identified\s+by|password)\s+)'(?:[^']|'')*'", re.IGNORECASE)
_NETRC = re.compile(r"\b(login\s+\S+\s+(?:account\s+\S+\s+)?password\s+)\S+")
_PGPASS = re.compile(r"^([\w.*-]+:(?:\d{2,5}|\*):[^:\s]+:[^:\s]+:)\S+$", re.MULTILINE)

# Addresses ---------------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"(?<![\w+.-])([A-Za-z][\w+.-]{0,40})://([^\s\"'<>`|]*@[^\s\"'<>`|]*)")
_ENCODED = re.compile(r"(%3A%2F%2F)[^\s&%]*(?:%(?!40|2F)[0-9A-F]{2}[^\s&%]*)*%40", re.IGNORECASE)
_HOST_ONLY = re.compile(r"[^:@]*(?::\d*)?")
_BARE = re.compile(
    r"(?<![\w@/:.+-])(?!mailto:|npm:|git\w*:|pkg:|docker:|author:|email:|from:|to:|by:)([\w.+-]{1,64}):([^\s@/:\"',;]{1,200})@"
    r"(?!sha\d+:)(?=[\w.-]+[:/]|localhost\b|\d+\.\d+\.\d+\.\d+)"
)
_QUERY = re.compile(
    r"((?:[?&;]|\\u0026)(?:amp;)?(?:[\w-]*(?:sig|signature|key|auth|pass|token)|code(?==[^&\s]{20}))=)"
    r"([^&\s\"'<>#]+)",
    re.IGNORECASE,
)


def _address(found: re.Match[str]) -> str:
    scheme, rest = found[1], found[2]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        users, tail = authority.rpartition("@")[0], rest[authority.rindex("@") + 1 :]
    elif not _HOST_ONLY.fullmatch(authority):  # a password that holds a slash: no port is made of letters
        users, tail = rest.rpartition("@")[0], rest.rpartition("@")[2]
    else:
        return found[0]
    # On the web the name alone may be a token; elsewhere, as in ssh://git@host, it is part of the address.
    if re.fullmatch(r"(?:\w+\+)?(?:https?|wss?)", scheme, re.IGNORECASE):
        return f"{scheme}://{tail}"
    name, colon, _ = users.partition(":")
    return f"{scheme}://{name}{':' + HIDDEN if colon else ''}@{tail}"


def _basic(found: re.Match[str]) -> str:
    try:
        said = base64.b64decode(found[2] + "=" * (-len(found[2]) % 4), altchars=b"-_" if "_" in found[2] else None)
    except (ValueError, binascii.Error):
        return found[0]
    return found[1] + HIDDEN if b":" in said and said.isascii() else found[0]


# Pairs of name and value -------------------------------------------------------------------------------------------

_PAIR = re.compile(
    r"(?P<lead>\\u[0-9a-fA-F]{4}|\\[nrt]|%[0-9a-fA-F]{2}|(?<!\w))"
    r"(?P<name>\w[\w.\u200b-\u200d-]{0,80}(?: (?i:key|token|password)(?=\s*[:=]))?)"
    r"(?P<sep>\\*[\"'`]?\]?[ \t]*(?:=>|:=|==?|:|%3[DdAa])(?!//)[ \t]*)"
)
_OPTION = re.compile(
    r"(?<![\w-])--?(?=[\w.-]*(?:pass|pwd?|secret|token|key|cred|auth|cookie|jwt|pat))(?P<name>[A-Za-z][\w.-]*)"
    r"(?:\s|\\\n)+"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"']+)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[bruf]{0,2}(\\*(?:[\"'`]{3}|[\"'`]))")
_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]*((?:\n[ \t]+\S[^\n]*|\n[ \t]*(?=\n))+)")
_LINE = re.compile(r"[^\n]*?(?=[ \t]+#|[ \t]*(?:\n|\Z)|,[ \t]|; )")
#: `<password>x</password>`, `["--password", "x"]`, `("password", "x")`, `{"name": "PASSWORD", "value": "x"}`.
_APART = (
    re.compile(r"<(?P<name>[\w.:-]+)>(?P<value>[^<]+)(?=</)"),
    re.compile(r"""(?:(?<=\()\s*["']|["']-)-?(?P<name>[\w.-]+)["'],\s*["'](?P<value>[^"']*)(?=["'])"""),
    re.compile(
        r"""\b(?:name|key)["']?\s*[:=]\s*["']?(?P<name>[\w.-]+)["']?[,\s]\s*["']?value["']?\s*[:=]\s*["']?(?P<value>[^"'\s,}]+)""",
        re.IGNORECASE,
    ),
)
#: What a text in small letters must hold for each of these forms.
_APART_NEEDS = ("</", ",", "value")
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_PLAIN = re.compile(r"(?:(?!%26)[^\s&;,\"'`}\])<>]|,(?![\s\"'{\[]))+")


def _pairs(said: str) -> str:
    """`said` without the values of names that are secret."""
    parts, done, start = [], 0, 0
    while found := _PAIR.search(said, start):
        start = found.end()
        if not (secret_name(found["name"]) or _words(found["name"])[-1:] in _WEAK):
            continue
        begin, end = _value(said, found)
        if end > begin and _hides(found["name"], said[begin:end]):
            parts += [said[done:begin], HIDDEN]
            done = start = end
    return "".join([*parts, said[done:]]) if parts else said


def _value(said: str, pair: re.Match[str]) -> tuple[int, int]:
    """Where the value begins and ends, without its quotation marks."""
    begin = pair.end()
    if quoted := _QUOTED.match(said, begin):
        return quoted.end(), _unquoted(said, quoted.end(), quoted[1])
    if said[begin : begin + 1] in _CLOSING and secret_name(pair["name"]):
        return begin, _closed(said, begin)
    line = said.rfind("\n", 0, pair.start()) + 1
    if ":" in pair["sep"] and said[line : pair.start("name")].strip() in ("", "-", '"', "'"):
        if block := _BLOCK.match(said, begin):
            return begin, block.end()
        if pair["sep"].endswith((" ", "\t")):  # a line of YAML: blanks belong to the value
            ended = _LINE.match(said, begin)
            return begin, ended.end() if ended else begin
    plain = _PLAIN.match(said, begin, len(said) if secret_name(pair["name"]) else begin + 2000)
    return begin, plain.end() if plain else begin


def _unquoted(said: str, begin: int, mark: str) -> int:
    """Where the text ends that `mark` opened just before `begin`; the end of everything where nothing closes it."""
    end = said.find(mark, begin)
    while end > begin and len(mark) == 1:
        if said[end + 1 : end + 2] == mark:  # a doubled mark stands for itself
            end = said.find(mark, end + 2)
        elif said[end - 1] == "\\":
            end = said.find(mark, end + 1)
        else:
            break
    return len(said) if end < 0 else end


def _closed(said: str, begin: int) -> int:
    """The end of what the bracket at `begin` opens; the end of the text where it is never closed."""
    depth = 0
    for place in range(begin, len(said)):
        depth += (said[place] in "{[(") - (said[place] in "}])")
        if depth == 0:
            return place + 1
    return len(said)


def _option(found: re.Match[str]) -> str:
    said = found["value"]
    if _is_option(said) or not _hides(found["name"], said.strip("\"'")) or not secret_name(found["name"]):
        return found[0]
    return found[0][: found.start("value") - found.start()] + HIDDEN


def _apart(found: re.Match[str]) -> str:
    begin, end = (place - found.start() for place in found.span("value"))
    return found[0][:begin] + HIDDEN + found[0][end:] if _hides(found["name"], found["value"]) else found[0]


def _is_option(word: str) -> bool:
    return re.fullmatch(r"--[a-z][\w-]*(?:=.*)?", word, re.DOTALL) is not None


# What others call --------------------------------------------------------------------------------------------------

#: Nothing is a secret to this module without one of these in it (small letters). Most text has none and costs little.
_HINTS = (
    "http -a", "pat'", 'pat"',
    "https -a", "pass", "pw", "secret", "token", "cred", "key", "auth", "cookie", "jwt", "pat=", "pat:", "pat ",
    "sig", "sas", "bearer", "basic", "mnemonic", "kennwort", "senha", "wachtwoord", "parola", "contrasena", "mot",
    "identified", "@",
    "akia", "asia", "abia", "acca", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat", "glptt", "gldt", "glrt", "glcbt",
    "glsoat", "glft", "glagent", "gloas", "hf_", "npm_", "gsk_", "r8_", "dop_v1_", "lsv2_", "glsa_", "pcsk_",
    "lin_api_", "ntn_", "api_org", "shpat_", "tfp_", "figd_", "sk-", "sk_", "rk_", "pk_", "xox", "xapp-", "xai-",
    "nvapi-", "pypi-", "dapi", "aiza", "ya29", "gocspx", "sg.", "hvs.", "hvb.", "pmak", "atatt3", "eyj", ":aa", "hook",
    "code=", "$2", "$apr1", "$1$", "$5$", "$6$", "$argon", "%40", "dckr_", "github_pat", "otp", "mysql", "mariadb",
    "curl", "wandb", "mongo", "docker", "podman", "zip", "7z", "openssl", "smbclient", "lftp", "twine", "ldapsearch",
    "redis", "skopeo", "helm", "sqlcmd", "bcp", "comet ", "clearml ", "railway", "az ",
)  # fmt: skip


def _harmless(value: str) -> bool:
    """Whether nothing in a text can make a secret; a closer look is needed for few texts only."""
    small = value.lower()
    if not small.isascii() or value.count(":") > 3:
        return False
    for hint in _HINTS:  # noqa: SIM110 - a generator takes twice the time, and this is done for every value of a record
        if hint in small:
            return False
    return True


@functools.lru_cache(maxsize=16384)
def text(value: str) -> str:
    """`value` without secrets: user info of addresses, values of secret names, headers, tokens of known shapes.

    A secret that neither its name, nor its place, nor its shape gives away cannot be told from other text.
    """
    if _harmless(value):
        return value
    if "://" in value and "@" in value:
        value = _ADDRESS.sub(_address, value)
    if "PRIVATE KEY" in value:
        value = _PRIVATE.sub(HIDDEN, value)
    value = _SHAPES.sub(HIDDEN, value)
    if "$" in value:
        value = _CRYPTS.sub(HIDDEN, value)
    if ":" in value or "=" in value or "%3" in value:
        value = _HEADER.sub(rf"\1\2\3{HIDDEN}", value)
        value = _QUERY.sub(rf"\1{HIDDEN}", value) if "?" in value or "&" in value else value
        value = _pairs(_PGPASS.sub(rf"\1{HIDDEN}", value))
        value = _HOOKS.sub(rf"\1{HIDDEN}", _ENCODED.sub(rf"\1{HIDDEN}%40", value))
        value = _BARE.sub(rf"\1:{HIDDEN}@", value) if "@" in value else value
    return _phrases(value)


def _phrases(value: str) -> str:
    """`value` without secrets that blanks, tags or quotation marks part from what names them.

    Each form is looked for only where a text holds what the form cannot do without: most texts hold none of it.
    """
    small = value.lower()
    for needed, form in zip(_APART_NEEDS, _APART, strict=True):
        if needed in small:
            value = form.sub(_apart, value)
    if "bearer" in small:
        value = _BEARER.sub(rf"\1{HIDDEN}", value)
    if "basic" in small:
        value = _BASIC.sub(_basic, value)
    if "-" in value:
        value = _OPTION.sub(_option, value)
    if " " in value:
        value = _CALL.sub(lambda found: " ".join(words(found[0].split(" "))), value)
    if "'" in value:
        value = _SQL.sub(rf"\1'{HIDDEN}'", value)
    return _NETRC.sub(rf"\1{HIDDEN}", value) if "login" in small else value


def value(name: str, content: str) -> str:
    """The value of a parameter or tag as it may be shown: nothing of it where its name says that it is secret."""
    return HIDDEN if _hides(name, content) else text(content)


#: Programs whose short options (or whose option under a common name) take a secret, and how much of the word it is.
_PROGRAMS = {
    "mysql": ("-p",), "mysqldump": ("-p",), "mysqladmin": ("-p",), "mariadb": ("-p",), "sshpass": ("-p",),
    "mongo": ("-p",), "mongosh": ("-p",), "mongodump": ("-p",), "7z": ("-p",), "7za": ("-p",), "docker": ("-p",),
    "podman": ("-p",), "az": ("-p",), "skopeo": ("-p",), "zip": ("-P",), "unzip": ("-P",), "sqlcmd": ("-P",),
    "bcp": ("-P",), "redis-cli": ("-a",), "ldapsearch": ("-w",), "http": ("-a",), "https": ("-a",),
    "curl": ("-u", "--user", "-U", "--proxy-user", "-b"), "wget": ("--http-passwd",), "twine": ("-p",),
    "openssl": ("-passin", "-passout", "-k"), "smbclient": ("-U",), "helm": ("-p",), "sqlplus": (), "lftp": ("-u",),
}  # fmt: skip
_LOGIN = {"docker", "podman", "az", "skopeo", "helm", "twine"}
_POSITIONAL = {("wandb", "login"), ("comet", "login"), ("clearml", "login"), ("railway", "login")}
_WITH_LOGIN = {first for first, _ in _POSITIONAL}
_CALLED = sorted({*_PROGRAMS, *_WITH_LOGIN} - {"http", "https"})
_CALL = re.compile(rf"(?<![\w-])(?:{'|'.join(_CALLED)}) [^\n|;]*")


def words(command: Sequence[str]) -> list[str]:
    """The words of a command line, without the values of options such as `--password VALUE` and `--token=VALUE`."""
    shown: list[str] = []
    hide, program, before = False, "", ""
    for word in command:
        plain, name = _known(word)
        if plain and not hide and not program:
            shown.append(word)
            program, before = name, word
            continue
        if hide and not _is_option(word):
            shown.append(word if _NOTHING.fullmatch(word.strip("'\"")) else HIDDEN)
            hide, before = False, word
            continue
        hide = False
        options = _PROGRAMS.get(program, ())
        if program in _LOGIN and not {"login", "upload"} & set(command):
            options = ()
        short = next((o for o in options if word.startswith(o) and len(o) == 2 and not word.startswith("--")), "")
        option, equals, given = word.partition("=")
        bare = option.lstrip("-")
        if word in options:
            hide = True
            shown.append(word)
        elif short and len(word) > 2:
            shown.append(short + HIDDEN)
        elif option.startswith("-") and bare and secret_name(bare):
            hide = not equals
            shown.append(f"{option}={HIDDEN}" if equals and _hides(bare, given) else word)
        elif (program, before) in _POSITIONAL and not word.startswith("-"):
            shown.append(HIDDEN)
        elif equals and re.fullmatch(r"[\w.+/@-]+", option) and secret_name(bare):
            shown.append(f"{option}={HIDDEN}" if _hides(bare, given) else word)
        else:
            shown.append(text(word))
            # `aws configure set api_key VALUE`, `API_KEY: VALUE`, `token = VALUE`
            hide = (
                (before == "set" and secret_name(word) and not equals)
                or (word[-1:] in (":", "=") and len(word) > 1 and secret_name(word[:-1]))
                or (word in ("=", ":") and secret_name(before))
            )
        program, before = name or program, word
    return shown


@functools.lru_cache(maxsize=16384)
def _known(word: str) -> tuple[bool, str]:
    """Whether a word says nothing to `words` where no program was named, and the program that it names, if any."""
    name = word.replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    plain = _harmless(word) and word not in ("=", ":") and not secret_name(word.lstrip("-").rstrip("=:"))
    return plain, name if name in _PROGRAMS or name in _WITH_LOGIN else ""


def command(line: str) -> str:
    """A recorded command line as it may be shown."""
    if _harmless(line):
        return line
    try:
        found = shlex.split(line) if re.search(r"[\"'\\#]", line) else line.split()
    except ValueError:  # no closing quotation mark
        found = line.split()
    return text(" ".join(words(found)))
