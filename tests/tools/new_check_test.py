#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""A scaffolded check builds, passes its test and is listed, and adding it changes no other file.

Works in a mount namespace of its own, where source and build are overlaid by a tmpfs: the same paths, so that only
what the new check touches is built, and nothing of it stays."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ID = "tcp_scaffolded"
SLUG = "scaffolded-thing-broken"
SKIPPED = 77


def run(*command, cwd):
    print("+", *command, flush=True)
    done = subprocess.run([str(part) for part in command], cwd=cwd, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stdout[-6000:]}\nfailed with status {done.returncode}")
    return done.stdout


def scaffolded(upper, tree, *extra):
    """What tools/new_check wrote: every changed file is in the overlay's upper folder."""
    run("tools/new_check", ID, "A scaffolded check of this test", *extra, cwd=tree)
    return sorted(str(path.relative_to(upper)) for path in upper.rglob("*") if not path.is_dir())


def in_overlay(options, scratch):
    tree, build = options.source, options.binary
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", scratch], check=True)
    upper, work = scratch / "upper", scratch / "work"
    upper.mkdir()
    work.mkdir()
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={tree},upperdir={upper},workdir={work}", tree],
                   check=True)
    os.chdir(tree)  # the folder of before the mount is the one below it
    own = [f"checks/{ID}/{name}" for name in ("README.md", "check.cpp", "check_test.cpp")]
    written = scaffolded(upper, tree, "--finding", SLUG)
    if written != own + [f"findings/{SLUG}.md"]:
        sys.exit(f"other files were touched: {written}")
    run("tools/gen_findings", "--output", scratch / "generated", tree / "findings" / f"{SLUG}.md", cwd=tree)

    # The build is shown for a check without a finding of its own: a new one would compile every check again.
    shutil.rmtree(tree / "checks" / ID)
    (tree / "findings" / f"{SLUG}.md").unlink()
    scaffolded(upper, tree)
    run("clang-format-16", "--dry-run", "--Werror", f"checks/{ID}/check.cpp", f"checks/{ID}/check_test.cpp", cwd=tree)
    run(options.cmake, "--build", build, "--target", "test_checks", "lkdoctor", cwd=tree)
    tests = run(build / "tests" / "test_checks", f"--source-file=*/{ID}/check_test.cpp", cwd=tree)
    if " 2 passed" not in tests:
        sys.exit(tests)
    listed = subprocess.run([build / "lkdoctor", "list", "checks"], text=True, stdout=subprocess.PIPE, check=False).stdout
    if ID not in listed:
        sys.exit(f"`lkdoctor list checks` does not show {ID}:\n{listed}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--cmake", required=True)
    parser.add_argument("--scratch", type=pathlib.Path, help="set in the namespace")
    options = parser.parse_args()
    if options.scratch:
        return in_overlay(options, options.scratch)
    rights = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    if subprocess.run(["unshare", *rights, "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        print("SKIPPED: needs root or an unprivileged user namespace")
        sys.exit(SKIPPED)
    scratch = tempfile.mkdtemp(prefix="lkdoctor-new-check-")
    try:
        done = subprocess.run(["unshare", *rights, sys.executable, *sys.argv, "--scratch", scratch], check=False)
    finally:
        os.rmdir(scratch)
    return sys.exit(done.returncode)


if __name__ == "__main__":
    main()
