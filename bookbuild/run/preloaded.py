"""What every notebook imports, in the process whose forks are their kernels.

Not pyplot: it and its inline backend take hold of the kernel that imports them.
"""

import gc

# Kernels need not look for garbage among these, and so go on sharing their memory.
gc.freeze()
