"""A program's options are read from its source, whatever declares them; nothing of it is ever run."""

from pathlib import Path

import pytest

from traceability.replay.program import reading
from traceability.replay.program.reading import Call

RUNS = "\nraise SystemExit('nobody runs this')\n"


def called(folder: Path, source: str, params: dict[str, str], **others: str) -> Call:
    (folder / "fit.py").write_text(source + RUNS)
    for name, text in others.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return reading.call(reading.declared(folder, "fit.py"), params)


ARGPARSE = """
import argparse
NAMES = ["a", "b"]
p = argparse.ArgumentParser()
p.add_argument("table")
p.add_argument("--widths", type=int, nargs="+", default=[1])
p.add_argument("--deep", action="store_true")
p.add_argument("--no-gpu", dest="gpu", action="store_false")
p.add_argument("--warm", action=argparse.BooleanOptionalAction)
p.add_argument("-m", "--momentum", metavar="m")
p.add_argument("-wd", type=float)
p.add_argument("-k")
p.add_argument("--plot", type=bool, default=True)
p.add_argument("-v", "--verbose", action="count")
p.add_argument("--tag", action="append")
p.add_argument("--fast", action="store_const", const=3, default=1)
p.add_argument("--limit", type=int, default=None)
for name in NAMES:
    p.add_argument("--" + name)
"""


def test_argparse_flags_lists_and_short_options(tmp_path):
    params = {
        "table": "x.csv", "widths": "[64, -3]", "deep": "True", "gpu": "False", "warm": "False", "momentum": "-c evil",
        "wd": "0.1", "k": "7", "plot": "False", "verbose": "2", "tag": "['u', 'v']", "fast": "3", "limit": "None",
        "loss": "mse",
    }  # fmt: skip
    read = called(tmp_path, ARGPARSE, params)
    assert read.words == (
        "x.csv", "--deep", "--fast", "--momentum=-c evil", "--no-gpu", "--no-warm", "--plot=", "--tag=u", "--tag=v",
        "--verbose", "--verbose", "--widths", "64", "-3", "-k7", "-wd=0.1",
    )  # fmt: skip
    assert (read.unmapped, read.defaulted, read.unread) == (("loss",), (), ("fit.py:19",))


def test_what_cannot_be_handed_over_is_said_and_not_lost(tmp_path):
    params = {"deep": "perhaps", "widths": "['--deep']", "fast": "9", "verbose": "many"}
    read = called(tmp_path, ARGPARSE, params | {"table": "x"})
    assert read.words == ("x",)
    assert read.unmapped == ("deep", "fast", "verbose", "widths")
    assert read.reasons["widths"] == "'--deep' would be read as an option"
    assert set(read.reasons) == set(read.unmapped)
    assert called(tmp_path, ARGPARSE, {}).missing == ("table",)
    assert called(tmp_path, ARGPARSE, {"table": "--deep"}).unmapped == ("table",), "a value is never an option"


def test_subcommands(tmp_path):
    source = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--root')\n"
        "s = p.add_subparsers(dest='task')\na = s.add_parser('train')\na.add_argument('--rate')\n"
        "b = s.add_parser('score')\nb.add_argument('--rate')\nb.add_argument('--on')\n"
    )
    read = called(tmp_path, source, {"task": "train", "rate": "3", "root": "r", "on": "x"})
    assert (read.words, read.unmapped) == (("--root=r", "train", "--rate=3"), ("on",))
    assert "the record does not say which" in called(tmp_path, source, {"rate": "3"}).reasons["subcommand"]


TYPER = """
from typing import Annotated, List, Optional
import typer
app = typer.Typer()
@app.command()
def main(table: str, rate: Annotated[float, typer.Option("--rate", "-r")] = .1, shuffle: bool = True,
         force: bool = typer.Option(False, "--force"), names: Optional[List[str]] = None,
         batch_size: int = typer.Option(..., help="h")): ...
app()
"""
CLICK = """
import click
@click.command()
@click.option("--rate", "-r", default=.1)
@click.option("--shuffle/--keep-order", default=True)
@click.option("-f", "--force", "forced", is_flag=True)
@click.option("--name", "names", multiple=True)
@click.option("--shape", nargs=2)
@click.argument("table")
def main(**words): ...
main()
"""
ABSL = """
from absl import flags
flags.DEFINE_float("rate", .1, "h")
flags.DEFINE_bool("shuffle", True, "h")
flags.DEFINE_list("names", [], "h")
flags.DEFINE_multi_integer("width", [], "h")
"""
FIRE = "import fire\ndef main(rate=.1, *, table): ...\nfire.Fire(main)\n"
BY_NUMBER = "import sys\nrate = float(sys.argv[1]) if len(sys.argv) > 1 else .5\ntable = sys.argv[2]\n"


@pytest.mark.parametrize(
    ("source", "params", "words"),
    [
        (TYPER, {"table": "t", "rate": "3", "shuffle": "False", "force": "True", "names": "['a']", "batch_size": "4"},
         ("t", "--batch-size=4", "--force", "--names=a", "--no-shuffle", "--rate=3")),
        (TYPER, {"table": "t", "rate": "-1", "force": "False", "names": "None", "batch_size": "4"},
         ("t", "--batch-size=4", "--rate=-1")),
        (CLICK, {"table": "t", "rate": "3", "shuffle": "False", "forced": "True", "names": "('a', 'b')",
                 "shape": "(1, 2)"},
         ("t", "--force", "--keep-order", "--name=a", "--name=b", "--rate=3", "--shape", "1", "2")),
        (ABSL, {"rate": "3", "shuffle": "False", "names": "['a', 'b']", "width": "[1, 2]"},
         ("--names=a,b", "--noshuffle", "--rate=3", "--width=1", "--width=2")),
        (FIRE, {"rate": "-2", "table": "t"}, ("--rate=-2", "--table=t")),
        (BY_NUMBER, {"rate": "0.3", "table": "t"}, ("0.3", "t")),
        (BY_NUMBER, {"table": "t"}, ()),
    ],
)  # fmt: skip
def test_other_libraries(tmp_path, source, params, words):
    assert called(tmp_path, source, params).words == words


SETTINGS = """
from dataclasses import dataclass, field
from typing import ClassVar, List, Optional

@dataclass
class Net:
    width: int = 8
    drop: "Optional[float]" = None

@dataclass
class Base:
    seed: int

@dataclass
class Settings(Base):
    KIND: ClassVar[str] = "a"
    lr: float = field(default=0.1, metadata={"help": "x"})
    layers: List[int] = field(default_factory=lambda: [1])
    warm: bool = False
    hidden: int = field(default=1, init=False)
    net: Net = field(default_factory=Net)
"""
GIVEN = {"seed": "3", "lr": "0.5", "layers": "[4, 8]", "warm": "True", "drop": "0.2", "net.width": "16", "hidden": "9",
         "KIND": "b"}  # fmt: skip
FLAT = ("--drop=0.2", "--layers", "4", "8", "--lr=0.5", "--seed=3", "--warm=True")


@pytest.mark.parametrize(("end", "words", "unmapped"), [
    ("from transformers import HfArgumentParser, TrainingArguments\n"
     "a, b, c = HfArgumentParser((Settings, Net, TrainingArguments)).parse_args_into_dataclasses()",
     FLAT, ("KIND", "hidden", "net.width")),
    ("import simple_parsing\np = simple_parsing.ArgumentParser()\np.add_arguments(Settings, dest='s')\n"
     "p.add_arguments(Net, 'n')", FLAT, ("KIND", "hidden", "net.width")),
    ("import tyro\ntyro.cli(Settings)",
     ("--layers", "4", "8", "--lr=0.5", "--net.width=16", "--seed=3", "--warm"), ("KIND", "drop", "hidden")),
    ("import pyrallis\n@pyrallis.wrap()\ndef main(s: Settings): pass",
     ("--layers=[4, 8]", "--lr=0.5", "--net.width=16", "--seed=3", "--warm=True"), ("KIND", "drop", "hidden")),
])  # fmt: skip
def test_dataclasses_from_whatever_reads_them(tmp_path, end, words, unmapped):
    read = called(tmp_path, f"from settings import *\nfrom settings import Settings, Net\n{end}", GIVEN,
                  settings_dot_py=SETTINGS)  # fmt: skip
    assert (read.words, read.unmapped, read.missing) == (words, unmapped, ())
    assert called(tmp_path, f"from settings import Settings, Net\n{end}", {"lr": "1"}).missing == ("seed",)


def test_a_function_that_tyro_calls(tmp_path):
    source = "import tyro\ndef main(rate: float, deep: bool = True, sizes: list[int] = [1]): pass\ntyro.cli(main)"
    read = called(tmp_path, source, {"rate": "1", "deep": "False", "sizes": "[2, 3]"})
    assert read.words == ("--no-deep", "--rate=1", "--sizes", "2", "3")


def test_hydra_takes_values_of_its_configuration_and_nothing_that_calls_something_else(tmp_path):
    source = (
        "import hydra\n@hydra.main(version_base=None, config_path='conf', config_name='main')\n"
        "def run(config): ...\nrun()\n"
    )
    files = {
        "conf__main_dot_yaml": "defaults: [_self_, {optimizer: adam}]\nseed: 1\ntext: a\nsizes: [1]\n"
                               "hydra: {run: {dir: x}}\nmodel: {_target_: a.B, depth: 2}\n",
        "conf__optimizer__adam_dot_yaml": "rate: 0.2\n",
    }  # fmt: skip
    params = {"seed": "3", "optimizer.rate": "0.1", "text": "a b,c", "sizes": "[2, 3]", "model.depth": "4",
              "hydra.run.dir": "/x", "model._target_": "os.system"}  # fmt: skip
    read = called(tmp_path, source, params, **files)
    assert read.words == ("model.depth=4", "optimizer.rate=0.1", "seed=3", "sizes=[2,3]", "text='a b,c'")
    assert read.unmapped == ("hydra.run.dir", "model._target_")
    assert called(tmp_path, source, {"text": "${oc.env:HOME}"}, **files).unmapped == ("text",)


def test_a_parser_in_another_module_of_the_commit_is_found_and_one_outside_is_not(tmp_path):
    (tmp_path / "elsewhere.py").write_text("def add(p): p.add_argument('--secret')\n")
    folder = tmp_path / "code"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "link.py").symlink_to(tmp_path / "elsewhere.py")
    library = (
        "def parser(p):\n    p.add_argument('--rate', required=True)\n"
        "if __name__ == '__main__':\n    p.add_argument('--other')\n"
    )
    source = "import argparse\nfrom lib.flags import parser\nfrom lib import link\nparser(argparse.ArgumentParser())\n"
    read = called(folder, source, {"rate": "1", "other": "2", "secret": "3"}, lib__flags_dot_py=library)
    assert (read.words, read.unmapped) == (("--rate=1",), ("other", "secret"))


def test_a_program_without_options_gets_none(tmp_path):
    read = called(tmp_path, "print('trains at once')\n", {"rate": "1"})
    assert (read.words, read.unmapped) == ((), ("rate",))
    assert called(tmp_path, "def broken(:\n", {"rate": "1"}).unmapped == ("rate",)
