"""`python -m tests.fault.breakable SERVICE …`: a service as it is, in a process that may break."""

import runpy
import sys

from tests.fault.breakage import break_as_ordered

if __name__ == "__main__":
    break_as_ordered()
    runpy.run_module(f"services.{sys.argv.pop(1)}", run_name="__main__", alter_sys=True)
