"""Ways to start the same experiment, each prepared for real in a clone of its own."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime import git
from traceability.study.subjects import Staged

#: What a user types after the script; all other parameters keep their defaults.
OPTIONS = ("--seed", "7", "--test-size", "0.25")
PARAMS = {"seed": 7, "test_size": 0.25}
_CALL = "from experiment import Settings, run; run(Settings(seed=7, test_size=0.25))"


@dataclass(frozen=True)
class Site:
    """Where a launch is prepared: a fresh clone of the subject in an empty folder, and the interpreter to be used."""

    folder: Path
    clone: Path
    origin: str
    python: Path

    def git(self, *words: str, cwd: Path | None = None) -> str:
        """Run git in the clone."""
        return git.run(*words, cwd=cwd or self.clone)


@dataclass(frozen=True)
class Launch:
    """Words to start in a folder. `entry` is the file that the user means by them; None: there is no file."""

    words: tuple[str, ...]
    cwd: Path
    entry: Path | None
    #: Repository that holds the experiment's code; None: no repository is there.
    repository: Path | None
    environment: dict[str, str] = field(default_factory=dict)
    #: Leave git off PATH.
    without_git: bool = False
    #: Programs that the interpreter's environment must have.
    needs: tuple[str, ...] = ()


Mode = Callable[[Site], Launch]
MODES: dict[str, Mode] = {}
"""Every launch mode by its name in config/launch_modes.tsv."""


def mode(function: Mode) -> Mode:
    """Register a launch mode under its function's name."""
    MODES[function.__name__] = function
    return function


def _start(site: Site, script: str | Path, cwd: Path | None = None, root: Path | None = None) -> Launch:
    root = root or site.clone
    cwd = cwd or root
    return Launch((str(site.python), str(script), *OPTIONS), cwd, (cwd / script).absolute(), root)


def _append(path: Path, line: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")


@mode
def script(site: Site) -> Launch:
    return _start(site, "train.py")


@mode
def subdirectory(site: Site) -> Launch:
    return _start(site, "jobs/train_job.py")


@mode
def inside_subdirectory(site: Site) -> Launch:
    return _start(site, "train_job.py", cwd=site.clone / "jobs", root=site.clone)


@mode
def module(site: Site) -> Launch:
    words = (str(site.python), "-m", "trainer", *OPTIONS)
    return Launch(words, site.clone, site.clone / "trainer" / "__main__.py", site.clone)


@mode
def cwd_outside(site: Site) -> Launch:
    outside = site.folder / "elsewhere"
    outside.mkdir()
    return _start(site, site.clone / "train.py", cwd=outside, root=site.clone)


@mode
def detached_head(site: Site) -> Launch:
    site.git("checkout", "--quiet", "--detach", "HEAD")
    return _start(site, "train.py")


@mode
def feature_branch(site: Site) -> Launch:
    site.git("checkout", "--quiet", "-b", "feature/other")
    _append(site.clone / "train.py", "# on a branch\n")
    git.commit_all(site.clone, "On a branch")
    return _start(site, "train.py")


@mode
def linked_worktree(site: Site) -> Launch:
    tree = site.folder / "tree"
    site.git("worktree", "add", "--quiet", "-b", "second", str(tree))
    return _start(site, "train.py", root=tree)


@mode
def submodule(site: Site) -> Launch:
    outer = site.folder / "outer"
    outer.mkdir()
    (outer / "README").write_text("holds the project as a submodule\n", encoding="utf-8")
    git.commit_all(outer, "Outer project")
    site.git("submodule", "--quiet", "add", site.origin, "project", cwd=outer)
    git.commit_all(outer, "With the project")
    return _start(site, "train.py", root=outer / "project")


@mode
def shallow_clone(site: Site) -> Launch:
    shallow = site.folder / "shallow"
    site.git("clone", "--quiet", "--depth", "1", Path(site.origin).as_uri(), str(shallow), cwd=site.folder)
    return _start(site, "train.py", root=shallow)


@mode
def profiler(site: Site) -> Launch:
    words = (str(site.python), "-m", "cProfile", "-o", str(site.folder / "profile"), "train.py", *OPTIONS)
    return Launch(words, site.clone, site.clone / "train.py", site.clone)


@mode
def snakemake(site: Site) -> Launch:
    words = (
        str(site.python), "-m", "snakemake", "--cores", "1", "--quiet", "all",
        "--directory", str(site.clone), "--config", f"python={site.python}", "--", "train",
    )  # fmt: skip
    return Launch(words, site.clone, site.clone / "train.py", site.clone, needs=("snakemake",))


@mode
def uv_run(site: Site) -> Launch:
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    uv = shutil.which("uv", path=folders) or "uv"
    words = (uv, "run", "--quiet", "--offline", "--no-project", "--no-config", "--python", str(site.python), "train.py")
    return Launch((*words, *OPTIONS), site.clone, site.clone / "train.py", site.clone)


@mode
def mlflow_run(site: Site) -> Launch:
    chosen = ("-P", "seed=7", "-P", "test_size=0.25")
    words = (str(site.python), "-m", "mlflow", "run", ".", "--env-manager", "local", *chosen)
    return Launch(words, site.clone, site.clone / "train.py", site.clone, needs=("mlflow",))


@mode
def mlflow_run_dirty(site: Site) -> Launch:
    launch = mlflow_run(site)
    _append(site.clone / "train.py", "# not committed\n")
    return launch


@mode
def modified_script(site: Site) -> Launch:
    _append(site.clone / "train.py", "# not committed\n")
    return _start(site, "train.py")


@mode
def staged_script(site: Site) -> Launch:
    _append(site.clone / "train.py", "# staged, not committed\n")
    site.git("add", "train.py")
    return _start(site, "train.py")


@mode
def modified_import(site: Site) -> Launch:
    _append(site.clone / "experiment.py", "\n# not committed\n")
    return _start(site, "train.py")


@mode
def untracked_script(site: Site) -> Launch:
    shutil.copy(site.clone / "train.py", site.clone / "train_new.py")
    _append(site.clone / "train_new.py", "# new\n")
    return _start(site, "train_new.py")


@mode
def untracked_import(site: Site) -> Launch:
    (site.clone / "sitelocal.py").write_text("SCALE = 1\n", encoding="utf-8")
    text = (site.clone / "train.py").read_text(encoding="utf-8")
    (site.clone / "train.py").write_text(text.replace("import argparse", "import argparse\nimport sitelocal"))
    git.run("add", "train.py", cwd=site.clone)
    git.run("commit", "--quiet", "--message", "Use a file that was never added", cwd=site.clone)
    return _start(site, "train.py")


@mode
def other_repository(site: Site) -> Launch:
    other = site.folder / "launchers"
    other.mkdir()
    text = f'import sys\n\nsys.path.insert(0, "{site.clone}")\nfrom train import main\n\nmain()\n'
    (other / "start.py").write_text(text, encoding="utf-8")
    git.commit_all(other, "A collection of start scripts")
    site.git("checkout", "--quiet", "-b", "scripts", cwd=other)
    return _start(site, other / "start.py", cwd=site.clone)


@mode
def git_ignored(site: Site) -> Launch:
    scratch = site.clone / "scratch"
    scratch.mkdir()
    text = (site.clone / "train.py").read_text(encoding="utf-8")
    (scratch / "try.py").write_text(f'import sys\n\nsys.path.insert(0, "{site.clone}")\n{_plain(text)}')
    return _start(site, "scratch/try.py")


def _plain(text: str) -> str:
    """A script's text so that lines may stand before it."""
    return text.replace("from __future__ import annotations\n", "")


@mode
def dash_c(site: Site) -> Launch:
    return Launch((str(site.python), "-c", _CALL), site.clone, None, site.clone)


@mode
def standard_input(site: Site) -> Launch:
    words = ("sh", "-c", 'exec "$0" - "$@" < train.py', str(site.python), *OPTIONS)
    return Launch(words, site.clone, None, site.clone)


@mode
def script_outside(site: Site) -> Launch:
    outside = site.folder / "desk"
    outside.mkdir()
    text = (site.clone / "train.py").read_text(encoding="utf-8")
    (outside / "train.py").write_text(f'import sys\n\nsys.path.insert(0, "")\n{_plain(text)}', encoding="utf-8")
    return _start(site, outside / "train.py", cwd=site.clone)


@mode
def symlink_outside(site: Site) -> Launch:
    outside = site.folder / "desk"
    outside.mkdir()
    (outside / "train.py").symlink_to(site.clone / "train.py")
    return _start(site, outside / "train.py", cwd=outside, root=site.clone)


@mode
def console_script(site: Site) -> Launch:
    program = site.folder / "bin" / "diabetes-train"
    program.parent.mkdir()
    program.write_text(f"#!{site.python}\nimport sys\n\nfrom train import main\n\nsys.exit(main())\n", encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join([str(site.clone)])
    return Launch((str(program), *OPTIONS), site.folder, program, site.clone, {"PYTHONPATH": path})


@mode
def installed_package(site: Site) -> Launch:
    target = site.folder / "installed"
    shutil.copytree(site.clone, target, ignore=shutil.ignore_patterns(".git"))
    words = (str(site.python), "-m", "trainer", *OPTIONS)
    entry = target / "trainer" / "__main__.py"
    return Launch(words, site.clone.parent, entry, site.clone, {"PYTHONPATH": str(target)})


@mode
def zipped(site: Site) -> Launch:
    archive = site.folder / "project.pyz"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(site.clone.rglob("*.py")):
            packed.write(path, path.relative_to(site.clone))
        packed.writestr("__main__.py", "from train import main\n\nmain()\n")
    return Launch((str(site.python), str(archive), *OPTIONS), site.clone, archive, site.clone)


@mode
def notebook(site: Site) -> Launch:
    # A kernel that needs more than half of this to end is killed; the usual five seconds were too few once under load.
    words = (
        str(site.python), "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", str(site.folder),
        "--KernelManager.shutdown_wait_time=60", "training.ipynb",
    )  # fmt: skip
    return Launch(words, site.clone, site.clone / "training.ipynb", site.clone, needs=("nbconvert", "ipykernel"))


@mode
def pytest(site: Site) -> Launch:
    words = (str(site.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_train.py")
    return Launch(words, site.clone, site.clone / "test_train.py", site.clone, needs=("pytest",))


@mode
def spawned_child(site: Site) -> Launch:
    text = "import multiprocessing\n\nfrom train import main\n\nif __name__ == '__main__':\n"
    text += "    child = multiprocessing.get_context('spawn').Process(target=main)\n"
    (site.clone / "many.py").write_text(f"{text}    child.start()\n    child.join()\n", encoding="utf-8")
    git.commit_all(site.clone, "Train in a child process")
    return _start(site, "many.py")


@mode
def without_git(site: Site) -> Launch:
    launch = _start(site, "train.py")
    return Launch(launch.words, launch.cwd, launch.entry, launch.repository, without_git=True)


@mode
def no_commits(site: Site) -> Launch:
    shutil.rmtree(site.clone / ".git")
    git.run("init", "--quiet", cwd=site.clone)
    return _start(site, "train.py")


@mode
def container(site: Site) -> Launch:
    target = site.folder / "app"
    shutil.copytree(site.clone, target, ignore=shutil.ignore_patterns(".git"))
    launch = _start(site, "train.py", root=target)
    return Launch(launch.words, target, launch.entry, None, without_git=True)


def prepare(launch_mode: str, subject: Staged, folder: Path, python: Path) -> Launch:
    """Make a clone of `subject` below `folder` (created) and get it ready to be launched as `launch_mode` says."""
    folder.mkdir(parents=True)
    clone = folder / "project"
    git.run("clone", "--quiet", subject.origin, str(clone))
    return MODES[launch_mode](Site(folder, clone, subject.origin, python))


def by_guild(launch: Launch, python: Path) -> list[str]:
    """The words with which Guild starts the script of a launch: options become flags, the script keeps its folder.

    Raises `StudyError` where the user's words start no script by the interpreter: Guild has nothing to run then.
    """
    program, script = launch.words[:2]
    if program != str(python) or not script.endswith(".py"):
        raise StudyError("Guild AI starts Python scripts by itself, and this launch mode starts none")
    pairs = zip(OPTIONS[::2], OPTIONS[1::2], strict=True)
    flags = [f"{name.removeprefix('--')}={value}" for name, value in pairs]
    place = os.path.relpath(launch.cwd / script, launch.cwd)
    # Without `--force-flags`: with it Guild records flags that a script without options of its own never gets.
    return [str(python.parent / "guild"), "run", place, *flags, "--yes"]


def search_path(launch: Launch, python: Path) -> str:
    """PATH of the launched process: the environment's programs, then the system's; git only where it may be found."""
    places = [str(python.parent)]
    if launch.without_git:
        return places[0]
    git_program = shutil.which("git")
    return os.pathsep.join([*places, *([str(Path(git_program).parent)] if git_program else []), os.defpath])


def has(python: Path, packages: tuple[str, ...]) -> list[str]:
    """Those of `packages` that the environment of `python` lacks."""
    folder = Path(sysconfig.get_path("purelib", vars={"base": str(python.parent.parent)}))
    return [name for name in packages if not list(folder.glob(f"{name}-*.dist-info"))]
