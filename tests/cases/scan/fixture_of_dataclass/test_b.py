def test_world(world):
    world.client.log_metric("r", "loss", 1.0)
