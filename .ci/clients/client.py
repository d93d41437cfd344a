"""A producer, a consumer and a reader over Pulsar's WebSocket API, with the library that its documentation uses.

    python3 client.py ws://127.0.0.1:8080

Each step does what the programs of the documentation do and compares everything that comes back: the context 5, a number,
returns as the text "5", and one message has one id, the same text at the producer, the consumer and the reader. The first
difference ends the program with status 1 and says what was wanted.
"""

import base64
import json
import signal
import sys
import time

import websocket

COUNT = 10
STEP = 10  # seconds for one answer
ALL = 60  # seconds for everything


class Difference(Exception):
    pass


def want(what, got, wanted):
    if got != wanted:
        raise Difference(f"{what}: got {got!r}, want {wanted!r}")


def connect(url):
    return websocket.create_connection(url, timeout=STEP)


def payload(n):
    return f"Hello World {n}".encode()


def publish(socket, n):
    """Sends one message as the documentation's producer does and returns its id."""
    socket.send(json.dumps({
        "payload": base64.b64encode(payload(n)).decode(),
        "properties": {"key1": "value1", "n": str(n)},
        "context": 5,
    }))
    reply = json.loads(socket.recv())
    want(f"reply {n}", {k: reply.get(k) for k in ("result", "context", "errorCode")},
         {"result": "ok", "context": "5", "errorCode": 0})
    if not isinstance(reply.get("messageId"), str) or not reply["messageId"]:
        raise Difference(f"reply {n}: no messageId in {reply}")
    return reply["messageId"]


def receive(socket, who, n, id):
    """Takes one message and acknowledges it, as consumers and readers both do."""
    message = json.loads(socket.recv())
    want(f"{who}: message {n}: messageId", message.get("messageId"), id)
    want(f"{who}: message {n}: payload", base64.b64decode(message["payload"]), payload(n))
    want(f"{who}: message {n}: properties", message.get("properties"), {"key1": "value1", "n": str(n)})
    if not message.get("publishTime"):
        raise Difference(f"{who}: message {n}: no publishTime in {message}")
    socket.send(json.dumps({"messageId": id}))


def run(urls):
    consumer = connect(urls["consumer"])
    producer = connect(urls["producer"])
    ids = [publish(producer, n) for n in range(COUNT)]
    want("number of different ids", len(set(ids)), COUNT)
    for n, id in enumerate(ids):
        receive(consumer, "consumer", n, id)
    consumer.close()

    # What was acknowledged does not come again: the first message after a new start is the next one.
    consumer = connect(urls["consumer"])
    ids.append(publish(producer, COUNT))
    receive(consumer, "consumer, connected again", COUNT, ids[COUNT])
    consumer.close()
    producer.close()

    reader = connect(urls["reader"] + "?messageId=earliest")
    for n, id in enumerate(ids):
        receive(reader, "reader", n, id)
    reader.close()


def main():
    base = sys.argv[1].rstrip("/")
    topic = f"python-{time.time_ns()}"
    forms = {"v2": ("/ws/v2", "public/default"), "v1": ("/ws", "my-property/us-west/my-namespace")}
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"websocket-client: not finished after {ALL} s"))
    signal.alarm(ALL)
    for form, (prefix, namespace) in forms.items():
        def url(kind):
            return f"{base}{prefix}/{kind}/persistent/{namespace}/{topic}"
        try:
            run({"producer": url("producer"), "consumer": url("consumer") + "/my-sub", "reader": url("reader")})
        except (Difference, OSError, ValueError, KeyError, websocket.WebSocketException) as err:
            sys.exit(f"websocket-client {websocket.__version__}, {form} URLs: {type(err).__name__}: {err}")
        print(f"websocket-client {websocket.__version__}, {form} URLs: {COUNT + 1} messages, ids alike at producer, consumer and reader")


if __name__ == "__main__":
    main()
