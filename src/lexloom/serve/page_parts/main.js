// Joins the parts: which document is open, what is shown, and who hears of it.

const tip = new Tip(byId("tip"));
const text = new TextView(byId("text"), tip, {
  hover: (mentions) => relateMentions(mentions, false),
  choose: (mention) => relateMentions([mention], true),
});
const facts = new FactsView({
  point: pointAt,
  choose: (mention, all, fact) => {
    pointAt(all, fact);
    text.reveal(mention);
  },
  reveal: (span) => text.reveal(span),
});
const graph = new GraphView({ point: pointAtNode, choose: chooseNode });
let current = null;

/** Light mentions in the text and their nodes in the graph. */
function pointAt(mentions, fact) {
  text.highlight(mentions);
  graph.light(graph.nodesOf(current.number, mentions, fact));
}

/** The pointer is on mentions in the text: mark their facts in the list and their nodes. */
function relateMentions(mentions, scroll) {
  const related = [...new Set(mentions.flatMap((mention) => mention.facts))];
  const kinds = new Set(related.map((fact) => `${fact.kind}s`));
  if (scroll && kinds.size && !kinds.has(state.tab)) facts.turn([...kinds][0]);
  facts.relate(related, scroll);
  const nodes = graph.nodesOf(current.number, mentions, null);
  graph.light(nodes.flatMap((node) => [node, ...node.near]), nodes[0]);
}

const placesHere = (node) => node.places.filter((place) => place.number === current.number).map((place) => place.mention);

function pointAtNode(node) {
  const here = node ? placesHere(node) : [];
  text.highlight(here);
  facts.relate(here.flatMap((mention) => mention.facts));
  if (node) tip.show(node.shape, [nodeLine(node)]);
  else tip.hide();
}

function nodeLine(node) {
  const documents = new Set(node.places.map((place) => place.number)).size;
  const where = documents > 1 ? ` · ${t("documents")}: ${number(documents)}` : "";
  return h("span", { class: "line", style: { "--type": colour(node) } },
    h("i", { class: `dot ${node.kind}` }), h("b", {}, typeLabel(node.kind, node.type)),
    h("bdi", {}, shorten(node.text, 60)), h("span", { class: "sure" }, t("mentions", { n: node.places.length }) + where),
    zeroShotLine(node.zeroShot));
}

/** Show a node's first mention, opening the document that has it. */
function chooseNode(node) {
  enlarge(false);
  if (!placesHere(node).length) goTo(node.places[0].number);
  // the document may have been read anew, so look its mention up by number
  const [{ mention }] = node.places.filter((place) => place.number === current.number);
  const here = current.mentions[mention.index];
  text.highlight([here]);
  text.reveal(here);
}

function goTo(at) {
  if (current?.number === at) return;
  state.document = at;
  current = openDocument(at);
  drawHead();
  text.show(current);
  facts.show(current);
  byId("main").scrollTop = 0;
  for (const item of byId("document-list").querySelectorAll("button")) {
    if (Number(item.dataset.number) === at) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
  if (state.scope === "document" || !graph.nodes.length) drawGraph();
  if (index.documents.length > 1) window.history.replaceState(null, "", `#document-${at + 1}`);
}

function drawHead() {
  const { coverage, document: ref } = current.extraction;
  byId("document-name").replaceChildren(h("bdi", {}, current.id || t("unnamed")));
  byId("document-meta").replaceChildren(...[current.source && current.source !== current.id ? h("bdi", {}, current.source) : null,
    h("code", { title: `${t("sha256")}: ${ref.sha256}` }, ref.sha256.slice(0, 12)),
    h("span", {}, current.extraction.provenance.model)].filter(Boolean));
  drawCoverage(coverage);
  const notices = [];
  if (current.leftOut) {
    const { length } = current.text;
    const shown = coverage.characters - current.leftOut;
    notices.push(t("cut", { shown: shown > 0 ? shown : length, n: coverage.characters }));
  }
  if (current.broken) notices.push(t("broken", { n: current.broken }));
  byId("notices").replaceChildren(...notices.map((notice) => h("p", { class: "notice" }, notice)));
  drawLegend();
}

/** A bar as long as the text, with gaps where it was not read. */
function drawCoverage(coverage) {
  const { characters: n, characters_read: read, skipped } = coverage;
  const gaps = skipped.map((span) => h("i", {
    style: { left: `${100 * span.start / (n || 1)}%`, width: `max(3px, ${100 * (span.end - span.start) / (n || 1)}%)` },
  }));
  const whole = read >= n && !skipped.length;
  const words = whole ? t("readAll", { n }) : t("readPart", { read, n, share: share(coverage), skipped: skipped.length });
  byId("coverage").classList.toggle("part", !whole);
  byId("coverage").replaceChildren(h("span", { class: "track" }, ...gaps), h("span", {}, words));
}

function drawLegend() {
  const counts = new Map();
  for (const mention of current.mentions) {
    if (!counts.has(mention.key)) counts.set(mention.key, { mention, count: 0 });
    counts.get(mention.key).count += 1;
  }
  const order = [...colours.keys()].filter((key) => counts.has(key) && key !== "argument");
  if (counts.has("argument")) order.push("argument");
  byId("legend").replaceChildren(...order.map((key) => {
    const { mention, count } = counts.get(key);
    const press = (event) => {
      state.hidden[state.hidden.has(key) ? "delete" : "add"](key);
      event.currentTarget.setAttribute("aria-pressed", String(!state.hidden.has(key)));
      refresh();
    };
    return h("button", {
      type: "button", class: `key ${mention.kind}`, "data-key": key, "aria-pressed": String(!state.hidden.has(key)),
      title: typeDescription(mention.kind, mention.type), style: { "--type": colour(mention) }, on: { click: press },
    }, h("i", { class: `dot ${mention.kind}` }), typeLabel(mention.kind, mention.type), h("span", { class: "count" }, number(count)),
    mention.kind === "argument" ? null : zeroShotMark(mention.zeroShot));
  }));
}

let drawing = 0; // the number of the newest drawing; an older one that still reads gives up

async function drawGraph() {
  const mine = ++drawing;
  const built = new Graph();
  if (state.scope === "document") built.add(current);
  else if (!await readAll(built, () => mine === drawing)) return;
  const chosen = built.choose(state.isolated, graph.svg.clientWidth * graph.svg.clientHeight);
  graph.show(chosen);
  const cut = chosen.total > chosen.nodes.length;
  byId("graph-empty").hidden = chosen.nodes.length > 0;
  byId("graph-empty").textContent = t("graphEmpty");
  byId("graph-notice").hidden = !cut;
  if (cut) byId("graph-notice").textContent = t("graphCut", { shown: chosen.nodes.length, n: chosen.total });
}

const slim = []; // every document without its text, once the whole page was read

/** Add all documents, letting the page breathe in between; false if it is no longer wanted. */
async function readAll(built, isWanted) {
  const n = index.documents.length;
  let rested = performance.now();
  for (let at = 0; at < n; at += 1) {
    slim[at] ??= (({ mentions, facts: read }) => ({ number: at, mentions, facts: read }))(at === current.number ? current : readDocument(at));
    built.add(slim[at]);
    if (performance.now() - rested < 40) continue;
    byId("graph-notice").hidden = false;
    byId("graph-notice").textContent = t("graphReading", { done: at + 1, n });
    await new Promise((resolve) => setTimeout(resolve));
    if (!isWanted()) return false;
    rested = performance.now();
  }
  return true;
}

let waiting = false;

/** Draw again what depends on the types and the confidence chosen, once per frame. */
function refresh() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    text.redraw();
    facts.redraw();
    drawGraph();
  });
}

function drawList() {
  const wanted = normalText(byId("find-document").value);
  const rows = index.documents.flatMap((doc, at) => {
    if (wanted && !normalText(doc.id).includes(wanted)) return [];
    const counts = [["mentionCount", "entities"], ["relations", "relations"], ["events", "events"]]
      .filter(([, name]) => doc[name]).map(([word, name]) => `${t(word)} ${number(doc[name])}`).join(" · ");
    return [h("li", {}, h("button", {
      type: "button", "data-number": at, title: doc.id, "aria-current": at === current?.number ? "page" : null,
      on: { click: () => goTo(at) },
    }, h("bdi", {}, doc.id || t("unnamed")), h("small", {}, counts)))];
  });
  byId("document-list").replaceChildren(...rows);
  roveStart(byId("document-list"), "button", byId("document-list").querySelector("[aria-current]"));
}

/** Everything in the page's language. */
function translate() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
    if (element.matches("button")) element.title = t(element.dataset.tLabel);
  }
  for (const element of document.querySelectorAll("[data-t-placeholder]")) {
    element.placeholder = t(element.dataset.tPlaceholder);
    element.setAttribute("aria-label", element.placeholder);
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  const total = (name) => index.documents.reduce((sum, doc) => sum + doc[name], 0);
  byId("summary").textContent = t("summary", {
    documents: index.documents.length, entities: total("entities"), relations: total("relations"), events: total("events"),
  });
  byId("left-out").hidden = !index.left_out_documents;
  byId("left-out").textContent = t("leftOut", { n: index.left_out_documents });
  drawList();
}

function enlarge(large) {
  if (large === byId("graph").classList.contains("large")) return;
  byId("graph").classList.toggle("large", large);
  byId("expand").setAttribute("aria-expanded", String(large));
  if (current) drawGraph(); // there may be room for more nodes now, or less
}

function chooseScope(scope) {
  state.scope = scope;
  for (const button of byId("scope").children) button.setAttribute("aria-pressed", String(button.dataset.scope === scope));
}

function listen() {
  byId("threshold").addEventListener("input", (event) => {
    state.threshold = Number(event.target.value) / 100;
    byId("threshold-value").textContent = `≥ ${event.target.value}%`;
    if (current) refresh();
  });
  byId("labels").addEventListener("click", (event) => {
    const on = byId("text").classList.toggle("labelled");
    event.currentTarget.setAttribute("aria-pressed", String(on));
  });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      language = button.dataset.language;
      translate();
      if (!current) return;
      drawHead();
      refresh();
    });
  }
  for (const button of byId("scope").children) {
    button.addEventListener("click", () => {
      chooseScope(button.dataset.scope);
      drawGraph();
    });
  }
  byId("isolated").addEventListener("change", (event) => {
    state.isolated = event.target.checked;
    drawGraph();
  });
  const zooms = { in: () => graph.zoom(1.3), out: () => graph.zoom(1 / 1.3), fit: () => graph.fit() };
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", zooms[button.dataset.zoom]);
  byId("expand").addEventListener("click", () => enlarge(!byId("graph").classList.contains("large")));
  document.addEventListener("keydown", (event) => event.key === "Escape" && enlarge(false));
  byId("coverage").addEventListener("click", () => {
    facts.turn("report");
    byId("tab-report").focus();
  });
  byId("find-document").addEventListener("input", drawList);
  rove(byId("document-list"), "button");
  window.addEventListener("hashchange", () => {
    const wanted = numberInHash();
    if (current && wanted !== null) goTo(wanted);
  });
}

/** The document that the address names, or null. */
function numberInHash() {
  const wanted = /^#document-(\d+)$/.exec(window.location.hash);
  return wanted && Math.min(Math.max(Number(wanted[1]) - 1, 0), index.documents.length - 1);
}

assignColours();
listen();
translate();
chooseScope("document");
document.body.classList.toggle("single", index.documents.length < 2 && !index.left_out_documents);
byId("find-document").hidden = index.documents.length < 8;
if (index.documents.length) goTo(numberInHash() ?? 0);
else byId("layout").replaceChildren(h("p", { class: "notice" }, t("noDocuments")));
document.documentElement.dataset.ready = "true";
