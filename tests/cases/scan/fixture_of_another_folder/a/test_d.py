def test_a(keeper):
    keeper.log_metric("r", "loss", 1)
