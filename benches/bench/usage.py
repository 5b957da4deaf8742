"""CMD ARG...: runs it and ends stderr with one JSON line: wall, cpu (seconds), peak_kib, code."""
import json
import resource
import subprocess
import sys
import time

started = time.perf_counter()
code = subprocess.run(sys.argv[1:]).returncode
wall = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("\n" + json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak_kib": used.ru_maxrss, "code": code}), file=sys.stderr)
