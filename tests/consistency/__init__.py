"""`make consistency`: is there an order in which all that was done and answered, on two processes, makes sense?"""

import sys
from pathlib import Path

# The package for Python is asked as well, as it lies here.
sys.path.append(str(Path(__file__).resolve().parents[2] / "clients" / "python"))
