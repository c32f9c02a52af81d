"""How many times longer than usual everything may take: RIG_SLOW, see rig.sh."""
import os

SLOW = int(os.environ.get("RIG_SLOW", 1))
