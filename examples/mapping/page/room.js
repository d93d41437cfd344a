// The page of a room opens its socket on its own URL.

const $ = (id) => document.getElementById(id);
const kept = 200; // lines in the log

$("name").textContent = decodeURIComponent(location.pathname.split("/").pop());

const url = new URL(location.pathname, location.href);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
url.searchParams.set("name", `guest ${Math.floor(Math.random() * 900) + 100}`);
const socket = new WebSocket(url);

socket.onopen = () => ($("state").value = url.searchParams.get("name"));
socket.onclose = (e) => ($("state").value = `closed ${e.code} ${e.reason}`);
socket.onmessage = (e) => {
  const line = document.createElement("li");
  line.textContent = e.data;
  $("log").prepend(line);
  while ($("log").children.length > kept) $("log").lastChild.remove();
};

$("form").onsubmit = (e) => {
  e.preventDefault();
  socket.send($("text").value);
  $("text").value = "";
};
