#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Every kind of finding is well formed, listed by a check and provoked by a test; every fact has a giver.

Runs after all tests: they note what they provoke in build/<preset>/provoked/."""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

# Parts of names, not values of a run: IPv4, HTTP/2, /rtc/v1, LiveKit's own port numbers.
NAMES_WITH_DIGITS = re.compile(r"IPv[46]|HTTP/[123](\.\d)?|TLS 1\.[0-3]( or 1\.[0-3])?|32 characters|/?v\d\b|1:1|\b(788[012]|5349|443|80|406)\b")
HEADINGS = ("How it is measured", "Look-alikes", "Repair")
NO_VERBS = {"A", "An", "The", "This", "That", "If", "It", "You", "Your", "No", "Not", "Please", "There", "When"}


def front_matter(path):
    """The fields, and under `prose` what follows them."""
    text = path.read_text(encoding="utf-8")
    return {"prose": text.split("---\n", 2)[2]} | dict(line.split(": ", 1) for line in text.split("---\n")[1].splitlines() if ": " in line)


def wrong_with(slug, fields):
    if re.search(r"\d", NAMES_WITH_DIGITS.sub("", fields["title"])):
        yield f"findings/{slug}.md: the title holds a value; a title is without values: {fields['title']!r}"
    if fields["title"].endswith("."):
        yield f"findings/{slug}.md: the title ends with a full stop"
    leads = re.findall(r"^\*\*(.+?)\.\*\*", fields["prose"], re.M)
    if [lead for lead in leads if lead in HEADINGS] != list(HEADINGS):
        yield f"findings/{slug}.md: it needs the leads {', '.join(HEADINGS)}, in this order; it has {', '.join(leads)}"
    first = fields["remedy"].split()[0]
    if not first[:1].isupper() or first.rstrip(",.:") in NO_VERBS:
        yield f"findings/{slug}.md: the remedy starts with {first!r}, not with a verb"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--provoked", type=pathlib.Path, required=True)
    parser.add_argument("--catalogue", type=pathlib.Path, required=True, help="program that prints the check table")
    parser.add_argument("--pending", type=pathlib.Path, help="ids that may still lack a check or a test, one a line")
    options = parser.parse_args()

    pending = set(options.pending.read_text(encoding="utf-8").split()) if options.pending else set()
    checks = json.loads(subprocess.run([options.catalogue], check=True, stdout=subprocess.PIPE).stdout)
    findings = {path.stem: front_matter(path) for path in sorted((options.source / "findings").glob("*.md"))}
    provoked = set()
    for note in options.provoked.glob("*"):
        provoked |= set(note.read_text(encoding="utf-8").split())
    raised_by = collections.defaultdict(list)
    givers = {fact for check in checks for fact in check["gives"]}

    problems = [problem for slug, fields in findings.items() for problem in wrong_with(slug, fields)]
    for check in checks:
        for slug in check["findings"]:
            raised_by[slug].append(check["id"])
        for fact in check["needs"] + check["after"]:
            if fact not in givers:
                problems.append(f"checks/{check['id']}: waits for the fact {fact}, which no check gives")
    titles = collections.Counter(fields["title"] for fields in findings.values())
    for slug, fields in findings.items():
        if slug in pending:
            print(f"pending: findings/{slug}.md")
            continue
        if not raised_by[slug]:
            problems.append(f"findings/{slug}.md: no check lists it in info().findings")
        if slug not in provoked:
            problems.append(f"findings/{slug}.md: no test provokes it (test::judge or test::provoked); "
                            f"listed by {', '.join(raised_by[slug]) or 'no check'}")
        if titles[fields["title"]] > 1:
            problems.append(f"findings/{slug}.md: another finding has the same title")
    for problem in sorted(problems):
        print(problem)
    print(f"{len(findings)} findings, {len(provoked & findings.keys())} provoked, {len(checks)} checks, "
          f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
