def test_b(keeper):
    keeper.log_metric("r", "loss", 1)
