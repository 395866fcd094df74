// The list beside the text: relations, events, entities, and the report on how they were read.

const ROWS = 200; // rows drawn at first, and more at each press

class FactsView {
  constructor(on) {
    this.on = on; // {point(mentions, fact or null), choose(mention, all, fact or null), reveal(span)}
    this.tabs = byId("tabs");
    this.panel = byId("panel");
    this.find = byId("find-fact");
    this.find.addEventListener("input", () => this.list());
    rove(this.tabs, "[role=tab]");
    rove(this.panel, ".fact");
  }

  show(doc) {
    this.doc = doc;
    this.find.value = "";
    if (!this.rows(state.tab).length && state.tab !== "report") {
      state.tab = ["relations", "events", "entities"].find((tab) => this.rows(tab).length) ?? "report";
    }
    this.redraw();
  }

  redraw() {
    this.header();
    this.list();
  }

  rows(tab) {
    if (tab === "relations") return this.doc.facts.filter((fact) => fact.kind === "relation");
    if (tab === "events") return this.doc.facts.filter((fact) => fact.kind === "event");
    return tab === "entities" ? groupEntities(this.doc) : [];
  }

  header() {
    const focused = this.tabs.contains(document.activeElement);
    this.tabs.replaceChildren(...["relations", "events", "entities", "report"].map((tab) => {
      const all = this.rows(tab);
      const shown = all.filter(isRowShown).length;
      const count = shown === all.length ? number(shown) : `${number(shown)}/${number(all.length)}`;
      return h("button", {
        type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": "panel",
        "aria-selected": String(tab === state.tab), on: { click: () => this.turn(tab), focus: () => this.turn(tab) },
      }, t(tab), tab === "report" ? null : h("span", { class: "count" }, count));
    }));
    const chosen = byId(`tab-${state.tab}`);
    roveStart(this.tabs, "[role=tab]", chosen);
    this.panel.setAttribute("aria-labelledby", chosen.id);
    if (focused) chosen.focus();
  }

  turn(tab) {
    if (tab === state.tab) return;
    state.tab = tab;
    for (const item of this.tabs.children) item.setAttribute("aria-selected", String(item.id === `tab-${tab}`));
    this.panel.setAttribute("aria-labelledby", `tab-${tab}`);
    this.list();
  }

  list() {
    this.find.hidden = state.tab === "report";
    this.panel.scrollTop = 0;
    if (state.tab === "report") {
      this.panel.replaceChildren(...report(this.doc, this.on));
      return;
    }
    const all = this.rows(state.tab);
    const wanted = normalText(this.find.value);
    const rows = all.filter((row) => isRowShown(row) && (!wanted || normalText(searchText(row)).includes(wanted)));
    const list = h("ul", { class: "rows" });
    this.panel.replaceChildren(rows.length ? list : h("p", { class: "empty" }, t(all.length ? "noneShown" : "none")));
    this.fill(list, rows);
  }

  fill(list, rows) {
    const next = rows.slice(list.children.length, list.children.length + ROWS);
    list.append(...next.map((row) => h("li", {}, this.row(row))));
    const rest = rows.length - list.children.length;
    if (list.nextSibling) list.nextSibling.remove();
    if (rest) {
      const press = () => this.fill(list, rows);
      list.after(h("button", { type: "button", class: "more", on: { click: press } }, t("more", { n: rest })));
    }
    roveStart(this.panel, ".fact");
  }

  row(row) {
    const fact = row.kind === "group" ? null : row;
    const mentions = () => (fact ? shownMentions(fact) : row.mentions.filter(isShown));
    let turn = 0;
    const choose = () => {
      const items = mentions();
      this.on.choose(items[turn % items.length], items, fact); // each press leads to the next mention
      turn += 1;
    };
    const point = () => this.on.point(mentions(), fact);
    const leave = () => this.on.point([], null);
    const parts = { relation: relationRow, event: eventRow, group: groupRow }[row.kind](row);
    const button = h("button", {
      type: "button", class: `fact ${row.kind}`, "data-fact": fact?.index,
      on: { pointerenter: point, pointerleave: leave, focus: point, blur: leave, click: choose },
    }, ...parts);
    return button;
  }

  /** Mark the rows of these facts, and bring the first into view if asked. */
  relate(facts, scroll = false) {
    for (const row of this.panel.querySelectorAll(".related")) row.classList.remove("related");
    const rows = facts.map((fact) => this.panel.querySelector(`[data-fact="${fact.index}"]`)).filter(Boolean);
    for (const row of rows) row.classList.add("related");
    if (scroll && rows.length) scrollCalmly(rows[0], "nearest");
  }
}

const isRowShown = (row) => (row.kind === "group" ? row.mentions.some(isShown) : isFactShown(row));

/** The entities of a document under their normal name and type, in the order of the text. */
function groupEntities(doc) {
  const groups = new Map();
  for (const mention of doc.mentions) {
    if (mention.kind !== "entity") continue;
    const name = `${mention.type}\u0000${normalName(mention.text)}`;
    if (!groups.has(name)) groups.set(name, { kind: "group", type: mention.type, mentions: [] });
    groups.get(name).mentions.push(mention);
  }
  for (const group of groups.values()) group.mentions.sort((one, other) => one.from - other.from);
  return [...groups.values()].sort((one, other) => one.mentions[0].from - other.mentions[0].from);
}

function searchText(row) {
  const kind = row.kind === "group" ? "entity" : row.kind;
  const roles = row.kind === "event" ? row.arguments.map((item) => roleLabel(row.type, item.role)) : [];
  return [row.type, typeLabel(kind, row.type), ...row.mentions.map((item) => item.text), ...roles].join(" ");
}

function chip(mention) {
  const name = shorten(mention.text, 80);
  return h("bdi", {
    class: `chip ${mention.kind}`, style: { "--type": colour(mention) }, title: typeLabel(mention.kind, mention.type),
  }, name);
}

const sureness = (item) => h("span", { class: "sure", title: t("confidence") },
  h("i", { class: "meter", style: { "--share": percent(item.confidence ?? 1) } }), percent(item.confidence));

function relationRow(fact) {
  return [
    h("span", { class: "triple" }, chip(fact.head),
      h("span", { class: "predicate", title: typeDescription("relation", fact.type) }, typeLabel("relation", fact.type)),
      chip(fact.tail), zeroShotMark(fact.zeroShot)),
    sureness(fact),
  ];
}

function eventRow(fact) {
  const roles = shownArguments(fact).map((item) => h("span", { class: "role" },
    h("span", { class: "name" }, roleLabel(fact.type, item.role), " ", zeroShotMark(item.zeroShot && !fact.zeroShot)), chip(item.mention),
    h("span", { class: "sure" }, percent(item.confidence))));
  return [
    h("span", { class: "triple" }, chip(fact.trigger), h("span", { class: "kind" }, typeLabel("event", fact.type)), zeroShotMark(fact.zeroShot)),
    sureness(fact),
    roles.length ? h("span", { class: "roles" }, ...roles) : null,
  ];
}

function groupRow(group) {
  const shown = group.mentions.filter(isShown);
  const best = shown.reduce((one, other) => ((other.confidence ?? 1) > (one.confidence ?? 1) ? other : one));
  return [
    h("span", { class: "triple" }, chip(shown[0]), h("span", { class: "kind" }, typeLabel("entity", group.type)),
      shown.length > 1 ? h("span", { class: "times" }, t("mentions", { n: shown.length })) : null,
      zeroShotMark(shown.every((item) => item.zeroShot))),
    sureness(best),
  ];
}

/** Rows of a report: a heading and a list of names with their values. */
function section(heading, rows) {
  const cells = rows.filter(([, value]) => value !== "" && value !== null)
    .flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value instanceof Node ? value : String(value))]);
  return [h("h3", {}, heading), h("dl", {}, ...cells)];
}

function report(doc, on) {
  const { coverage, provenance, document: ref, records } = doc.extraction;
  const inside = doc.mentions.filter((item) => item.to <= doc.text.length);
  const exact = inside.filter((item) => doc.text.slice(item.from, item.to) === item.text).length;
  const skipped = coverage.skipped.length ? h("ul", { class: "skips" }, ...doc.gaps.map((gap) => h("li", {}, h("button", {
    type: "button", class: "skip-link", on: { click: () => on.reveal(gap) },
  }, h("code", {}, `${number(gap.start)}–${number(gap.end)}`), ` ${gap.reason}`)))) : t("nothing");
  const code = (value) => (value ? h("code", {}, value) : "");
  const provenanceRows = ["model", "model_hash", "schema_hash", "version", "time"]
    .map((name) => [t(name), name.endsWith("hash") ? code(provenance[name]) : h("bdi", {}, provenance[name])]);
  return [
    ...section(t("coverage"), [
      [t("read"), `${number(coverage.characters_read)} / ${number(coverage.characters)} (${share(coverage)})`],
      [t("windows"), number(coverage.windows)],
      [t("skipped"), skipped],
      [t("verbatim"), h("span", { class: exact === inside.length ? "good" : "bad" }, `${number(exact)} / ${number(inside.length)}`)],
    ]),
    ...section(t("provenance"), [
      [t("document"), h("bdi", {}, doc.id)], [t("source"), h("bdi", {}, doc.source)],
      [t("sha256"), code(ref.sha256)], ...provenanceRows,
      [t("zeroShot"), provenance.zero_shot ? h("bdi", {}, provenance.zero_shot.join(", ")) : ""],
    ]),
    ...(records.length ? [h("h3", {}, t("records")), h("pre", {}, JSON.stringify(records, null, 2))] : []),
  ];
}

/** The share that was read; never rounded up to all of it. */
function share({ characters, characters_read: read }) {
  if (read >= characters) return "100%";
  return `${Math.min(99.9, Math.floor(1000 * read / characters) / 10)}%`;
}
