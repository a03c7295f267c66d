#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what `meson test` ran: summary.py FOLDER...

Reads FOLDER/meson-logs/testlog.json of every build folder. A Criterion program counts as its own tests, any other
program as one. Lists failures and skipped checks with their reasons; the last line is the sum. Ends with 1 when
something failed, or when nothing ran."""
import json
import os
import re
import sys

SYNTHESIS = re.compile(r'^\[====\] Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)', re.M)
SKIPPED = re.compile(r'^\[SKIP\] (.*)$', re.M)
FAILED = re.compile(r'^\[FAIL\] (.*)$', re.M)
PLAIN = re.compile(r'^(\d+) tests, (\d+) failed, (\d+) skipped$', re.M)
PLAIN_SKIPPED = re.compile(r'^(.*\(skipped: .*\))$', re.M)


def grouped(lines):
    """Lines that end with the same reason as one line, where there are many of them."""
    reasons = {}
    for line in lines:
        program, _, rest = line.partition(': ')
        reasons.setdefault((program, rest.rpartition(': ')[2]), []).append(line)
    for (program, reason), same in sorted(reasons.items()):
        if len(same) > 4:
            yield f'{program}: {reason} ({len(same)} times)'
        else:
            yield from sorted(same)


class Count:
    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skips = []
        self.criterion = [0, 0, 0, 0]

    def add_criterion(self, name, text, ok):
        runs = [[int(n) for n in run] for run in SYNTHESIS.findall(text)]
        skips = [f'{name}: {line.strip()}' for line in SKIPPED.findall(text)]
        failing = sum(run[2] for run in runs)
        for run in runs:
            self.criterion = [a + b for a, b in zip(self.criterion, run)]
        self.passed += sum(run[1] for run in runs)
        self.skips += skips
        named = [f'{name}: {line.strip()}' for line in FAILED.findall(text)]
        self.failures += named[:failing] + [f'{name}: a test failed'] * (failing - len(named))
        if not ok and not failing:
            self.failures.append(f'{name}: all tests passed, but the program ended with an error')
        if ok and not skips and not sum(run[0] for run in runs):
            self.failures.append(f'{name}: no test ran')

    def add_plain(self, name, text, ok, match):
        total, failing, skipped = (int(n) for n in match.groups())
        self.passed += total - failing - skipped
        self.failures += [f'{name}: a test failed'] * failing
        reasons = PLAIN_SKIPPED.findall(text)
        self.skips += [f'{name}: {reasons[i].strip() if i < len(reasons) else "?"}' for i in range(skipped)]
        if not ok and not failing:
            self.failures.append(f'{name}: ended with an error')

    def add(self, folder, test):
        text = (test.get('stdout') or '') + '\n' + (test.get('stderr') or '')
        name, result = f"{folder} {test['name']}", test['result']
        ok = result in ('OK', 'EXPECTEDFAIL')
        plain = PLAIN.search(text)
        if result == 'SKIP':
            lines = [line for line in text.splitlines() if line.strip()]
            self.skips.append(f"{name}: {lines[-1].strip() if lines else 'no reason given'}")
        elif SYNTHESIS.search(text):
            self.add_criterion(name, text, ok)
        elif plain:
            self.add_plain(name, text, ok, plain)
        elif ok:
            self.passed += 1
        else:
            self.failures.append(f'{name}: {result}')


def main(folders):
    count = Count()
    for folder in folders:
        short = os.path.basename(os.path.normpath(folder))
        try:
            with open(os.path.join(folder, 'meson-logs', 'testlog.json'), encoding='utf-8') as log:
                for line in log:
                    count.add(short, json.loads(line))
        except (OSError, ValueError, KeyError) as why:
            count.failures.append(f'{short}: not built or not run: {why}')
    print('Criterion: Tested: {} | Passing: {} | Failing: {} | Crashing: {}'.format(*count.criterion))
    for title, lines in (('Skipped:', count.skips), ('Failed:', count.failures)):
        if lines:
            print(title)
        for line in grouped(lines):
            print(f'  {line}')
    print(f'{count.passed} passed, {len(count.failures)} failed, {len(count.skips)} skipped')
    return 1 if count.failures or not count.passed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
