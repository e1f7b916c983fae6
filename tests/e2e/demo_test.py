#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""`lkdoctor demo` judges its stand-in as it should: nothing found without a fault, and each fault named first."""
import subprocess
import sys


def main():
    binary = sys.argv[1]
    listed = subprocess.run([binary, "demo", "--list-faults"], capture_output=True, text=True, check=True, timeout=30)
    faults = [line.split()[0] for line in listed.stdout.splitlines() if line.strip()]
    missed = [] if len(faults) >= 12 else [f"only {len(faults)} faults are listed"]
    for fault in [None, *faults]:
        command = [binary, "demo", *(["--fault", fault] if fault else [])]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
        if run.returncode != 0:
            missed.append(f"{' '.join(command[1:])}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    print("\n".join(missed))
    print(f"{len(faults)} faults, {len(missed)} not as they should be")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
