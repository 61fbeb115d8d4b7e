from mmengine.visualization import LocalVisBackend, MLflowVisBackend, Visualizer

vis_backends = [dict(type=LocalVisBackend), dict(type=MLflowVisBackend)]
