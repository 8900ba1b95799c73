#!/usr/bin/env python3
"""Tests that proto/README.md tells producers the truth: its snippets run, no field is missing."""

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROTOS = sorted((ROOT / "proto").glob("weir/v1/*.proto"))
PYTHON = "/usr/bin/python3"  # Debian's, which sees python3-protobuf whatever PATH says
README = (ROOT / "proto/README.md").read_text()


def snippet(language):
    return re.search(rf"```{language}\n(.*?)```", README, re.DOTALL).group(1)


def protoc(*arguments, **options):
    return subprocess.run(["protoc", "-I", ROOT / "proto", *arguments, *PROTOS], check=True,
                          capture_output=True, **options)


def fields(message):
    """The names of a message's fields, read from its proto."""
    text = (ROOT / "proto/weir/v1/inference.proto").read_text()
    body = re.search(rf"^message {message} {{\n(.*?)^}}", text, re.DOTALL | re.MULTILINE).group(1)
    return re.findall(r"^\s+(?:optional |repeated )?[\w.]+ (\w+) = \d+;", body, re.MULTILINE)


class ProducerPage(unittest.TestCase):
    def test_python_snippet_builds_a_batch(self):
        with tempfile.TemporaryDirectory() as folder:
            protoc(f"--python_out={folder}")
            subprocess.run([PYTHON, "-c", snippet("python")], cwd=folder, check=True)
            batch = (Path(folder) / "batch.bin").read_bytes()

        text = protoc("--decode=weir.v1.InferenceBatch", input=batch).stdout.decode()

        self.assertEqual(
            'count: 3 base_time_us: 1767225600000000 time_offset_us: 0 time_offset_us: 250000 '
            'time_offset_us: 400000 service { value: "code" } model { value: "llama-70b" '
            'value: "qwen-7b" code: "\\000\\000\\001\\000\\000\\000" } status: "\\001\\001\\004" '
            'latency_us: 812000 latency_us: 95000 latency_us: 30000000 output_tokens: 64 '
            'output_tokens: 12 output_tokens: 4294967295', " ".join(text.split()))

    def test_json_sample_names_fields_of_the_event(self):
        events = [json.loads(line) for line in snippet("json").splitlines()]
        self.assertEqual(2, len(events))
        for event in events:
            self.assertEqual(set(), event.keys() - set(fields("InferenceEvent")) - {"event_time"})

    def test_every_field_of_the_event_has_its_row(self):
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", README, re.MULTILINE)
        self.assertEqual(fields("InferenceEvent"), rows)

    def test_every_field_of_the_batch_is_told_or_is_the_event_s(self):
        table = README.split("## The batch")[1].split("## ")[0]
        told = set(re.findall(r"`(\w+)`", table)) | set(fields("InferenceEvent"))
        self.assertEqual(set(), set(fields("InferenceBatch")) - told)


if __name__ == "__main__":
    unittest.main()
