import unittest

import mlflow


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = mlflow.MlflowClient()

    def setUp(self):
        self.client = mlflow.tracking.MlflowClient()

    def test_it(self):
        self.client.log_metric("r", "a", 1)
        self.shared.log_param("r", "a", 1)
