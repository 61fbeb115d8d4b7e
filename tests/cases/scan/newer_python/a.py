import mlflow

type Name = str
type Pair[A, B] = tuple[A, B]


class Box[T: int = int](object):
    def get[S](self, other: S = None) -> T | S:
        mlflow.log_param("a", f"{other["x"]!r:>{self["w"]}} {'y' + f"{1}"}")
        return other


def both[
    A,
    *B,
](a: A, *b: *B) -> A:
    mlflow.set_tag("a", f"{
        a  # what it is
    }")
    return a


try:
    pass
except* ValueError:
    mlflow.log_metric("a", 1)
print(f"{mlflow.log_artifact("a.txt")}" "and more")
