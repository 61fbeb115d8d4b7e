vis_backends = [{"type": "mmengine.visualization.MLflowVisBackend"}]
