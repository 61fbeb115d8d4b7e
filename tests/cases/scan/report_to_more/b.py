import click
import typer
from accelerate import Accelerator


@click.command()
@click.option("--report_to", default="mlflow")
def main(report_to):
    pass


def other(report_to: str = typer.Option("mlflow")):
    pass


Accelerator(log_with=["tensorboard", "mlflow"])
