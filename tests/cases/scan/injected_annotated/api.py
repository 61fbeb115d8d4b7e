from typing import Annotated

from fastapi import APIRouter, Depends
from mlflow import MlflowClient

router = APIRouter()


def connect():
    client = MlflowClient()
    try:
        yield client
    finally:
        pass


Tracker = Annotated[object, Depends(connect)]


@router.post("/a")
def first(client: Annotated[object, Depends(connect)]):
    client.log_param("r", "a", 1)


@router.post("/b")
def second(client: Tracker, more=Depends(connect)):
    more.set_tag("r", "a", "b")
