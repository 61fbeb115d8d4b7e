from . import backends
from .registry import get
