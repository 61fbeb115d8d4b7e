from typing import Annotated

import click
from fastapi import Depends, FastAPI
from mlflow import MlflowClient


class Service:
    def __init__(self, client: MlflowClient = Depends(MlflowClient)):
        self.client = client

    def note(self):
        self.client.log_metric("r", "a", 1)


def service() -> Service:
    return Service()


Injected = Annotated[Service, Depends(service)]
app = FastAPI()


@app.get("/")
async def route(svc: Injected, other: Service = Depends()):
    svc.client.log_param("r", "a", 1)
    other.client.set_tag("r", "a", "b")


@click.group()
@click.pass_context
def cli(ctx):
    ctx.obj = MlflowClient()


@cli.command()
@click.pass_obj
def one(obj):
    pass


@cli.command()
@click.pass_context
def two(ctx):
    ctx.obj.log_artifact("r", "a")
