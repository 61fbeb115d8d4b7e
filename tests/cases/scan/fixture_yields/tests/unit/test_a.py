class TestFit:
    def test_one(self, tracked):
        tracked.log_param("r", "a", 1)

    def test_two(self, other):
        other.log_param("r", "a", 1)
