// A producer, a consumer and a reader over Pulsar's WebSocket API, with the library that its documentation uses.
//
//     node client.mjs ws://127.0.0.1:8080
//
// It does what client.py does, in the manner of the documentation's Node programs: a consumer acknowledges in its message
// handler, whatever else is going on.

import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";
import WebSocket from "ws";

const { version } = createRequire(import.meta.url)("ws/package.json");
const count = 10;
const all = 60_000; // milliseconds for everything

function want(what, got, wanted) {
  if (!isDeepStrictEqual(got, wanted)) {
    throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(wanted)}`);
  }
}

const payload = (n) => `Hello World ${n}`;
const properties = (n) => ({ key1: "value1", n: String(n) });

// open resolves with a connected socket whose messages wait in a queue; next takes one, or fails with the socket.
function open(url) {
  const socket = new WebSocket(url);
  const queue = [];
  const takers = [];
  let failure;
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (takers.length) takers.shift().resolve(message);
    else queue.push(message);
  });
  const fail = (err) => {
    failure ??= err;
    while (takers.length) takers.shift().reject(failure);
  };
  socket.on("error", fail);
  socket.on("close", (code, reason) => fail(new Error(`${url}: closed ${code} ${reason}`)));
  socket.next = () =>
    new Promise((resolve, reject) => {
      if (queue.length) resolve(queue.shift());
      else if (failure) reject(failure);
      else takers.push({ resolve, reject });
    });
  return new Promise((resolve, reject) => {
    socket.on("open", () => resolve(socket));
    socket.on("error", reject);
  });
}

// close ends a socket the way the documentation does, with an empty Close frame, and waits for the answer.
function close(socket) {
  return new Promise((resolve) => {
    socket.on("close", resolve);
    socket.close();
  });
}

function publish(socket, n) {
  socket.send(JSON.stringify({ payload: Buffer.from(payload(n)).toString("base64"), properties: properties(n), context: 5 }));
}

async function confirmed(socket, n) {
  const { result, context, errorCode, messageId } = await socket.next();
  want(`reply ${n}`, { result, context, errorCode, id: typeof messageId }, { result: "ok", context: "5", errorCode: 0, id: "string" });
  return messageId;
}

async function receive(socket, who, n, id) {
  const message = await socket.next();
  want(`${who}: message ${n}: messageId`, message.messageId, id);
  want(`${who}: message ${n}: payload`, Buffer.from(message.payload, "base64").toString(), payload(n));
  want(`${who}: message ${n}: properties`, message.properties, properties(n));
  want(`${who}: message ${n}: publishTime`, typeof message.publishTime, "string");
  socket.send(JSON.stringify({ messageId: id }));
}

async function run({ producer: producerURL, consumer: consumerURL, reader: readerURL }) {
  let consumer = await open(consumerURL);
  const producer = await open(producerURL);
  for (let n = 0; n < count; n++) publish(producer, n); // all at once: the replies keep the order
  const ids = [];
  for (let n = 0; n < count; n++) ids.push(await confirmed(producer, n));
  want("number of different ids", new Set(ids).size, count);
  for (let n = 0; n < count; n++) await receive(consumer, "consumer", n, ids[n]);
  await close(consumer);

  // What was acknowledged does not come again: the first message after a new start is the next one.
  consumer = await open(consumerURL);
  publish(producer, count);
  ids.push(await confirmed(producer, count));
  await receive(consumer, "consumer, connected again", count, ids[count]);
  await close(consumer);
  await close(producer);

  const reader = await open(`${readerURL}?messageId=earliest`);
  for (let n = 0; n <= count; n++) await receive(reader, "reader", n, ids[n]);
  await close(reader);
}

const base = process.argv[2].replace(/\/$/, "");
const topic = `node-${Date.now()}-${process.pid}`;
const forms = { v2: ["/ws/v2", "public/default"], v1: ["/ws", "my-property/us-west/my-namespace"] };

setTimeout(() => {
  console.error(`ws ${version}: not finished after ${all / 1000} s`);
  process.exit(1);
}, all).unref();

for (const [form, [prefix, namespace]] of Object.entries(forms)) {
  const url = (kind) => `${base}${prefix}/${kind}/persistent/${namespace}/${topic}`;
  try {
    await run({ producer: url("producer"), consumer: `${url("consumer")}/my-sub`, reader: url("reader") });
  } catch (err) {
    console.error(`ws ${version}, ${form} URLs: ${err.message}`);
    process.exit(1);
  }
  console.log(`ws ${version}, ${form} URLs: ${count + 1} messages, ids alike at producer, consumer and reader`);
}
