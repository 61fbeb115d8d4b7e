"""Tracking that is switched on by configuration files alone, and signals that a project can be run again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from traceability.corpus.scanner import file_roles
from traceability.corpus.scanner.hydra import Choice, Groups

# Blanks before a line's first word are `[^\S\n]*`, never `\s*`, and no two runs of blanks meet: a search stays linear
# in whatever somebody committed, and a match begins on the line that it is about.
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_TARGET = re.compile(
    r"^[^\S\n]*(?:-[^\S\n]*)?[\"']?_target_[\"']?\s*:\s*"
    r"[\"']?[\w.]*\.(?:MLFlowLogger|MLflowCallback|MlflowCallback|MLflowLoggerCallback)\b",
    re.MULTILINE,
)
_CLASS_PATH = re.compile(
    r"^[^\S\n]*(?:-\s*)?[\"']?class_path[\"']?\s*:\s*[\"']?[\w.]*MLFlowLogger\b"
    r"|--[\w.]{0,80}logger(?:\.class_path)?[= ][\"']?[\w.]*MLFlowLogger\b",
    re.MULTILINE,
)
_REPORT = re.compile(
    r"^[^\S\n]*[\"']?(?:report_to|log_with)[\"']?\s*[:=]\s*(?:\[[^\]]{0,300}?|[\"'])?\bmlflow\b"
    r"|[\"'](?:report_to|log_with)[\"']\s*:\s*(?:\[[^\]]{0,300}?)?[\"']mlflow[\"']"
    r"|--(?:report[_-]to|log[_-]with)[= ][\"']?(?:[\w-]{1,40}[ ,]){0,9}?mlflow\b"
    r"|^[^\S\n]*(?:export[^\S\n]+)?REPORT_TO=[\"']?mlflow\b"
    r"|^[^\S\n]*(?:report_to|log_with)\s*:[^\S\n]*\n\s*(?:-[^\n]*\n\s*){0,20}?-[^\S\n]*[\"']?mlflow\b",
    re.MULTILINE,
)
#: Options of other libraries that are one word each.
_SIMPLE = (
    (re.compile(r"\bresult[_-]tracker[\"']?(?:\s{0,9}[:=]\s{0,9}| )[\"']?mlflow\b"), "pykeen"),
    (re.compile(r"\byolo[^\S\n]{1,9}settings\b[^\n]{0,300}?\bmlflow=True\b"), "ultralytics"),
    (re.compile(r"\bcreate_mlflow_logger\s{0,9}:\s{0,9}[Tt]rue\b"), "nemo"),
    (re.compile(r"\bzenml[^\S\n]{1,9}experiment-tracker[^\S\n]{1,9}register\b"
                r"[^\n]{0,300}?(?:--flavor|-f)[= ][\"']?mlflow\b"),
     "zenml"),
    (re.compile(r"_target_[\"']?\s{0,9}:\s{0,9}[\"']?[\w.]{0,200}MLFlowHandler\b"
                r"|--tracking[= ][\"']?mlflow\b"), "monai"),
    (re.compile(r"\btype[\"']?\s{0,9}:\s{0,9}[\"']?kedro_mlflow\.[\w.]{0,200}\.Mlflow\w+"), "kedro"),
)  # fmt: skip
_MONAI_TRACKING = re.compile(r"\btracking[\"']?\s{0,9}:\s{0,9}[\"']?mlflow\b")
#: `logger=mlflow` on a command line chooses an option of Hydra.
_OVERRIDE = re.compile(
    r"(?:^|[\s\"'])[+~]{0,2}([\w/-]{1,80})=\[?([\w,-]{0,80}mlflow[\w,-]{0,80})\]?(?=$|[\s\"'])", re.MULTILINE
)
_SPACY = re.compile(r"^[^\S\n]*@loggers\s*=\s*[\"']spacy\.MLflowLogger", re.MULTILINE)
_VIS = re.compile(r"\btype[\"']?\s*[:=]\s*[\"']?(?:MLflowVisBackend|MlflowLoggerHook)\b")
# MLflow can also be the flavor of ZenML's deployer and of its registry: the word that comes before tells them apart.
_ZENML = re.compile(
    r"(?P<component>experiment_tracker|model_deployer|model_registry)"
    r"|^[^\S\n]*(?:-[^\S\n]*)?flavor\s*:\s*[\"']?mlflow\b",
    re.MULTILINE,
)
_KEDRO_CONF = re.compile(r"(?:^|/)conf/[\w-]+/mlflow\.ya?ml$")
_KEDRO = re.compile(r"^[^\S\n]*(?:[-\"'][^\S\n]*)?[\"']?kedro[-_]mlflow\b", re.MULTILINE | re.IGNORECASE)
_REQUIREMENT = re.compile(
    r"^\s*(?:-\s*)?[A-Za-z0-9][\w.\[\],-]*\s*(?:(?P<pin>={2,3}\s*[\w.!+]+(?!\.\*)|=\s*[\d][\w.]*)|[<>~!=;@ ].*)?\s*$"
)
_NO_PACKAGE = re.compile(
    r"^\s*(?:-\s*)?(?:name|channels|dependencies|prefix|pip|defaults|conda-forge|variables|python)\b\s*(?::\s*)?$"
)


@dataclass
class Configuration:
    """What the non-code files of a project say."""

    mlproject: list[str] = field(default_factory=list)
    tracked: list[tuple[str, int, str, str]] = field(default_factory=list)  # file, line, what, library
    offered: bool = False  # an MLflow logger is configured, but nothing chooses it
    kedro_conf: str = ""
    kedro_installed: bool = False
    requirements: int = 0
    pinned: int = 0
    environment: bool = False
    lock: bool = False
    dockerfile: bool = False
    data_versioning: bool = False
    _loggers: list[tuple[str, int]] = field(default_factory=list)
    _hydra: Groups = field(default_factory=Groups)
    has_lightning: bool = False  # an MLFlowLogger is configured

    def name(self, path: str) -> None:
        """Take note of a file by its name alone."""
        if file_roles.MLPROJECT.search(path):
            self.mlproject.append(path)
        self.environment |= bool(
            file_roles.REQUIREMENTS.search(path) or file_roles.CONDA.search(path) or file_roles.DECLARATION.search(path)
        )
        self.lock |= bool(file_roles.LOCK.search(path))
        self.dockerfile |= bool(file_roles.DOCKERFILE.search(path))
        self.data_versioning |= bool(file_roles.DATA.search(path))
        if _KEDRO_CONF.search(path):
            self.kedro_conf = path

    def read(self, path: str, text: str) -> None:
        """Take note of what a configuration file says (comments do not count)."""
        plain = _COMMENT.sub("", text)
        if file_roles.REQUIREMENTS.search(path) or file_roles.CONDA.search(path):
            self._requirements(plain)
        if _KEDRO.search(plain):
            self.kedro_installed = True
        if path.endswith(".gitattributes"):
            self.data_versioning |= "filter=lfs" in plain
            return
        if "defaults" in plain and file_roles.YAML.search(path):
            self._hydra.read(path, plain)
        if "mlflow" not in plain.lower():
            return
        for pattern, library in (
            (_CLASS_PATH, "lightning"),
            (_REPORT, "transformers"),
            (_SPACY, "spacy"),
            (_VIS, "openmmlab"),
            *_SIMPLE,
        ):
            found = pattern.search(plain)
            if found:
                self.tracked.append((path, _line(plain, found.start()), found.group(0).strip()[:80], library))
        found = _zenml_tracker(plain)
        if found:
            self.tracked.append((path, _line(plain, found.start()), "experiment_tracker: mlflow", "zenml"))
        if "monai" in plain.lower():
            found = _MONAI_TRACKING.search(plain)
            if found:
                self.tracked.append((path, _line(plain, found.start()), found.group(0), "monai"))
        target = _TARGET.search(plain)
        if target:
            self._loggers.append((path, _line(plain, target.start())))
            self._hydra.loggers[path] = _line(plain, target.start())
        for found in _OVERRIDE.finditer(plain):
            names = found[2].split(",")
            line = _line(plain, found.start(1))
            choices = [Choice(found[1].strip("/"), name, line) for name in names if "mlflow" in name]
            self._hydra.choices.setdefault(path, []).extend(choices)

    def gather(self) -> None:
        """What the resolver must know of the configuration, once all of it is read."""
        self.has_lightning = bool(self._loggers) or any(row[3] == "lightning" for row in self.tracked)

    def _requirements(self, text: str) -> None:
        for line in text.splitlines():
            if (
                not line.strip()
                or line.lstrip().startswith(("-r", "-e", "--", "-c", "http", "git+"))
                or _NO_PACKAGE.match(line)
            ):
                continue
            found = _REQUIREMENT.match(line)
            if found:
                self.requirements += 1
                self.pinned += found.group("pin") is not None

    def conclude(self, hooks_in_code: bool) -> None:
        """Decide what is switched on: a logger must be chosen by some default, kedro's hook must be installed."""
        chosen = self._hydra.chosen() if self._loggers else []
        if chosen:
            self.tracked += [(path, line, "logger: mlflow", "hydra") for path, line in chosen]
        elif self._loggers:
            self.offered = True
            base = [row for row in self._loggers if not re.search(r"(?:^|/)loggers?/", row[0])]
            self.tracked += [(path, line, "_target_ MLFlowLogger", "hydra") for path, line in base]
        if self.kedro_conf and (self.kedro_installed or hooks_in_code):
            self.tracked.append((self.kedro_conf, 1, "kedro-mlflow", "kedro"))


def _zenml_tracker(text: str) -> re.Match[str] | None:
    """Where a stack's experiment tracker is MLflow."""
    if "experiment_tracker" not in text:
        return None
    component = "experiment_tracker"
    for found in _ZENML.finditer(text):
        if not found["component"] and component == "experiment_tracker":
            return found
        component = found["component"] or component
    return None


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
