"""What every notebook imports, in the process whose forks are their kernels.

Not pyplot: it and its inline backend take hold of the kernel that imports them.
"""

import gc
import importlib

MODULES = (
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PpmImagePlugin",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "pandas.io.formats.style",
)
for name in MODULES:
    importlib.import_module(name)
# Kernels need not look for garbage among these, and so go on sharing their memory.
gc.freeze()
