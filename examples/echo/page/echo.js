// A page for one WebSocket at a time: the chosen endpoint is connected, and answers are timed in the order of what was
// sent.

const $ = (id) => document.getElementById(id);
const kept = 200; // lines in the log

let socket;
let waiting = []; // when the messages without an answer were sent, and the text; answers come in order
let burst; // of a run of 1,000: how many answers are missing, whether all were right, and when it began

function connect() {
  socket?.close();
  const path = new FormData($("form")).get("path");
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const mine = (socket = new WebSocket(url));
  mine.binaryType = "arraybuffer";
  waiting = [];
  burst = undefined;
  show("connecting");
  mine.onopen = () => mine === socket && show("open");
  mine.onclose = (e) => {
    if (mine !== socket) return;
    show("closed");
    log(`closed ${e.code} ${e.reason}`, "note");
  };
  mine.onmessage = (e) => mine === socket && answered(e.data);
}

function show(state) {
  $("state").value = state;
  $("state").dataset.state = state;
}

function send(text, binary) {
  waiting.push({ text, at: performance.now() });
  socket.send(binary ? new TextEncoder().encode(text) : text);
}

function answered(data) {
  const { text, at } = waiting.shift() ?? {}; // none: the handler says more than it was told
  const binary = typeof data !== "string";
  const got = binary ? new TextDecoder().decode(data) : data;
  if (!burst) return log(got, binary ? "binary" : "text", performance.now() - at);
  burst.same &&= got === text;
  if (--burst.left === 0) {
    const how = burst.same ? "in order" : "not as they were";
    log(`1,000 messages there and back, ${how}`, burst.same ? "" : "bad", performance.now() - burst.at);
    burst = undefined;
  }
}

function log(text, kind, ms) {
  const line = document.createElement("li");
  line.className = kind;
  line.textContent = text;
  if (ms >= 0) {
    const time = document.createElement("time");
    time.textContent = `${ms.toFixed(1)} ms`;
    line.append(time);
  }
  $("log").prepend(line);
  while ($("log").children.length > kept) $("log").lastChild.remove();
}

function ready() {
  if (socket.readyState === WebSocket.OPEN) return true;
  connect();
  log("not connected: trying again", "note");
  return false;
}

$("form").onsubmit = (e) => {
  e.preventDefault();
  if (!$("text").value || !ready()) return;
  if (burst) burst.left++;
  send($("text").value, $("binary").checked);
  $("text").value = "";
};

$("burst").onclick = () => {
  if (burst || !ready()) return;
  burst = { left: 1000 + waiting.length, same: true, at: performance.now() };
  for (let i = 1; i <= 1000; i++) send(`message ${i}`, $("binary").checked);
};

$("endpoint").onchange = connect;

connect();
