"use strict";
const { words, places } = JSON.parse(document.getElementById("data").textContent);
const [canvas, said, field] = ["map", "said", "word"].map((id) => document.getElementById(id));
const pen = canvas.getContext("2d");
const whole = { x: 0, y: 0, zoom: 1 };
let view = { ...whole };
let found = -1;
let dragged = null;

function scale() {
  return (Math.min(canvas.clientWidth, canvas.clientHeight) / 2.2) * view.zoom;
}

function onScreen([x, y]) {
  return [
    canvas.clientWidth / 2 + (x - view.x) * scale(),
    canvas.clientHeight / 2 - (y - view.y) * scale(),
  ];
}

// The first words are named first; a name that would lie on another is left out.
function draw() {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  pen.scale(ratio, ratio);
  pen.font = "13px system-ui, sans-serif";
  const taken = new Set();
  const order = found < 0 ? [] : [found];
  for (let number = 0; number < words.length; number += 1) if (number !== found) order.push(number);
  for (const number of order) {
    const [x, y] = onScreen(places[number]);
    if (x < 0 || y < 0 || x > canvas.clientWidth || y > canvas.clientHeight) continue;
    pen.fillStyle = number === found ? "#b00020" : "#b8560b";
    pen.fillRect(x - 1.5, y - 1.5, 3, 3);
    const cells = [];
    const width = pen.measureText(words[number]).width;
    for (let at = 0; at <= width + 8; at += 8) {
      cells.push(`${Math.floor((x + at) / 8)} ${Math.floor(y / 16)}`);
    }
    if (cells.some((cell) => taken.has(cell))) continue;
    cells.forEach((cell) => taken.add(cell));
    pen.fillStyle = number === found ? "#b00020" : "#1a1a1a";
    pen.fillText(words[number], x + 4, y + 4);
  }
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const before = scale();
  view.zoom = Math.min(1e4, Math.max(0.2, view.zoom * factor));
  const change = 1 / before - 1 / scale();
  view.x += (x - canvas.clientWidth / 2) * change;
  view.y -= (y - canvas.clientHeight / 2) * change;
  draw();
}

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
}, { passive: false });
canvas.addEventListener("pointerdown", (event) => {
  dragged = [event.clientX, event.clientY];
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  view.x -= (event.clientX - dragged[0]) / scale();
  view.y += (event.clientY - dragged[1]) / scale();
  dragged = [event.clientX, event.clientY];
  draw();
});
for (const name of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(name, () => { dragged = null; });
}
canvas.addEventListener("keydown", (event) => {
  const step = 40 / scale();
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
  if (event.key === "+" || event.key === "=") zoom(1.25);
  else if (event.key === "-") zoom(0.8);
  else if (moves[event.key]) {
    view.x += moves[event.key][0];
    view.y += moves[event.key][1];
    draw();
  } else return;
  event.preventDefault();
});
document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  found = words.indexOf(field.value.trim());
  said.textContent = found < 0 ? `${field.value.trim()} is not on the map` : words[found];
  if (found >= 0) view = { x: places[found][0], y: places[found][1], zoom: Math.max(view.zoom, 4) };
  draw();
});
document.getElementById("whole").addEventListener("click", () => {
  view = { ...whole };
  found = -1;
  draw();
});
window.addEventListener("resize", draw);
draw();
