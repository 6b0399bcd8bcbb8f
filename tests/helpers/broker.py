"""A real MQTT broker with TLS and passwords, and a door controller that uses it."""

from __future__ import annotations

import datetime
import ipaddress
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.access.signed_command import MessageKind, signature

PROGRAM = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
USERS = {"kiosk": "the password of the kiosk", "door": "the password of the door"}


def certificate(folder: Path, name: str, now: datetime.datetime | None = None) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, valid for a day around ``now``; its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = now or datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


class Broker:
    """mosquitto on a free port of loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca, key = certificate(folder, "broker")
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        for name, password in USERS.items():
            create = [] if (folder / "users").exists() else ["-c"]
            subprocess.run(
                ["mosquitto_passwd", *create, "-b", str(folder / "users"), name, password],
                check=True,
                capture_output=True,
            )
        (folder / "mosquitto.conf").write_text(f"""
listener {self.port} 127.0.0.1
user root
cafile {self.ca}
certfile {self.ca}
keyfile {key}
allow_anonymous false
password_file {folder / "users"}
""")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run, and wait until it listens."""
        assert PROGRAM is not None
        self._process = subprocess.Popen(
            [PROGRAM, "-c", str(self.folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                threading.Event().wait(0.02)
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


class DoorController:
    """The controller at the door: obeys each command once, if it is signed and not too old.

    ``answers`` replaces its answers. ``start``: the kiosk's, as the last command had it. ``heard``:
    each command as it came, with its signature.
    """

    def __init__(self, broker: Broker, secret: bytes = b"", topic: str = "munjigi/door") -> None:
        self.secret = secret
        self.topic = topic
        self.start = ""
        self.heard: list[tuple[str, str]] = []
        self.ack_secret = b""
        self.commands: list[dict[str, object]] = []
        self.retained: list[bool] = []
        self.refused: list[str] = []
        self.opened: list[str] = []
        self.state = "locked"
        self.answers: Callable[[dict[str, object]], dict[str, object] | None] | None = None
        self._ready = threading.Event()
        self._came = threading.Condition()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.username_pw_set("door", USERS["door"])
        self._client.tls_set_context(ssl.create_default_context(cafile=str(broker.ca)))
        self._client.on_connect = lambda client, *_: client.subscribe(f"{topic}/command", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._obey
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def publish(self, topic: str, said: object, retain: bool = False) -> None:
        """Say something, signed, and wait until the broker has it; inputs with the start."""
        if topic == "inputs" and isinstance(said, dict):
            said = {"start": self.start, **said}
        body = json.dumps(said)
        self.publish_as(topic, body, self.signed(topic, body), retain)

    def signed(self, topic: str, body: str, secret: bytes | None = None) -> str:
        """Return the signature of ``body`` on ``topic``; empty without a secret."""
        secret = self.secret if secret is None else secret
        kind = {"ack": MessageKind.ANSWER, "inputs": MessageKind.INPUTS}[topic]
        whole = f"{self.topic}/{topic}"
        return signature(secret, kind, whole, body.encode()) if secret else ""

    def publish_as(self, topic: str, body: str, signed: str, retain: bool = False) -> None:
        """Say ``body`` with any signature."""
        self._send(topic, body, signed, retain).wait_for_publish(10)

    def tell(self, retain: bool = False, at: float | None = None, **inputs: bool) -> None:
        """Say how the inputs are, and when that was."""
        self.publish("inputs", {**inputs, "at": time.time() if at is None else at}, retain)

    def until(self, number: int) -> bool:
        """Wait until so many commands have come."""
        with self._came:
            return self._came.wait_for(lambda: len(self.commands) >= number, 10)

    def stop(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _obey(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        command = json.loads(message.payload)
        self.start = str(command["start"])
        said = dict(getattr(message.properties, "UserProperty", [])).get("signature", "")
        self.heard.append((message.payload.decode(), said))
        self._act(command, message, said)
        with self._came:
            self.commands.append(command)
            self.retained.append(bool(message.retain))
            self._came.notify_all()
        said = self.answers(command) if self.answers else {"id": command["id"], "state": self.state}
        if said is not None:
            body = json.dumps(said)
            self._send("ack", body, self.signed("ack", body, self.ack_secret or self.secret))

    def _send(
        self, topic: str, body: str, signed: str, retain: bool = False
    ) -> mqtt.MQTTMessageInfo:
        properties = mqtt.Properties(mqtt.PacketTypes.PUBLISH)
        if signed:
            properties.UserProperty = [("signature", signed)]
        return self._client.publish(
            f"{self.topic}/{topic}", body, qos=1, retain=retain, properties=properties
        )

    def _act(self, command: dict[str, object], message: mqtt.MQTTMessage, said: str) -> None:
        kind = MessageKind.COMMAND
        if self.secret and said != signature(self.secret, kind, message.topic, message.payload):
            self.refused.append("signature")
        elif time.time() > float(str(command["expires"])):
            self.refused.append("expired")
        elif command["do"] == "open":
            self.opened.append(str(command["id"]))
            self.state = "open"
        elif command["do"] == "close":
            self.state = "locked"
