"""The classes of proto/weir/v1, made with protoc for this run."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def _make():
    folder = tempfile.mkdtemp(prefix="weir-proto-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(["protoc", f"--python_out={folder}", f"-I{_ROOT / 'proto'}",
                    *sorted((_ROOT / "proto/weir/v1").glob("*.proto"))], check=True)
    sys.path.insert(0, folder)
    return folder


FOLDER = _make()
from weir.v1 import dead_letter_pb2, inference_pb2, kpi_pb2, partial_pb2

PROTOBUF = "application/x-protobuf"
EVENT = f"{PROTOBUF}; message=weir.v1.InferenceEvent"
BATCH = f"{PROTOBUF}; message=weir.v1.InferenceBatch"
TICK = f"{PROTOBUF}; message=weir.v1.TickRecord"
JSON = "application/json"
ABSENT = 0xFFFFFFFF

__all__ = ["ABSENT", "BATCH", "EVENT", "FOLDER", "JSON", "PROTOBUF", "TICK", "dead_letter_pb2",
           "inference_pb2", "kpi_pb2", "partial_pb2"]
