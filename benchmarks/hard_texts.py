"""Texts that have made Markdown parsers slow: measured by `benchmarks.rendering`, their work counted by the tests."""

from __future__ import annotations

from collections.abc import Callable

# Each of a size, up to which it is read as Markdown.
HARD: dict[str, Callable[[int], str]] = {
    "opening brackets": lambda n: "[" * n,
    "brackets": lambda n: "[" * n + "]" * n,
    "links": lambda n: "[a](b) " * n,
    "links that are not closed": lambda n: "[a](" * n,
    "images in images": lambda n: "![" * n + "a](tg://b)" * n,
    "spaces in an address": lambda n: "](   " * n,
    "quotes": lambda n: ">" * n + " a",
    "quotes with spaces": lambda n: "> " * n + "a",
    "stars": lambda n: "*" * n,
    "stars and spaces": lambda n: "* " * n,
    "underscores": lambda n: "_" * n,
    "opening stars": lambda n: "*a " * n,
    "two kinds of openings": lambda n: "*a _b " * n,
    "nested emphasis": lambda n: "*a " * n + "b* " * n,
    "bold words": lambda n: "**a** " * n,
    "powers": lambda n: "a**b " * n,
    "backticks": lambda n: "`" * n,
    "runs of backticks": lambda n: "".join("`" * k + " " for k in range(int(n**0.5) * 4)),
    "code": lambda n: "`a` " * n,
    "escaped marks": lambda n: r"\*a\* " * n,
    "a list in one line": lambda n: "- " * n + "a",
    "a list": lambda n: "- a\n" * n,
    "numbers": lambda n: "1. a\n\n" * n,
    "headings": lambda n: "# a\n" * n,
    "rules": lambda n: "---\n" * n,
    "fences": lambda n: "```\n" * n,
    "a table": lambda n: "|a|b|c|\n|-|-|-|\n" + "|d|e|f|\n" * n,
    "a wide table": lambda n: "|a" * n + "|\n" + "|-" * n + "|\n" + "|b" * n + "|",
    "tables": lambda n: "a|b\n-|-\n" * n,
    "almost a ruler": lambda n: "a|b\n" + "-|" * n + "x",
    "entities": lambda n: "&amp;" * n,
    "addresses": lambda n: "https://a.b/c " * n,
    "brackets after an address": lambda n: "https://a.b/" + ")" * n,
    "citations": lambda n: "[1]" * n,
    "sentences": lambda n: "Word here. " * n,
    "no spaces": lambda n: "字。" * n,
    "a word": lambda n: "م" * n,
    "accents": lambda n: "e" + "\u0301" * n * 4,
    "spaces": lambda n: "a" + " " * n + "b",
}


# Sent as they came.
TOO_MUCH = {
    "a megabyte in a word": "a" * 1_000_000,
    "a megabyte in one Arabic word": "م" * 1_000_000,
    "a megabyte in words": "a " * 500_000,
    "a megabyte of sentences": "1. " * 333_333,
    "emoji": "👨\u200d👩\u200d👧" * 100_000,
    "an address": "https://a.b/" + "c" * 1_000_000,
    "100,000 lines": "- a\n" * 100_000,
    "100,000 empty lines": "a" + "\n" * 100_000 + "b",
    "marks": "*a_" * 15_000,
    "cells": "|a" * 25_000,
    "a table of 50,000 rows": "|a|b|\n|-|-|\n" + "|c|d|\n" * 50_000,
}
