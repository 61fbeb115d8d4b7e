from dependency_injector.wiring import Provide, inject

from containers import Container


@inject
def note(client=Provide[Container.tracking]):
    client.log_metric("r", "loss", 0.5)


def other():
    Container.tracking().log_param("r", "a", 1)
