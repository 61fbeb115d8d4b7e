from tools.track import begin, keep, settings

with begin():
    keep("loss", 0.1)
    settings({"a": 1})
