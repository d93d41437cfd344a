document.getElementById("enter").onsubmit = (e) => {
  e.preventDefault();
  location.href = "/rooms/" + encodeURIComponent(document.getElementById("room").value);
};

const url = new URL("/ticks?every=250ms", location.href);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
const ticks = new WebSocket(url);
const output = document.getElementById("tick");
ticks.onmessage = (e) => (output.value = e.data);
ticks.onclose = (e) => (output.value = `closed ${e.code}`);
