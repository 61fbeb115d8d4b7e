import random
import time

random.seed(time.time())
split(x, random_state=None)
