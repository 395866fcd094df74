// What a document holds: its mentions at UTF-16 offsets, its facts, and which of them are shown.

const index = JSON.parse(byId("index").textContent);

const state = {
  document: 0,
  threshold: 0, // least confidence shown, in [0, 1]
  hidden: new Set(), // keys of types that are switched off, such as "entity:person"
  tab: "relations",
  scope: "document",
  isolated: false,
};

/** Offsets of the records count code points, those of a string UTF-16 units; this maps them. */
class Offsets {
  constructor(text) {
    this.astral = []; // code point offsets of the characters that take two units
    if (!/[\ud800-\udbff]/.test(text)) return;
    let point = 0;
    for (const char of text) {
      if (char.length === 2) this.astral.push(point);
      point += 1;
    }
  }

  toUnits(point) {
    return point + lowerBound(this.astral, point);
  }
}

/** How many of the sorted numbers are less than `value`. */
function lowerBound(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A mention is {index, kind, type, key, text, start, end, from, to, confidence, zeroShot, lane}: start
 * and end in code points as recorded, from and to in UTF-16 units. Entities come first, in their order.
 */
class Mentions {
  constructor(text) {
    this.offsets = new Offsets(text);
    this.all = [];
    this.byName = new Map();
  }

  add(name, kind, type, span, { confidence, zero_shot: zeroShot = false }) {
    const known = this.byName.get(name);
    if (known !== undefined) {
      known.zeroShot &&= zeroShot;
      known.confidence = Math.max(known.confidence ?? 1, confidence ?? 1);
      return known;
    }
    const { start, end, text } = span;
    const mention = {
      index: this.all.length, kind, type, key: kind === "argument" ? kind : `${kind}:${type}`,
      text, start, end, from: this.offsets.toUnits(start), to: this.offsets.toUnits(end),
      confidence, zeroShot, lane: 0, facts: [],
    };
    this.all.push(mention);
    this.byName.set(name, mention);
    if (kind === "entity" && !this.byName.has(`at:${start}-${end}`)) {
      this.byName.set(`at:${start}-${end}`, mention);
    }
    return mention;
  }

  entity(id) {
    return this.byName.get(`entity:${id}`);
  }

  /** An argument is the entity it names, or the one on the same characters, or its own mention. */
  argument(argument) {
    const named = argument.entity !== null && this.entity(argument.entity);
    const place = `${argument.start}-${argument.end}`;
    return named || this.byName.get(`at:${place}`)
      || this.add(`argument:${place}`, "argument", argument.role, argument, argument);
  }
}

const cache = new Map(); // the few documents looked at last

function openDocument(number) {
  if (!cache.has(number)) {
    cache.set(number, readDocument(number));
    if (cache.size > 6) cache.delete(cache.keys().next().value);
  }
  return cache.get(number);
}

function readDocument(number) {
  const { text, source, left_out_characters: leftOut, extraction } = JSON.parse(byId(`doc-${number}`).textContent);
  const mentions = new Mentions(text);
  for (const entity of extraction.entities) {
    mentions.add(`entity:${entity.id}`, "entity", entity.type, entity, entity);
  }
  const facts = [...readRelations(extraction, mentions), ...readEvents(extraction, mentions)];
  facts.forEach((fact, at) => {
    fact.index = at;
    for (const mention of fact.mentions) mention.facts.push(fact);
  });
  assignLanes(mentions.all);
  const { offsets } = mentions;
  const gaps = extraction.coverage.skipped.map((span) => ({
    ...span, kind: "gap", from: offsets.toUnits(span.start), to: Math.min(offsets.toUnits(span.end), text.length),
  }));
  return {
    number, id: extraction.document.id, text, source, leftOut, extraction, gaps, facts,
    mentions: mentions.all, broken: extraction.relations.length + extraction.events.length - facts.length,
  };
}

function readRelations(extraction, mentions) {
  return extraction.relations.flatMap(({ type, head, tail, confidence, zero_shot: zeroShot = false }) => {
    const ends = [mentions.entity(head), mentions.entity(tail)];
    if (!ends[0] || !ends[1]) return [];
    return [{ kind: "relation", type, confidence, zeroShot, head: ends[0], tail: ends[1], mentions: [...new Set(ends)] }];
  }).sort((one, other) => one.head.from - other.head.from || one.tail.from - other.tail.from);
}

function readEvents(extraction, mentions) {
  return extraction.events.map((event) => {
    const { type, trigger, arguments: roles, confidence, zero_shot: zeroShot = false } = event;
    const said = mentions.add(`trigger:${trigger.start}-${trigger.end}-${type}`, "event", type, trigger, event);
    const filled = roles.map((item) => ({
      role: item.role, confidence: item.confidence, zeroShot: Boolean(item.zero_shot), mention: mentions.argument(item),
    }));
    return {
      kind: "event", type, confidence, zeroShot, trigger: said, arguments: filled,
      mentions: [...new Set([said, ...filled.map((item) => item.mention)])],
    };
  }).sort((one, other) => one.trigger.from - other.trigger.from);
}

/** Give mentions that overlap different lanes; the shortest lies nearest to the text. */
function assignLanes(mentions) {
  const sorted = [...mentions].sort((one, other) => one.from - other.from);
  let group = [];
  let end = -1;
  const finish = () => {
    group.sort((one, other) => (one.to - one.from) - (other.to - other.from));
    group.forEach((mention, at) => {
      const taken = new Set(group.slice(0, at).filter((other) => other.from < mention.to && mention.from < other.to)
        .map((other) => other.lane));
      while (taken.has(mention.lane)) mention.lane += 1;
    });
  };
  for (const mention of sorted) {
    if (mention.from >= end) {
      finish();
      group = [];
    }
    group.push(mention);
    end = Math.max(end, mention.to);
  }
  finish();
}

const isSure = (item) => (item.confidence ?? 1) >= state.threshold;
const isShown = (mention) => isSure(mention) && !state.hidden.has(mention.key);

/** A relation needs both ends shown, an event its trigger; an event's arguments go one by one. */
function isFactShown(fact) {
  if (!isSure(fact)) return false;
  return fact.kind === "relation" ? isShown(fact.head) && isShown(fact.tail) : isShown(fact.trigger);
}

const shownArguments = (event) => event.arguments.filter((item) => isSure(item) && isShown(item.mention));

/** The mentions of a fact that are shown now. */
function shownMentions(fact) {
  if (fact.kind === "relation") return fact.mentions;
  return [fact.trigger, ...shownArguments(fact).map((item) => item.mention)];
}

/** Text as it is compared: width, case and spaces do not count. By way of capitals, "ß" is "ss". */
const normalText = (text) => text.normalize("NFKC").toUpperCase().toLowerCase().replace(/\s+/gu, " ").trim();

const QUOTES = /^["'`´\p{Pi}\p{Pf}„‚‟‛「」『』《》〈〉〝〞 ]+|["'`´\p{Pi}\p{Pf}„‚‟‛「」『』《》〈〉〝〞 ]+$/gu;

/** Names that are equal so belong to one entity, as in the graph's store (`graph.resolve`). */
function normalName(text) {
  const plain = normalText(text);
  return plain.replace(QUOTES, "") || plain;
}

// Hues far apart first; after the twelfth, the same ones paler.
const HUES = [255, 28, 152, 312, 68, 198, 352, 118, 282, 45, 175, 232];

/** Give every type on the page its colour, as a property of the root that fits dark and light. */
function assignColours() {
  const keys = [...index.entity_types.map((name) => `entity:${name}`), ...index.event_types.map((name) => `event:${name}`)];
  keys.forEach((key, at) => {
    const chroma = at < HUES.length ? "var(--type-chroma)" : "calc(var(--type-chroma) * .45)";
    document.documentElement.style.setProperty(`--type-${at}`, `oklch(var(--type-light) ${chroma} ${HUES[at % HUES.length]})`);
    colours.set(key, `var(--type-${at})`);
  });
}

const colours = new Map([["argument", "var(--muted)"]]);
const colour = (item) => colours.get(item.key);
