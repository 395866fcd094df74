"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const PER_PAGE = 50;
const at = (id) => document.getElementById(id);
const filters = ["kind", "group", "gold", "found"].map(at);
const [kindFilter, groupFilter, goldFilter, foundFilter] = filters;
const search = at("search");
const NONE = "(nothing)";
let chosen = [];
let page = 0;

function element(name, text, classes = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (classes) made.className = classes;
  return made;
}

function link(text, set) {
  const button = element("button", text);
  button.type = "button";
  button.addEventListener("click", () => {
    choose({ kind: "", group: "", gold: "", found: "", words: "", ...set });
    at("filters").scrollIntoView();
  });
  return button;
}

function table(caption, heads, rows) {
  const made = document.createElement("table");
  made.append(element("caption", caption));
  const head = made.createTHead().insertRow();
  for (const name of heads) {
    const cell = element("th", name);
    cell.title = name;
    head.append(cell);
  }
  const body = made.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    for (const value of cells) {
      const cell = row.insertCell();
      if (value instanceof Node) cell.append(value);
      else cell.textContent = String(value);
      if (typeof value === "number" || value instanceof HTMLButtonElement && /^\d+$/.test(value.textContent)) cell.className = "count";
    }
  }
  return made;
}

function showGroups() {
  for (const [kind, counts] of Object.entries(data.counts)) {
    const rows = Object.entries(counts.groups).filter(([, count]) => count).map(
      ([group, count]) => [link(data.meanings[kind][group], { kind, group: `${kind} ${group}` }), count]);
    if (rows.length) at("groups").append(table(`${kind}: ${rows.reduce((sum, row) => sum + row[1], 0)}`, ["group", "mistakes"], rows));
  }
}

function showTypes() {
  for (const [kind, counts] of Object.entries(data.counts)) {
    const rows = Object.entries(counts.types).map(([type, n]) => [type, n.right, n.missed, n.false]);
    rows.sort((a, b) => b[2] + b[3] - a[2] - a[3]);
    if (rows.length) at("types").append(table(kind, ["type", "right", "missed", "false"], rows));
  }
}

function showConfusions() {
  for (const [kind, { types, cells }] of Object.entries(data.confusions)) {
    if (!types.length) continue;
    const counts = new Map(cells.map(([gold, found, count]) => [JSON.stringify([gold, found]), count]));
    const named = [...types, ""];
    const rows = named.map((gold) => [gold || NONE, ...named.map((found) => {
      const count = counts.get(JSON.stringify([gold, found])) ?? 0;
      const isLinked = count && gold !== found && gold !== "(others)" && found !== "(others)";
      return isLinked ? link(String(count), { kind, gold: gold || NONE, found: found || NONE }) : count || "";
    })]);
    const made = table(`${kind}: gold down, found across`, ["", ...named.map((name) => name || NONE)], rows);
    types.forEach((_, number) => made.tBodies[0].rows[number].cells[number + 1].classList.add("right"));
    at("confusions").append(made);
  }
}

function showWords() {
  const rows = data.words.map(([word, kind, gold, found, count]) => [
    link(word, { kind, gold: gold || NONE, found: found || NONE, words: word }), kind, gold || NONE, found || NONE, count]);
  at("words").append(table("", ["words", "facts", "gold", "found", "mistakes"], rows));
}

function fill(select, values, all) {
  select.replaceChildren();
  for (const [value, text] of [["", all], ...values]) {
    const option = element("option", text);
    option.value = value;
    select.append(option);
  }
}

function fillFilters() {
  fill(kindFilter, Object.keys(data.counts).map((kind) => [kind, kind]), "all");
  const groups = [];
  for (const [kind, meanings] of Object.entries(data.meanings)) {
    for (const [group, meaning] of Object.entries(meanings)) {
      if (data.counts[kind].groups[group]) groups.push([`${kind} ${group}`, `${kind}: ${meaning}`]);
    }
  }
  fill(groupFilter, groups, "all");
  [goldFilter, foundFilter].forEach((select, side) => {
    const seen = new Set(data.mistakes.map((mistake) => mistake.labels[side] || NONE));
    fill(select, [...seen].sort().map((label) => [label, label]), "all");
  });
}

function words(mistake) {
  const parts = [mistake.gold, mistake.found].filter(Boolean).flatMap((fact) => Object.values(fact));
  return [mistake.document, ...parts.map((part) => part?.text ?? "")].join("\n").toLowerCase();
}

function choose(set) {
  kindFilter.value = set.kind;
  groupFilter.value = set.group;
  goldFilter.value = set.gold;
  foundFilter.value = set.found;
  search.value = set.words;
  apply();
}

function apply() {
  const wanted = search.value.toLowerCase();
  chosen = data.mistakes.filter((mistake) =>
    (!kindFilter.value || mistake.kind === kindFilter.value)
    && (!groupFilter.value || `${mistake.kind} ${mistake.group}` === groupFilter.value)
    && (!goldFilter.value || (mistake.labels[0] || NONE) === goldFilter.value)
    && (!foundFilter.value || (mistake.labels[1] || NONE) === foundFilter.value)
    && (!wanted || words(mistake).includes(wanted)));
  page = 0;
  show();
}

function sentence(context) {
  const made = element("p", "", "text");
  made.dir = "auto";
  context.forEach((segments, number) => {
    if (number) made.append(" … ");
    for (const [text, marks] of segments) {
      made.append(marks ? element("mark", text, `mark ${marks}`) : text);
    }
  });
  return made;
}

function placed(part) {
  const text = part.text.length > 200 ? `${part.text.slice(0, 200)}…` : part.text;
  return `${text} (${part.type}) [${part.start}, ${part.end})`;
}

function fact(name, item) {
  const made = element("p", "", "fact");
  made.append(element("b", name));
  if (!item) {
    made.append(NONE);
    return made;
  }
  const sure = item.confidence === undefined ? "" : `, confidence ${item.confidence.toFixed(2)}`;
  let said;
  if (item.head) said = `${placed(item.head)} — ${item.type} → ${placed(item.tail)}`;
  else if (item.argument) said = `${item.type}: ${placed(item.argument)} of ${placed(item.trigger)}`;
  else said = placed(item.mention ?? item.trigger);
  made.append(said + sure);
  return made;
}

function show() {
  const list = at("list");
  list.replaceChildren();
  for (const mistake of chosen.slice(page * PER_PAGE, (page + 1) * PER_PAGE)) {
    const item = document.createElement("li");
    const meaning = data.meanings[mistake.kind][mistake.group];
    item.append(element("div", `${mistake.kind}: ${meaning} · ${mistake.document}`, "about"));
    item.append(sentence(mistake.context), fact("gold", mistake.gold), fact("found", mistake.found));
    list.append(item);
  }
  const last = Math.min((page + 1) * PER_PAGE, chosen.length);
  at("place").textContent = chosen.length ? `${page * PER_PAGE + 1} to ${last} of ${chosen.length}` : "no mistake";
  at("before").disabled = page === 0;
  at("after").disabled = last >= chosen.length;
}

for (const select of filters) select.addEventListener("change", apply);
search.addEventListener("input", apply);
at("filters").addEventListener("submit", (event) => event.preventDefault());
at("filters").addEventListener("reset", (event) => {
  event.preventDefault();
  choose({ kind: "", group: "", gold: "", found: "", words: "" });
});
at("before").addEventListener("click", () => { page -= 1; show(); });
at("after").addEventListener("click", () => { page += 1; show(); });
if (data.left_out) {
  at("left-out").hidden = false;
  at("left-out").textContent = `${data.left_out} more mistakes are counted and not listed.`;
}
showGroups();
showTypes();
showConfusions();
showWords();
fillFilters();
apply();
document.documentElement.dataset.ready = "";
