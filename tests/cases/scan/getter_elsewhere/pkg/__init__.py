from pkg.clients import *
