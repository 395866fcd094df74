// Words of the interface in both languages, the labels of types, and a few ways to make elements.

const STRINGS = {
  en: {
    skip: "Skip to the text", confidence: "Confidence", labels: "Type labels",
    documents: "Documents", findDocument: "Find a document", legend: "Types; press to show or hide",
    graph: "Graph", scope: "What the graph draws", thisDocument: "This document",
    allDocuments: "All documents", isolated: "Isolated", zoomIn: "Zoom in", zoomOut: "Zoom out",
    fit: "Fit to view", expand: "Enlarge or shrink the graph",
    graphHelp: "Graph of entities and facts. Arrow keys move between nodes, Enter shows the node in the text, + and - zoom, 0 fits.",
    graphEmpty: "No relations or events to draw here.",
    graphCut: "Drawn: the {shown} best connected of {n|node|nodes}. Enlarge the graph, raise the confidence or hide types to see others.",
    graphReading: "Reading documents … {done} of {n}",
    facts: "What was read", relations: "Relations", events: "Events", entities: "Entities",
    report: "Report", findFact: "Filter by word or type", argument: "other argument",
    trigger: "event", event: "Event", none: "None found in this document.",
    noneShown: "None match the filter or the confidence chosen.", more: "Show {n} more",
    summary: "{documents|document|documents} · {entities|mention|mentions} · {relations|relation|relations} · {events|event|events}",
    characters: "{n|character|characters}",
    readAll: "Read in full: {n|character|characters}",
    readPart: "Read {read} of {n} characters ({share}); skipped: {skipped}",
    cut: "Only the first {shown} of {n} characters are shown here; the facts beyond them are listed all the same.",
    leftOut: "{n|more document is|more documents are} not in this page, which is at its limit.",
    broken: "{n|fact names|facts name} a mention that is not in the document and cannot be shown.",
    coverage: "Coverage", read: "Characters read", windows: "Windows", skipped: "Skipped",
    skippedSpan: "Not read", nothing: "nothing", verbatim: "Mentions found verbatim in the text",
    offsets: "Offsets", provenance: "Provenance", document: "Document", source: "Source",
    sha256: "SHA-256 of the text", model: "Model", model_hash: "Model hash",
    schema_hash: "Schema hash", version: "Version", time: "Read at", records: "Records",
    mentions: "{n|mention|mentions}", mentionCount: "Mentions", unnamed: "(no name)", noDocuments: "No document was read.",
    zeroShot: "zero-shot", zeroShotHelp: "asked for by name; the model was not trained on it",
  },
  zh: {
    skip: "跳到正文", confidence: "置信度", labels: "类型标签",
    documents: "文档", findDocument: "查找文档", legend: "类型（点按显示或隐藏）",
    graph: "图谱", scope: "图谱范围", thisDocument: "本文档",
    allDocuments: "全部文档", isolated: "孤立实体", zoomIn: "放大", zoomOut: "缩小",
    fit: "适合窗口", expand: "放大或还原图谱",
    graphHelp: "实体与事实图谱。方向键在节点间移动，回车在正文中定位，+ 和 - 缩放，0 适合窗口。",
    graphEmpty: "这里没有可画的关系或事件。",
    graphCut: "共 {n} 个节点，只画出联系最多的 {shown} 个。可放大图谱、提高置信度或隐藏类型来查看其他节点。",
    graphReading: "正在读取文档……{done} / {n}",
    facts: "抽取结果", relations: "关系", events: "事件", entities: "实体",
    report: "报告", findFact: "按词语或类型筛选", argument: "其他论元",
    trigger: "事件", event: "事件", none: "本文档中没有。",
    noneShown: "没有符合筛选条件或置信度的结果。", more: "再显示 {n} 条",
    summary: "{documents} 篇文档 · {entities} 处提及 · {relations} 个关系 · {events} 个事件",
    characters: "{n} 个字符",
    readAll: "全文已读：{n} 个字符",
    readPart: "已读 {read} / {n} 个字符（{share}）；跳过：{skipped}",
    cut: "全文 {n} 个字符，这里只显示前 {shown} 个；其后的事实仍列在表中。",
    leftOut: "本页已达上限，另有 {n} 篇文档未收入。",
    broken: "{n} 条事实所指的提及不在本文档中，无法显示。",
    coverage: "覆盖情况", read: "已读字符", windows: "窗口", skipped: "跳过",
    skippedSpan: "未读", nothing: "无", verbatim: "与原文逐字一致的提及",
    offsets: "位置", provenance: "来源", document: "文档", source: "出处",
    sha256: "正文 SHA-256", model: "模型", model_hash: "模型哈希",
    schema_hash: "模式哈希", version: "版本", time: "抽取时间", records: "记录",
    mentions: "{n} 处提及", mentionCount: "提及", unnamed: "（无名）", noDocuments: "没有读入文档。",
    zeroShot: "零样本", zeroShotHelp: "仅凭名称查找；模型没有学过这一类型",
  },
};

let language = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en";

/** The words for `key`; `{n}` takes a value, `{n|one|many}` a value and the noun that fits it. */
function t(key, values = {}) {
  return STRINGS[language][key].replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) => {
    const value = values[name];
    const shown = typeof value === "number" ? number(value) : String(value);
    return one === undefined ? shown : `${shown} ${value === 1 ? one : many}`;
  });
}

const number = (value) => new Intl.NumberFormat(language).format(value);
const percent = (value) => (value === null ? "–" : `${Math.round(value * 100)}%`);

/** A type's label in the page's language; its name where the schema does not know it. */
function typeLabel(kind, name) {
  if (kind === "argument") return t("argument");
  const known = lookUp(index.labels[kind], name);
  return known ? known[language] : name;
}

function roleLabel(event, role) {
  const known = lookUp(index.labels.event, event);
  const label = known && lookUp(known.roles, role);
  return label ? label[language] : role;
}

function typeDescription(kind, name) {
  const known = lookUp(index.labels[kind] ?? {}, name);
  return known ? known[`description_${language}`] : "";
}

// a type may be called "constructor"
const lookUp = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);

/** An element; strings among the children become text, never markup. */
function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "style") {
      for (const [key, setting] of Object.entries(value)) element.style.setProperty(key, setting);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A quiet mark on what a model found without having been trained on its type; null elsewhere. */
const zeroShotMark = (isZeroShot) =>
  (isZeroShot ? h("abbr", { class: "zero-shot", title: t("zeroShotHelp") }, t("zeroShot")) : null);

/** The same where no pointer can rest on it, as in a tip: the words themselves. */
const zeroShotLine = (isZeroShot) =>
  (isZeroShot ? h("span", { class: "zero-shot" }, `${t("zeroShot")}: ${t("zeroShotHelp")}`) : null);

const byId = (name) => document.getElementById(name);

/** Make a group one tab stop in which arrow keys move; `selector` finds its members. */
function rove(container, selector) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  container.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const members = [...container.querySelectorAll(selector)].filter((item) => !item.hidden);
    const at = members.indexOf(document.activeElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    members[Math.min(Math.max(at + step, 0), members.length - 1)].focus();
  });
  container.addEventListener("focusin", (event) => {
    if (!event.target.matches(selector)) return;
    for (const member of container.querySelectorAll(selector)) {
      member.tabIndex = member === event.target ? 0 : -1;
    }
  });
}

/** Let the first member of a roving group (or the chosen one) take the tab stop. */
function roveStart(container, selector, chosen = null) {
  const members = [...container.querySelectorAll(selector)];
  for (const member of members) member.tabIndex = member === (chosen ?? members[0]) ? 0 : -1;
}
