"""The server.properties of one node."""

# What a quiet machine does not notice and a test waits for: no delay of a group's first assignment,
# a dead broker noticed in 3 s, a transaction past its timeout aborted within a second of it.
_QUICK = {
    "group.initial.rebalance.delay.ms": 0,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
    "broker.heartbeat.interval.ms": 500,
    "broker.session.timeout.ms": 3000,
    "controller.quorum.election.timeout.ms": 500,
    "controller.quorum.fetch.timeout.ms": 1000,
}

# A node of some hundred megabytes.
_SMALL = {
    "offsets.topic.num.partitions": 8,
    "transaction.state.log.num.partitions": 8,
    "share.coordinator.state.topic.num.partitions": 1,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
    "log.cleaner.dedupe.buffer.size": 16 << 20,
}


def _security(options, tls_folder):
    """The listeners of SASL and of TLS, with what they need."""
    found = {}
    if options["sasl"]:
        found["sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
        user, password = options["user"], options["password"]
        module = "org.apache.kafka.common.security"
        for name in (n for n in options["listeners"] if n.startswith("SASL")):
            prefix = f"listener.name.{name.lower()}"
            found[f"{prefix}.plain.sasl.jaas.config"] = (
                f'{module}.plain.PlainLoginModule required user_{user}="{password}";')
            for mechanism in ("scram-sha-256", "scram-sha-512"):
                found[f"{prefix}.{mechanism}.sasl.jaas.config"] = (
                    f"{module}.scram.ScramLoginModule required;")
    if options["tls"]:
        found |= {"ssl.keystore.type": "PEM", "ssl.truststore.type": "PEM",
                  "ssl.keystore.location": tls_folder / "server.keystore.pem",
                  "ssl.truststore.location": tls_folder / "ca.pem",
                  "ssl.client.auth": "requested"}
    return found


def server_properties(options, node, folder, tls_folder):
    """The text of node `node`'s server.properties. `options` is a cluster.json."""
    nodes = options["nodes"]
    copies = min(3, len(nodes))
    listeners = {name: nodes[node - 1][name] for name in [*options["listeners"], "CONTROLLER"]}
    properties = {
        "process.roles": "broker,controller",
        "node.id": node,
        "controller.quorum.voters": ",".join(
            f"{i + 1}@127.0.0.1:{ports['CONTROLLER']}" for i, ports in enumerate(nodes)),
        "listeners": ",".join(f"{n}://127.0.0.1:{port}" for n, port in listeners.items()),
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT," + ",".join(
            f"{name}:{name}" for name in options["listeners"]),
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": folder / "data",
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": (copies + 1) // 2,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": (copies + 1) // 2,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": (copies + 1) // 2,
    }
    properties |= _QUICK | _SMALL | _security(options, tls_folder) | options["set"]
    return "".join(f"{key}={value}\n" for key, value in properties.items())
