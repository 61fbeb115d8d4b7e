def test_a(shared_client):
    shared_client.log_metric("r", "a", 1)


def test_b(context, make_client):
    context["client"].log_param("r", "a", 1)
    make_client().set_tag("r", "a", "b")


class TestC:
    def test_c(self, each):
        each.log_artifact("r", "a")
