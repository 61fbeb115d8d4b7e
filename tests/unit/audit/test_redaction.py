"""Forms in which secrets reach a record, each of which must be hidden, and look-alikes, each of which must stay."""

import base64
import json
import shlex
import time
from urllib.parse import quote

import pytest

from traceability import redaction

S = "Zq7pEarl9"
"""The secret. It is short and has no shape of its own, so that only its name or its place can give it away."""

R = "Zq7pEarl9xT4vKm2WbN8cJd5RfGh6YtU3sLo1AeQ"
"""The random part of tokens that have a shape."""

BASIC = base64.b64encode(f"me:{S}".encode()).decode()
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256"}', b'{"sub":"1234567"}', R.encode())
)
PEM = f"-----BEGIN {{}}PRIVATE KEY-----\n{R}\n{R}\n-----END {{}}PRIVATE KEY-----"

#: Text in which the secret is known by the name beside it or by its place.
NAMED = [
    # assignments, as in an environment, a notebook or a log
    "password={}", "PASSWORD={}", "Password = {}", "passwd={}", "passphrase={}", "db_password={}", "DB_PASS={}",
    "PGPASSWORD={}", "MYSQL_PWD={}", "pwd={}", "pw={}", "secret={}", "client_secret={}", "CLIENT-SECRET={}",
    "clientSecret={}", "token={}", "access_token={}", "accessToken={}", "authtoken={}", "GITHUB_TOKEN={}",
    "token_prod={}", "TOKEN2={}", "password_old={}", "api_key={}", "API-KEY={}", "apikey={}", "apiKey={}",
    "OPENAI_API_KEY={}", "openai_key={}", "WANDB_API_KEY={}", "AWS_SECRET_ACCESS_KEY={}", "AWS_SESSION_TOKEN={}",
    "AZURE_STORAGE_KEY={}", "MLFLOW_TRACKING_PASSWORD={}", "MLFLOW_TRACKING_TOKEN={}", "private_key={}",
    "encryption_key={}", "credentials={}", "auth={}", "SECRET_KEY={}", "DJANGO_SECRET_KEY='{}'", "_token={}",
    "export HF_TOKEN={}", "set PASSWORD={}", "env TOKEN={} python t.py", "$env:API_KEY = \"{}\"", "a=1 token={} b=2",
    "HOME=/root\nTOKEN={}\nLANG=C",
    "os.environ['API_KEY'] = '{}'", "password => {}", "password := {}", "password == {}",
    # JSON, YAML, Python, XML-like and other languages' words
    '{{"token": "{}"}}', '{{"apiKey":"{}"}}', "{{'password': '{}'}}", '{{"a": {{"secret": "{}"}}, "b": 1}}',
    '{{\\"token\\": \\"{}\\"}}', '{{"credentials": {{"user": "me", "key": "{}"}}}}', '{{"passwords": ["{}", "x"]}}',
    '{{"auth": "{}"}}', "password: {}", "  db_password: '{}'", "- token: {}", "password: two words {}",
    "password: |\n  {}\n  more\nuser: me", "a: {{password: {}, user: me}}", "password='it''s {}'", 'password="a b {}"',
    'password="""{}"""', 'token=b"{}"', "dict(password='{}', user='me')", "Namespace(api_key='{}', alpha=1)",
    "passwort={}", "contraseña={}", "senha={}", "密码={}", "mot_de_passe={}",
    # look-alikes of letters
    "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44={}", "p\u0430ssword={}", "pass\u200bword={}", "t\u043eken: {}",
    # addresses
    "https://me:{}@example.org/x.git", "https://{}@example.org/x.git", "git+https://me:{}@example.org/x.git@v1",
    "https://me:a/{}@example.org", "https://me:a@{}@example.org", "HTTPS://me:{}@example.org", "wss://{}@example.org",
    "postgresql://me:{}@db:5432/mlflow", "mysql+pymysql://me:{}@db/x?ssl=1", "redis://:{}@cache:6379/0",
    "mongodb+srv://me:{}@c.example.org/x", "amqp://me:{}@mq//", "s3://me:{}@bucket/x", "ssh://me:{}@example.org/x.git",
    "me:{}@example.org:/data/x", "me:{}@localhost", "me:{}@10.0.0.7", "proxy=http://me:{}@proxy:3128",
    "https%3A%2F%2Fme%3A{}%40example.org%2Fx", "jdbc:postgresql://db/x?user=me&password={}",
    # queries
    "https://h/x?token={}", "https://h/x?a=1&access_token={}&b=2", "https://h/x?api_key={}", "https://h/x?key={}",
    "https://h/x?sv=2022&sig={}", "https://h/x?a=1&amp;sig={}", "https://h/x?a=1\\u0026sig={}",
    "https://b.s3.amazonaws.com/x?X-Amz-Credential=c&X-Amz-Signature={}", "https://h/x?X-Amz-Security-Token={}",
    "https://storage.googleapis.com/b/x?X-Goog-Signature={}", "https://h/x?Signature={}&Expires=1", "https://h/?auth={}",
    "https://h/login?next=%2Fx%3Ftoken%3D{}", "token%3D{}%26a%3D1",
    # connection strings
    "DefaultEndpointsProtocol=https;AccountName=me;AccountKey={};EndpointSuffix=core.windows.net",
    "Endpoint=sb://h/;SharedAccessKeyName=root;SharedAccessKey={}", "Server=db;User Id=me;Password={};Encrypt=yes",
    "host=db user=me password={} dbname=x", "host=db password='{} b'", "Driver={{ODBC}};UID=me;PWD={}",
    # headers
    "Authorization: Bearer {}", "authorization: token {}", "Proxy-Authorization: Basic {}", "X-API-Key: {}",
    "Cookie: session={}; a=b", "Set-Cookie: id={}; HttpOnly", "{{'Authorization': 'Bearer {}'}}",
    "headers={{\"X-Auth-Token\": \"{}\"}}", "curl -H 'Authorization: Bearer {}' https://h",
    # command lines as text
    "python t.py --password {}", "python t.py --api-key={} --alpha 1", "bash -c \"python t.py --token {} --x 1\"",
    "java -Dspring.datasource.password={} x", "t.py +db.password={}", "t.py model.auth.token={}",
    "mysql -u me -p{} db", "curl -u me:{} https://h", "wandb login {}", '["--password", "{}"]', "('password', '{}')",
    "--password \\\n  {}", "otp={}", "API Key={}",
    # other programs' files
    "<password>{}</password>", '{{"name": "DB_PASSWORD", "value": "{}"}}',
    "machine h login me password {}", "localhost:5432:mlflow:me:{}", "ALTER USER me WITH PASSWORD '{}'",
    "CREATE USER me IDENTIFIED BY '{}'",
]  # fmt: skip

#: Text that holds secrets of a shape.
SHAPED = [
    "AKIA" + R[:16].upper(), "key ASIA" + R[:16].upper() + " end", "ghp_" + R[:36], "github_pat_" + R[:22] + "_" + R,
    "gho_" + R[:36], "glpat-" + R[:20], "hf_" + R[:34], "sk-" + R, "sk-proj-" + R + "-x", "sk-ant-api03-" + R,
    "xoxb-123456789012-" + R[:24], "xapp-1-" + R, "pypi-AgEIcHlwaS5vcmc" + R, "npm_" + R[:36], "dapi" + "0a1b2c3d" * 4,
    "AIza" + R[:35], "ya29." + R, "GOCSPX-" + R[:28], "SG." + R[:22] + "." + R, "sk_live_" + R[:24], "hvs." + R[:24],
    "gsk_" + R, "r8_" + R[:37], "nvapi-" + R, "dckr_pat_" + R[:27], "7123456789:AA" + R, JWT, f"jwt {JWT}.",
    "Bearer " + R, "bearer " + R[:12], "Basic " + BASIC, f"proxy says basic {BASIC} it is",
    PEM.format("", ""), PEM.format("RSA ", "RSA "), PEM.format("OPENSSH ", "OPENSSH "), PEM.format("EC ", "EC ")[:80],
    PEM.format("", "").replace("\n", "\\n"), "https://hooks.slack.com/services/T0/B0/" + R[:24],
    "https://discord.com/api/webhooks/1/" + R, "me:$2b$12$" + R + R[:13], "me:$apr1$" + R[:8] + "$" + R[:22],
    "https://f.azurewebsites.net/api/x?code=" + R, "key=" + R, "signature: " + R, f"('{'ghp_' + R[:36]}',)",
]  # fmt: skip

#: Command lines as lists of words.
COMMANDS = [
    ["--password", "{}"], ["--password={}"], ["--password", "-{}"], ["--password=two {}"], ["--password=a,{}"],
    ["--pass", "{}"], ["--pwd={}"], ["-password", "{}"], ["--token", "{}", "--epochs", "3"], ["--hf_token", "{}"],
    ["--api-key", "{}"], ["--openai-key={}"], ["--account-key", "{}"], ["--auth", "me:{}"], ["--client-secret", "{}"],
    ["--wandb_api_key", "{}"], ["--db.password", "{}"], ["--dbPassword", "{}"], ["TOKEN={}"], ["db.password={}"],
    ["--env", "API_KEY={}"], ["--build-arg", "TOKEN=a b {}"], ["--header", "Authorization: Bearer {}"],
    ["-H", "X-API-Key: {}"], ["--dsn", "host=h password='{}'"], ["-c", "d={{'token': '{}'}}"], ["--url", "https://h?sig={}"],
    ["--credentials", '{{"user": "me", "key": "{}"}}'], ["--password", "p q {}"], ["--secret", "'{}'"],
    ["mysql", "-p{}", "x"], ["mysql", "-p", "{}"], ["sshpass", "-p", "{}", "ssh", "h"], ["redis-cli", "-a", "{}"],
    ["curl", "-u", "me:{}", "https://h"], ["curl", "--user", "me:{}"], ["/usr/bin/curl", "-ume:{}"],
    ["docker", "login", "-u", "me", "-p", "{}"], ["wandb", "login", "{}"], ["unzip", "-P", "{}", "x.zip"],
    ["openssl", "rsa", "-passin", "pass:{}"], ["aws", "configure", "set", "aws_secret_access_key", "{}"],

    ["API_KEY:", "{}"], ["token", "=", "{}"], ["http", "-a", "me:{}", "h"],
    ["git", "-c", "http.extraHeader=AUTHORIZATION: bearer {}", "fetch"],
]  # fmt: skip

#: What looks like a secret to a careless eye. All of it is shown as it stands.
HARMLESS = [
    "max_tokens=512", "--max-tokens 512 --tokenizer bert", "n_tokens=5", "num_tokens: 100", "tokenizer=bert-base",
    "tokenizer_name: gpt2", "tokens_per_second=31.5", "pad_token=[PAD]", "eos_token_id=2", "bos_token='<s>'",
    "cls_token=1", "token_type_ids=0", "token_dropout=0.1", "special_tokens=4", "maxTokens: 9", "token_count=12",
    "author=Jane", "authors: Jane Doe", "authority=x", "authenticated=1", "auth_type=basic", "auth_mode: oauth",
    "secretary=Jo", "compass=north", "bypass=1", "n_pass=2", "passes=3", "pass=3", "first_pass=1", "forward_pass: 0.1",
    "passenger_id=892", "password_length=12", "password_file=/run/secrets/db", "token_path: /x/token",
    "token=None", "use_auth_token=True", "password=", "password=***", "password=${DB_PASSWORD}", "token=$TOKEN",
    "PWD=/var/me/project", "OLDPWD=/tmp", "key=value", "keys=a,b", "primary_key=id", "key: 12", "sort_key=date",
    "key_dim=64", "num_keys=8", "hotkeys=1", "keyboard=us", "monkey=1", "signature=inputs: [x]",
    "model signature: double",
    "session_id=1227", "Session id=1227", "random_state=42", "seed=7", "private=true", "public_key=none", "sigma=0.5",
    "basic regression", "Basic authentication is used", "bearer of bad news", "Bearer authentication", "sk-learn",
    "sk-learn-classification-pipeline-2024", "commit 0123456789abcdef0123456789abcdef01234567", "a" * 64,
    "data_sha256=" + "ab12" * 16, "run 3f2a9c0d4b5e4f6a8b7c9d0e1f2a3b4c", "550e8400-e29b-41d4-a716-446655440000",
    "git@github.com:me/x.git", "ssh://git@example.org/x.git", "https://example.org:8080/x@v1", "https://h/x?a=1&b=2",
    "https://h/@scope/package", "me@example.org", "mailto:me@example.org", "python:3.11@sha256:" + "0a" * 32,
    "npm:left-pad@1.2.3", "12:30:05", "2024-01-02T03:04:05+00:00", "C:\\Users\\me\\train.py", "s3://bucket/key",
    "/databricks/python_shell/x.py", "alpha=0.5 beta=2", "epochs: 10", "Linux-6.1.0-x86_64-with-glibc2.36",
    "numpy==2.0.1", "scikit-learn==1.2.2 token-utils==1.0", "digest sha256:" + "cd" * 32, "a:b:c", "$HOME/x",
    '{"max_tokens": 5, "tokenizer": "bert"}', "https://hub.example.org/v2/token-classification", "label: secretion",
    "https://example.org/a?page=2#key", "pip install git+https://example.org/x.git@main", "next_token=5", "lr=1e-3",
    "python -p 8080 -u train.py", "--port 80 -a 3", "grid of 3 x 3 = 9", "f(x) := x",
]  # fmt: skip


HOSTILE = (
    "a=" * 50_000, "password=" * 20_000, "{" * 50_000, "://" + "a" * 100_000, "a:b@" * 25_000, "-a " * 30_000,
    "token: {" * 5_000, "eyJ" + "a." * 50_000, "basic " * 20_000, "%3A%2F%2F" * 10_000, "x" * 200_000, '"' * 100_000,
    "-----BEGIN PRIVATE KEY-----" * 4_000, "sk-" + "a-" * 50_000, "login " * 20_000, "password: |\n" * 10_000,
    "\\" * 100_000, 'token=\\"' * 10_000, "https://" + "a:" * 50_000 + "@", "token='" + "''" * 50_000,
)  # fmt: skip


def variants(form: str) -> list[str]:
    filled = form.format(S)
    return [filled, f"before {filled}", f"before\n{filled}\nafter"]


def test_the_tables_are_as_large_as_they_say():
    assert len(NAMED) + len(SHAPED) + len(COMMANDS) >= 200
    assert len(HARMLESS) >= 100
    assert len(set(NAMED)) == len(NAMED) and len(set(HARMLESS)) == len(HARMLESS)


@pytest.mark.parametrize("form", NAMED)
def test_a_secret_that_its_name_or_place_gives_away_is_hidden(form):
    for written in [form.format(S)] if form.startswith("localhost") else variants(form):
        shown = redaction.text(written)
        assert S not in shown, shown
        assert redaction.text(shown) == shown, "what is hidden stays as it is"


@pytest.mark.parametrize("form", SHAPED)
def test_a_secret_that_its_shape_gives_away_is_hidden_wherever_it_stands(form):
    for written in (form, f"x {form}", f"note='{form}'", json.dumps({"note": form})):
        shown = redaction.text(written)
        assert R[5:14] not in shown and BASIC not in shown and R[:16].upper() not in shown, shown
        assert "0a1b2c3d" not in shown


@pytest.mark.parametrize("form", COMMANDS, ids=" ".join)
def test_a_secret_of_a_command_line_is_hidden(form):
    words = ["python", "train.py", *(word.format(S) for word in form)]
    shown = redaction.words(words)
    assert S not in " ".join(shown), shown
    assert len(shown) == len(words)
    assert S not in redaction.command(shlex.join(words))
    assert S not in redaction.command(shlex.join(words[2:]))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_shown_as_it_stands(text):
    assert redaction.text(text) == text
    assert redaction.words(text.split(" ")) == text.split(" ")


def test_parameters_are_hidden_by_their_names():
    for name in ("api_token", "PASSWORD", "db/password", "model.api_key", "openai key", "smtp_pass", "clientSecret"):
        assert redaction.value(name, S) == "***", name
    for name, said in {
        "max_tokens": "512", "tokenizer": "bert", "n_tokens": "7", "mlflow.source.name": "t.py", "session_id": "1227",
        "token": "None", "password": "", "key": "id", "pad_token": "<pad>",
    }.items():  # fmt: skip
        assert redaction.value(name, said) == said, name


def test_only_the_secret_goes():
    assert redaction.words(["t.py", "--token", S, "--epochs", "3"]) == ["t.py", "--token", "***", "--epochs", "3"]
    assert redaction.words(["t.py", "--use-auth-token", "--epochs", "3"]) == [
        "t.py", "--use-auth-token", "--epochs", "3"]  # fmt: skip
    assert redaction.text(f'{{"a": 1, "token": "{S}", "b": 2}}') == '{"a": 1, "token": "***", "b": 2}'
    assert redaction.text(f"https://h/x?a=1&sig={S}&b=2") == "https://h/x?a=1&sig=***&b=2"
    assert redaction.text(f"postgresql://me:{S}@db/x") == "postgresql://me:***@db/x"
    assert redaction.text(f"password: {S}\nuser: me\n") == "password: ***\nuser: me\n"
    assert redaction.text(f"a={quote('x y')} token={S} b=2") == "a=x%20y token=*** b=2"


def test_long_and_hostile_texts_take_no_time():
    begin = time.process_time()
    for text in HOSTILE:
        redaction.text(text)
        redaction.words([text])
    assert time.process_time() - begin < 10


def test_no_word_that_makes_a_name_secret_is_skipped_as_harmless():
    words = [
        *redaction._STRONG,
        *(f"{word}pass" for word in redaction._PASS_OF),
        *(f"{w}_key" for w in redaction._KEYS),
    ]
    shown = [word for word in words if redaction.secret_name(word) and "geheim1" in redaction.text(f"{word}=geheim1")]
    assert not shown


@pytest.mark.parametrize("option", ["--pat", "-pwd", "--contrasena", "--hf-token"])
def test_an_option_is_as_secret_alone_as_in_a_long_command(option):
    assert redaction.words(["train.py", "--lr", "0.1", option, "geheim1"])[-1] == redaction.HIDDEN
    assert redaction.command(f"train.py {option} geheim1 --lr 0.1") == f"train.py {option} *** --lr 0.1"
