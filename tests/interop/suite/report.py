"""The lines of the report: one for each check, and a sum at the end."""

import sys
import time
import traceback


class Failed(Exception):
    """A check's expectation that did not hold; the text says what was there instead."""


class Report:
    def __init__(self, wanted):
        self.wanted = wanted
        self.passed = 0
        self.failed = []
        self.skipped = 0

    def check(self, name, function, *arguments):
        """Runs one check. What it returns is handed on; None when it failed or was not asked for."""
        if self.wanted and not any(part in name for part in self.wanted):
            return None
        started = time.monotonic()
        try:
            value = function(*arguments)
        except Exception as error:  # every way to fail is a line, none ends the run
            self.failed.append(name)
            print(f"FAIL {name}", flush=True)
            detail = str(error) if isinstance(error, Failed) else traceback.format_exc()
            for line in detail.rstrip().splitlines():
                print(f"     {line}", flush=True)
            return None
        self.passed += 1
        print(f"ok   {name} ({time.monotonic() - started:.1f} s)", flush=True)
        return value

    def skip(self, name, reason):
        self.skipped += 1
        print(f"skip {name}: {reason}", flush=True)

    def finish(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {len(self.failed)} failed{skipped}")
        sys.exit(1 if self.failed or not self.passed else 0)


def short(value, limit=900):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def expect(condition, message):
    if not condition:
        raise Failed(message)


def expect_equal(actual, expected, what):
    expect(actual == expected, f"{what}: expected {short(expected)}\n  got {short(actual)}")


def expect_in(part, text, what):
    expect(part.lower() in str(text).lower(), f"{what}: expected `{part}` in {short(str(text))}")


def expect_not_in(part, text, what):
    expect(part.lower() not in str(text).lower(), f"{what}: did not expect `{part}` in {short(str(text))}")


def until(condition, what, seconds=10.0):
    """Waits for a condition of another process; fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < deadline, f"{what}: not within {seconds:g} s")
        time.sleep(0.02)
