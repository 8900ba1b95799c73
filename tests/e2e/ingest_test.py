#!/usr/bin/env python3
"""What `weir up` promises to whoever sends events: what it acknowledged is stored, also when it is
killed under load; every form of a body; what is refused, and how."""

import gzip
import http.client
import json
import os
import random
import subprocess
import threading
import time
import unittest

from weir_cli import ROOT, WEIR, WeirTest, run
from weir_up import CONFIG, Up, exchange, wait_until

EARLIER_US = int((time.time() - 120) * 1e6)
WRITE, READ = "write-me-0123456789", "read-me-9876543210"
GUARDED = CONFIG.replace("127.0.0.1:0'", "127.0.0.1:0', tokens: {write: 'env:WEIR_WRITE_TOKEN',"
                         " read: 'env:WEIR_READ_TOKEN'}")
TOKENS = {"WEIR_WRITE_TOKEN": WRITE, "WEIR_READ_TOKEN": READ}
BATCH = "application/x-protobuf; message=weir.v1.InferenceBatch"
DELIMITED = "application/x-protobuf; message=weir.v1.InferenceEvent; delimited"


def event(number, **more):
    return {"event_time_us": EARLIER_US, "request_id": f"{number + 1:032x}", "service": "chat",
            **more}


def ndjson(numbers):
    return "\n".join(json.dumps(event(number)) for number in numbers).encode()


def stored(directory):
    """The numbers of the events that are stored, sorted."""
    lines = run("inspect", directory, "weir.inference", "--limit", "1000000").stdout.splitlines()
    events = [json.loads(line).get("event", {}) for line in lines]  # ticks are none
    return sorted(int(each["request_id"], 16) - 1 for each in events if "request_id" in each)


def encode(message, text):
    return subprocess.run(["protoc", "-I", ROOT / "proto", f"--encode=weir.v1.{message}",
                           "weir/v1/inference.proto"], input=text.encode(), check=True,
                          capture_output=True).stdout


def zstd(body):
    """One frame of one raw block (RFC 8878)."""
    return (b"\x28\xb5\x2f\xfd\xa0" + len(body).to_bytes(4, "little") +
            (len(body) << 3 | 1).to_bytes(3, "little") + body)


class Client:
    """Sends requests one after another until the server is gone; knows what it was told."""

    def __init__(self, number, keyed):
        self.number = number
        self.keyed = keyed
        self.random = random.Random(number)
        self.sent = 0
        self.accepted = []    # events that it was told are stored
        self.unanswered = []  # requests, as (key, events)
        self.refused = 0      # requests that it was told are not stored
        self.patient = False  # takes 503 for an answer
        self.failure = None
        self.thread = None

    def begin(self, port):
        self.thread = threading.Thread(target=self.run, args=(port,))
        self.thread.start()

    def run(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        again, self.unanswered = (self.unanswered, []) if self.keyed else ([], self.unanswered)
        try:
            while self.failure is None:
                self.post(connection, *(again.pop() if again else self.next_request()))
        except (OSError, http.client.HTTPException):
            pass  # killed
        finally:
            self.unanswered += again
            connection.close()

    def next_request(self):
        first = self.number * 1_000_000 + self.sent
        size = self.random.choice((1, 7, 40, 1_200))  # the last is several records
        self.sent += size
        return f"{self.number}-{first}", range(first, first + size)

    def post(self, connection, key, numbers):
        self.unanswered.append((key, numbers))
        headers = {"Idempotency-Key": key} if self.keyed else {}
        status, _, body = exchange(connection, "POST", "/v1/events", ndjson(numbers), headers)
        if status == 503 and self.patient:
            self.refused += 1
            self.unanswered.pop()
            time.sleep(0.05)
            return
        if status != 200 or json.loads(body)["accepted"] != len(numbers):
            self.failure = f"{status}: {body}"
        self.unanswered.pop()
        self.accepted += numbers


class KillTest(WeirTest):
    def test_accepted_is_stored_exactly(self):
        data = self.dir / "data"
        clients = [Client(number, keyed=number % 2 == 0) for number in range(6)]
        for rounds in range(1, 4):
            weir = Up(self, data)
            for client in clients:
                client.begin(weir.port)
            wait_until(lambda: all(len(client.accepted) > 1_000 * rounds or client.failure
                                   for client in clients), "all clients to be served")
            weir.kill()
            for client in clients:
                client.thread.join()
            self.assertEqual([client.failure for client in clients], [None] * len(clients))

        weir = Up(self, data)
        for client in clients:
            while client.keyed and client.unanswered:
                key, numbers = client.unanswered.pop()
                status, answer = weir.send(ndjson(numbers), Idempotency_Key=key)
                self.assertEqual((status, answer["accepted"]), (200, len(numbers)))
                client.accepted += numbers
        there = stored(data)
        known = set(there)
        expected = [number for client in clients for number in client.accepted]
        for client in clients:  # without a key: all or nothing of what was not answered
            for _, numbers in client.unanswered:
                if numbers[0] in known:
                    expected += numbers
        self.assertEqual(there, sorted(expected))

        weir.send(json.dumps({"event_time_us": int(time.time() * 1e6)}))
        counted = wait_until(lambda: [
            row["requests"] for row in weir.get("/api/v1/query", scope="service",
                                                window="1m/10s", where="service=chat")["rows"]],
            "the results")
        self.assertEqual(max(counted), len(there))


class FullTest(WeirTest):
    def test_a_full_log_refuses_and_goes_on_once_there_is_room(self):
        data = self.dir / "data"
        config = CONFIG + "disk: 64MiB\n"
        run("import", "ndjson", self.write("events.ndjson", ndjson(range(10)).decode() + "\n"),
            "--partitions", "1", "--out", data)
        taken = data / "state" / "taken"  # whatever is there counts as state
        with open(taken, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 40 << 20)

        weir = Up(self, data, config)
        status, headers, _ = weir.request("POST", "/v1/events", ndjson([10]))
        self.assertEqual((status, headers["Retry-After"]), (503, "10"))
        wait_until(lambda: "event=no_room retry_s=5" in weir.log.read_text(),
                   "the workers to find no room")
        self.assertEqual(weir.get("/healthz"), "ok\n")
        status, _, body = weir.request("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn("no room", json.loads(body)["error"])

        taken.unlink()
        wait_until(lambda: weir.request("GET", "/readyz")[0] == 200, "ready, though nobody sends")
        now = json.dumps({"event_time_us": int(time.time() * 1e6), "request_id": f"{11:032x}"})
        wait_until(lambda: weir.send(now)[0] == 200, "the same process to take events again")
        asked = "/api/v1/query?scope=service&window=1m/10s"
        wait_until(lambda: weir.request("GET", asked)[0] == 200, "the first results")
        counted = wait_until(lambda: [
            row["requests"] for row in weir.get("/api/v1/query", scope="service",
                                                window="1m/10s", where="service=chat")["rows"]],
            "the results")
        self.assertEqual(max(counted), 10)
        self.assertEqual(stored(data), list(range(11)))
        self.assertEqual(weir.stop(), 0)
        log = weir.log.read_text()
        self.assertEqual((log.count("event=started"), log.count("event=stopped")), (1, 1))

    def test_what_is_not_read_is_never_lost_and_a_small_disk_goes_on(self):
        """Far more events than the disk holds: all are counted, and the oldest requests go."""
        data = self.dir / "data"
        weir = Up(self, data, CONFIG + "disk: 64MiB\n")
        accepted = 0
        while accepted < 100_000:
            body = "\n".join(json.dumps(event(number, error_detail=f"{number:0900d}"))
                             for number in range(accepted, accepted + 1_000))
            status, _, _ = weir.request("POST", "/v1/events", body)
            self.assertIn(status, (200, 503))
            accepted += 1_000 if status == 200 else 0
        wait_until(lambda: weir.metric("weir_fold_events_total") == accepted, "all to be counted")
        there = stored(data)
        self.assertEqual(there, list(range(there[0], accepted)))
        self.assertGreater(there[0], 0)
        self.assertNotIn("event=no_room", weir.log.read_text())


def mounted(test, *arguments):
    """Mounts until the end of the test, which is skipped where that is not allowed."""
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        test.skipTest(f"mount {arguments}: {done.stderr.strip()}")
    test.addCleanup(unmount, arguments[-1])


def unmount(directory):
    subprocess.run(["umount", "--lazy", directory], capture_output=True, check=False)


class UnwritableTest(WeirTest):
    def not_ready(self, weir, why):
        self.assertEqual(weir.get("/healthz"), "ok\n")
        status, _, body = weir.request("GET", "/readyz")
        self.assertEqual(status, 503)
        self.assertIn(why, json.loads(body)["error"])

    def test_a_read_only_disk_refuses_and_what_was_accepted_is_stored(self):
        data = self.dir / "data"
        data.mkdir()
        weir = Up(self, data)
        self.assertEqual(weir.send(ndjson(range(10)))[0], 200)
        # Between two commits: what fails in the middle of one ends the process.
        wait_until(lambda: 1.5 < time.time() - (data / "ends").stat().st_mtime < 4, "a quiet log")
        mounted(self, "--bind", data, data)
        mounted(self, "-o", "remount,bind,ro", data)

        for headers in ({}, {"Idempotency-Key": "one"}, {"Idempotency-Key": "one"}):
            status, answered, body = weir.request("POST", "/v1/events", ndjson([10, 11]), headers)
            self.assertEqual((status, answered["Retry-After"]), (503, "10"))
            self.assertIn("read-only", json.loads(body)["error"])
        self.not_ready(weir, "read-only")
        self.assertEqual(stored(data), list(range(10)))
        self.fails("up", "--data", data, "--config", self.dir / "data.yaml", says=["data"])

        unmount(data)
        wait_until(lambda: weir.request("GET", "/readyz")[0] == 200, "ready, though nobody sends")
        for _ in range(2):
            status, answer = weir.send(ndjson([10, 11]), Idempotency_Key="one")
            self.assertEqual((status, answer["accepted"]), (200, 2))
        self.assertEqual(stored(data), list(range(12)))
        self.assertEqual(weir.stop(), 0)

    def test_a_full_disk_under_load_refuses_and_accepted_is_stored_exactly(self):
        data = self.dir / "data"
        data.mkdir()
        mounted(self, "-t", "tmpfs", "-o", "size=256m", "tmpfs", data)
        weir = Up(self, data)
        clients = [Client(number, keyed=False) for number in range(4)]
        for client in clients:
            client.patient = True
            client.begin(weir.port)

        def all_clients(ready, why):
            wait_until(lambda: all(ready(client) or client.failure for client in clients), why)
            self.assertEqual([client.failure for client in clients], [None] * len(clients))

        all_clients(lambda client: len(client.accepted) > 1_000, "all clients to be served")
        free = os.statvfs(data).f_bavail * os.statvfs(data).f_frsize
        with open(data / "of-others", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, free - (40 << 20))
        all_clients(lambda client: client.refused > 3, "all clients to be refused")
        self.not_ready(weir, "no room")
        there = [len(client.accepted) for client in clients]
        (data / "of-others").unlink()
        all_clients(lambda client: len(client.accepted) > there[client.number] + 1_000,
                    "all clients to be served again")
        weir.kill()
        for client in clients:
            client.thread.join()
        found = stored(data)
        known = set(found)
        expected = [number for client in clients for number in client.accepted]
        for client in clients:  # all or nothing of what was not answered
            for _, numbers in client.unanswered:
                if numbers[0] in known:
                    expected += numbers
        self.assertEqual(found, sorted(expected))


class BodiesTest(WeirTest):
    def setUp(self):
        super().setUp()
        self.weir = Up(self, self.dir / "data")

    def test_every_form_is_taken(self):
        lines = ndjson(range(3))
        array = json.dumps([event(number) for number in range(3)]).encode()
        one = json.dumps(event(0), indent=2).encode()
        batch = encode("InferenceBatch", f"count: 2 base_time_us: {EARLIER_US} "
                                         "time_offset_us: 0 time_offset_us: 5")
        single = encode("InferenceEvent", f'event_time_us: {EARLIER_US} service: "chat"')
        delimited = (bytes([len(single)]) + single) * 4
        forms = [(lines, "application/x-ndjson", 3), (lines, "application/json", 3),
                 (lines, "application/x-www-form-urlencoded", 3), (array, "application/json", 3),
                 (one, "application/json", 1), (batch, BATCH, 2), (delimited, DELIMITED, 4)]
        for body, content_type, events in forms:
            for encoding, encoded in (("identity", body), ("gzip", gzip.compress(body)),
                                      ("zstd", zstd(body))):
                with self.subTest(content_type=content_type, encoding=encoding):
                    status, answer = self.weir.send(encoded, content_type,
                                                    Content_Encoding=encoding)
                    self.assertEqual((status, answer), (200, {"accepted": events, "rejected": [],
                                                              "rejected_total": 0}))
        self.assertEqual(self.weir.metric("weir_ingest_accepted_events_total"), 3 * 19)

    def test_what_is_wrong_is_named_and_the_rest_is_taken(self):
        body = "\n".join((json.dumps(event(0)), "{", json.dumps(event(1, latency_us=-5)),
                          json.dumps(event(2, confidence=7)), json.dumps(event(3, status=1))))
        status, answer = self.weir.send(body)
        self.assertEqual(status, 200)
        self.assertEqual((answer["accepted"], answer["rejected_total"]), (1, 4))
        self.assertEqual([(each["index"], each["field"]) for each in answer["rejected"]],
                         [(1, ""), (2, "latency_us"), (3, "confidence"), (4, "status")])
        self.assertIn("not JSON", answer["rejected"][0]["reason"])
        self.assertIn("latency_us is -5", answer["rejected"][1]["reason"])
        self.assertIn("must be a name", answer["rejected"][3]["reason"])
        self.assertEqual(stored(self.weir.directory), [0])

    def test_a_repeated_key_counts_once_and_with_another_body_not_at_all(self):
        for _ in range(3):
            status, answer = self.weir.send(ndjson(range(5)), Idempotency_Key="one")
            self.assertEqual((status, answer["accepted"]), (200, 5))
        status, answer = self.weir.send(ndjson(range(5, 10)), Idempotency_Key="one")
        self.assertEqual(status, 422)
        self.assertIn("Idempotency-Key", answer["error"])
        self.assertEqual(stored(self.weir.directory), list(range(5)))

    def test_a_bomb_is_refused_and_the_next_request_served(self):
        bomb = gzip.compress(b"\n" * (64 << 20))
        self.assertEqual(self.weir.send(bomb, Content_Encoding="gzip")[0], 413)
        self.assertEqual(self.weir.send(b"\n" * ((16 << 20) + 1))[0], 413)
        self.assertEqual(self.weir.send(ndjson([1]))[1]["accepted"], 1)


class GuardTest(WeirTest):
    def test_each_kind_of_request_needs_its_token(self):
        weir = Up(self, self.dir / "data", GUARDED, TOKENS)
        wanted = {("POST", "/v1/events"): WRITE, ("POST", "/v1/traces"): WRITE,
                  **{("GET", path): READ for path in (
                      "/", "/metrics", "/api/v1/catalog", "/api/v1/pipeline",
                      "/api/v1/query?scope=service&window=1m", "/api/v1/deadletters")}}
        for (method, path), right in wanted.items():
            for token in (None, READ, WRITE, WRITE + "x"):
                with self.subTest(path=path, token=token):
                    weir.token = token
                    status, _, _ = weir.request(method, path, ndjson([1]) if method == "POST"
                                                else None, {"Content-Type": "application/json"})
                    self.assertEqual(status == 401, token != right)
        weir.token = None
        self.assertEqual(weir.request("GET", "/healthz")[0], 200)
        self.assertEqual(weir.stop(), 0)
        self.assertEqual(stored(self.dir / "data"), [1])
        checked = run("check", self.dir / "data.yaml").stdout
        self.assertIn("write token env:WEIR_WRITE_TOKEN, read token env:WEIR_READ_TOKEN", checked)
        said = weir.hello + weir.process.stdout.read() + weir.log.read_text() + checked
        for token in (WRITE, READ):
            self.assertNotIn(token, said)

    def test_an_open_address_is_refused_without_tokens_and_tls(self):
        open_ = self.write("open.yaml", "http: {listen: '0.0.0.0:0'}\n")
        for command in (("up", "--data", self.dir / "never", "--config", open_), ("check", open_)):
            said = self.fails(*command, says=["open.yaml:1", "0.0.0.0", "tokens", "tls",
                                              "insecure"])
            self.assertNotIn("\n", said)
        self.assertFalse((self.dir / "never").exists())
        wrong = self.write("wrong.yaml", f"http: {{tokens: {{write: {WRITE}, read: {READ}}}}}\n")
        done = subprocess.run([WEIR, "check", wrong], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertNotIn(WRITE, done.stdout + done.stderr)
        self.assertIn("env:", done.stderr)


if __name__ == "__main__":
    unittest.main()
