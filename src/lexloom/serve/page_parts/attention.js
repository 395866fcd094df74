"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const levels = Uint8Array.from(atob(data.levels), (char) => char.charCodeAt(0));
const [layer, head] = ["layer", "head"].map((id) => document.getElementById(id));
const canvas = document.getElementById("map");
const said = document.getElementById("said");
const size = data.size;
let from = 0;

function level(row, column) {
  const matrix = Number(layer.value) * data.heads + Number(head.value);
  return levels[(matrix * size + row) * size + column];
}

function choices(select, count) {
  for (let number = 0; number < count; number += 1) {
    const option = document.createElement("option");
    option.value = String(number);
    option.textContent = String(number + 1);
    select.append(option);
  }
  select.addEventListener("change", show);
}

const buttons = data.tokens.map((token, number) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = token;
  const choose = () => { from = number; showTokens(); };
  for (const event of ["mouseenter", "focus", "click"]) button.addEventListener(event, choose);
  return button;
});
document.getElementById("tokens").append(...buttons);

function showTokens() {
  let best = 0;
  buttons.forEach((button, column) => {
    const share = level(from, column) / 255;
    if (level(from, column) > level(from, best)) best = column;
    button.style.backgroundColor = `rgba(8, 69, 148, ${share})`;
    button.classList.toggle("dark", share > 0.55);
    button.classList.toggle("from", column === from);
    button.title = `${Math.round(100 * share)} %`;
  });
  const share = Math.round(level(from, best) / 2.55);
  said.textContent = `${data.tokens[from]} looks most at ${data.tokens[best]} (${share} %)`;
}

function showMap() {
  const scale = Math.max(2, Math.floor(640 / size));
  canvas.width = canvas.height = size * scale;
  const context = canvas.getContext("2d");
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      context.fillStyle = `rgba(8, 69, 148, ${level(row, column) / 255})`;
      context.fillRect(column * scale, row * scale, scale, scale);
    }
  }
}

function show() {
  showTokens();
  showMap();
}

canvas.addEventListener("mousemove", (event) => {
  const box = canvas.getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * size);
  from = Math.min(size - 1, Math.max(0, row));
  showTokens();
});
choices(layer, data.layers);
choices(head, data.heads);
show();
