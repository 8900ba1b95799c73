"""Alerts, silences and decisions as the API has them, made up for page_server.py, and what is
said of them."""

from datetime import datetime, timedelta, timezone

FIRST = "8f1c0b6e2d3a4f50"
SECOND = "11d0aa77c3e9b2f4"
THIRD = "5e90c1b2a3d4f607"


def text_of(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Alerts:
    """`hostile` is what one of them is called. `write_token`: wanted for saying anything."""

    def __init__(self, now_s, hostile):
        self.now = datetime.fromtimestamp(now_s, timezone.utc)
        self.write_token = None
        self.said = []
        self.known = [
            self._alert(FIRST, "chat-latency", "page-1h", "page", 4,
                        summary="chat-latency page-1h (chat): it burns 14.9 times as fast"),
            self._alert(SECOND, hostile, "ticket-1d", "ticket", 90, summary=hostile),
            self._alert(THIRD, "code-availability", "page-6h", "page", 300, state="resolved",
                        ends_at=self._ago(200), summary="over")]
        self.silenced = []
        self.statistics = {"fired": 1200, "hidden": 3, "acknowledged": 6, "useful": 4,
                           "not_useful": 1, "notifications": 20, "sent": 19, "failed": 1,
                           "incidents": 9, "signal_to_noise": 0.005, "precision": 0.8,
                           "mtta_s": 185.0, "mttr_s": 1500.0, "mtbf_s": None}
        self.receivers = [
            self._receiver("chat", "slack", waiting=3, oldest_waiting_s=120, trouble=hostile,
                           last_failure=self._ago(1), last_failure_text=hostile),
            self._receiver("oncall", "pagerduty", digests_1h=1, throttled_1h=7)]

    def _receiver(self, name, kind, **changes):
        return {"name": name, "type": kind, "waiting": 0, "oldest_waiting_s": 0, "trouble": None,
                "last_success": self._ago(3), "last_failure": None, "last_failure_text": None,
                "notifications_1h": 12, "digests_1h": 0, "throttled_1h": 0, **changes}

    def _ago(self, minutes):
        return text_of(self.now - timedelta(minutes=minutes))

    def _alert(self, fingerprint, objective, condition, severity, minutes, **changes):
        summary = changes.pop("summary")
        return {
            "fingerprint": fingerprint, "state": "firing", "severity": severity,
            "labels": {"alertname": condition, "objective": objective, "condition": condition,
                       "service": "chat", "severity": severity},
            "annotations": {"summary": summary}, "life": 1, "starts_at": self._ago(minutes),
            "fired_at": self._ago(minutes), "ends_at": None, "flapping": False,
            "acknowledged": None, "silenced_by": [], "inhibited_by": [], "receivers": ["oncall"],
            "told": [{"receiver": "oncall", "what": "sent", "at": self._ago(3),
                      "because": "taken 31 ms after it was decided, at attempt 1: status 202",
                      "sent_at": self._ago(3)}],
            "page": None, "condition": {
                "scope": ["model"], "series": ["llama-70b"], "spent_ratio": 0.42,
                "long_window": {"length_us": 3_600_000_000, "good": 870, "total": 1000,
                                "burn_rate": 14.9}}, **changes}

    def answer(self, name, given):
        """The answer to GET; None: there is no such thing."""
        match name:
            case "alerts":
                return {"alerts": [alert for alert in self.known
                                   if "all" in given or alert["state"] != "resolved"]}
            case "alerts/stats":
                return self.statistics and {"all": self.statistics, "services": {}}
            case "receivers":
                return {"receivers": self.receivers}
            case "silences":
                return {"silences": self.silenced}
            case "decisions":
                return {"decisions": [
                    {"fingerprint": given["alert"], "kind": kind, "append_time": self._ago(minutes),
                     "because": because, "receiver": receiver, "by": None}
                    for minutes, kind, because, receiver in (
                        (4, "fired", "it held for 0s", None),
                        (4, "grouped", "first of its group", "oncall"),
                        (3, "sent", "202 after 31 ms", "oncall"))]}
        return None

    def take(self, method, path, token, body):
        """(status, answer) to what is said."""
        if self.write_token and token != f"Bearer {self.write_token}":
            return 401, {"error": "a write token is wanted"}
        self.said.append((method, path, body))
        if method == "POST" and path.endswith("/ack"):
            alert = next(each for each in self.known if each["fingerprint"] in path)
            before = alert["acknowledged"]
            if before and before["by"] == body["by"]:
                return 200, {"accepted": False, "acknowledged": before}
            alert["acknowledged"] = {"by": body["by"], "at": self._ago(0), "note": body["note"]}
            return 202, {"accepted": True}
        if method == "POST" and path == "silences":
            if not body["for"][0].isdigit():
                return 400, {"error": "for: is no length of time, like 2h"}
            self.silenced = [{"id": "5c", "state": "pending" if "from" in body else "active",
                              "matchers": body["matchers"],
                              "starts_at": body.get("from", self._ago(0)),
                              "ends_at": self._ago(-60), "by": body["by"],
                              "reason": body["reason"]}]
            if "from" in body:
                return 202, {"id": "5c"}
            self.known[0]["silenced_by"] = ["5c"]
            return 202, {"id": "5c"}
        self.silenced = []
        self.known[0]["silenced_by"] = []
        return 202, {"accepted": True}
