// The text of a document with its mentions drawn, block by block as they come into view.

const BLOCK = 3000; // UTF-16 units after which a block ends at the next line
const MAX_BLOCK = 12000; // where it ends at the next sentence or space if no line ends before

/** Cut a text into [from, to) pieces at line ends, so that each can be drawn by itself. */
function cutBlocks(text) {
  const blocks = [];
  for (let from = 0; from < text.length;) {
    const line = text.indexOf("\n", from + BLOCK);
    let to = line < 0 ? text.length : line + 1;
    if (to - from > MAX_BLOCK) {
      const gap = text.slice(from, from + MAX_BLOCK).search(/[\s。！？；，][^\s。！？；，]*$/u);
      to = from + (gap > 0 ? gap + 1 : MAX_BLOCK);
      if (/[\udc00-\udfff]/.test(text[to])) to -= 1; // never between two halves of a character
    }
    blocks.push({ from, to, items: [], drawn: false, element: null });
    from = to;
  }
  return blocks;
}

/** Split [from, to) wherever an item begins or ends; gives [{from, to, cover}], in order. */
function cutSegments(from, to, items) {
  const cuts = new Set([from, to]);
  for (const item of items) {
    cuts.add(Math.max(item.from, from));
    cuts.add(Math.min(item.to, to));
  }
  const borders = [...cuts].sort((one, other) => one - other);
  const waiting = [...items].sort((one, other) => one.from - other.from);
  let cover = [];
  let next = 0;
  return borders.slice(0, -1).map((start, at) => {
    cover = cover.filter((item) => item.to > start);
    while (next < waiting.length && waiting[next].from <= start) cover.push(waiting[next++]);
    return { from: start, to: borders[at + 1], cover };
  });
}

const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");
const scrollCalmly = (element, block = "center") =>
  element.scrollIntoView({ block, behavior: stillness.matches ? "auto" : "smooth" });

class TextView {
  constructor(root, tip, on) {
    this.root = root;
    this.tip = tip;
    this.on = on; // {hover(mentions or []), choose(mention)}
    this.marks = new Map(); // mention index -> its pieces
    this.lit = [];
    const settings = { rootMargin: "600px 0px", scrollMargin: "600px 0px" };
    this.observer = new IntersectionObserver((entries) => this.look(entries), settings);
    root.addEventListener("pointerover", (event) => this.point(event.target.closest("mark")));
    root.addEventListener("pointerleave", () => this.point(null));
    root.addEventListener("click", (event) => this.choose(event.target.closest("mark")));
  }

  show(doc) {
    this.observer.disconnect();
    this.doc = doc;
    this.marks.clear();
    this.blocks = cutBlocks(doc.text);
    this.deal([...doc.mentions, ...doc.gaps]);
    this.root.lang = guessLanguage(doc.text);
    this.root.style.setProperty("--lanes", Math.min(4, 1 + doc.mentions.reduce((most, item) => Math.max(most, item.lane), 0)));
    for (const block of this.blocks) {
      // plain text at first: it has its height, and the browser's own search finds it
      block.element = h("div", { class: "block" }, doc.text.slice(block.from, block.to));
      block.element.block = block;
    }
    this.root.replaceChildren(...this.blocks.map((block) => block.element));
    this.blocks.slice(0, 2).forEach((block) => this.draw(block));
    for (const block of this.blocks) this.observer.observe(block.element);
  }

  /** Give each block the items that touch it. */
  deal(items) {
    const ends = this.blocks.map((block) => block.to);
    for (const item of items) {
      let at = lowerBound(ends, item.from + 1);
      for (; at < ends.length && this.blocks[at].from < item.to; at += 1) this.blocks[at].items.push(item);
    }
  }

  look(entries) {
    for (const { target, isIntersecting } of entries) {
      target.block.near = isIntersecting;
      if (isIntersecting && !target.block.drawn) this.draw(target.block);
    }
  }

  /** Draw again what is near; the rest is drawn when it is looked at. */
  redraw() {
    this.blocks.forEach((block, at) => {
      block.drawn = false;
      if (block.near || at < 2) this.draw(block);
    });
    this.highlight([]);
  }

  draw(block) {
    const items = block.items.filter((item) => item.kind === "gap" || isShown(item));
    for (const piece of block.element.querySelectorAll("mark")) this.forget(piece);
    block.element.replaceChildren(...cutSegments(block.from, block.to, items).map((segment) => this.piece(segment)));
    block.drawn = true;
  }

  piece({ from, to, cover }) {
    const words = this.doc.text.slice(from, to);
    if (!cover.length) return words;
    const mentions = cover.filter((item) => item.kind !== "gap").sort((one, other) => one.lane - other.lane);
    const mark = h("mark", { "data-m": mentions.map((item) => item.index).join(" "), style: paint(mentions) }, words);
    mark.mentions = mentions;
    mark.gap = cover.find((item) => item.kind === "gap");
    mark.classList.toggle("gap", Boolean(mark.gap));
    mark.classList.toggle("trigger", mentions.some((item) => item.kind === "event"));
    mark.classList.toggle("first", mentions.some((item) => item.from === from));
    mark.classList.toggle("last", mentions.some((item) => item.to === to));
    const closing = mentions.filter((item) => item.to === to);
    if (closing.length) mark.dataset.labels = closing.map((item) => typeLabel(item.kind, item.type)).join(" · ");
    for (const mention of mentions) {
      if (!this.marks.has(mention.index)) this.marks.set(mention.index, new Set());
      this.marks.get(mention.index).add(mark);
    }
    return mark;
  }

  forget(mark) {
    for (const mention of mark.mentions) this.marks.get(mention.index)?.delete(mark);
  }

  point(mark) {
    if (!mark) {
      this.tip.hide();
      if (this.pointed) this.on.hover([]);
      this.pointed = false;
      return;
    }
    this.pointed = true;
    const lines = mark.mentions.map((item) => mentionLine(item));
    if (mark.gap) lines.push(h("span", { class: "line" }, `${t("skippedSpan")}: ${mark.gap.reason}`));
    this.tip.show(mark, lines);
    this.on.hover(mark.mentions);
  }

  choose(mark) {
    if (mark?.mentions.length) this.on.choose(mark.mentions[0]);
  }

  /** Light up these mentions and no others. */
  highlight(mentions) {
    for (const mark of this.lit) mark.classList.remove("hit");
    for (const mention of mentions) this.bring(mention.from, mention.to);
    this.lit = [];
    // a mention inside another is lit last, so that it shows
    for (const mention of [...mentions].sort((one, other) => (other.to - other.from) - (one.to - one.from))) {
      for (const mark of this.marks.get(mention.index) ?? []) {
        mark.classList.add("hit");
        mark.style.setProperty("--hit", colour(mention));
        this.lit.push(mark);
      }
    }
    this.root.classList.toggle("focused", this.lit.length > 0);
  }

  /** See that the blocks of a stretch are drawn; gives the first. */
  bring(from, to) {
    const touched = this.blocks.filter((block) => block.from < to && from < block.to);
    for (const block of touched) if (!block.drawn) this.draw(block);
    return touched[0];
  }

  reveal({ from, to, index: mention, kind }) {
    const block = this.bring(from, to);
    if (!block) return;
    const [mark] = kind === "gap"
      ? [...block.element.querySelectorAll("mark.gap")].filter((item) => item.gap.from === from)
      : this.marks.get(mention) ?? [];
    const target = mark ?? block.element;
    const { top } = target.getBoundingClientRect();
    if (Math.abs(top) < 4 * window.innerHeight) {
      scrollCalmly(target);
      return;
    }
    // heights on the way are estimates until they are drawn, so a far jump is set right afterwards
    const jump = () => target.scrollIntoView({ block: "center" });
    jump();
    requestAnimationFrame(() => {
      jump();
      requestAnimationFrame(jump);
    });
  }
}

const lane = (mention) => Math.min(mention.lane, 3); // deeper ones share the last

/** Lines under a piece, one for each mention in its lane; the tint is that of the innermost. */
function paint(mentions) {
  if (!mentions.length) return {};
  const deepest = Math.max(...mentions.map(lane));
  const lines = mentions.map((item) => (item.kind === "entity"
    ? `linear-gradient(${colour(item)}, ${colour(item)})`
    : `repeating-linear-gradient(90deg, ${colour(item)} 0 5px, transparent 5px 8px)`));
  const inner = mentions.reduce((best, item) => (item.to - item.from < best.to - best.from ? item : best));
  return {
    "--type": colour(inner),
    "background-image": lines.join(", "),
    "background-position": mentions.map((item) => `0 calc(100% - ${4 * (deepest - lane(item))}px)`).join(", "),
    "padding-bottom": `${2 + 4 * deepest}px`,
  };
}

/** One line that says what a mention is: colour, type, words, confidence. */
function mentionLine(mention) {
  const kind = mention.kind === "event" ? `${t("trigger")}: ` : "";
  return h("span", { class: "line", style: { "--type": colour(mention) } },
    h("i", { class: `dot ${mention.kind}` }),
    h("b", {}, kind + typeLabel(mention.kind, mention.type)),
    h("bdi", {}, shorten(mention.text, 60)),
    h("span", { class: "sure" }, percent(mention.confidence)), zeroShotLine(mention.zeroShot));
}

const shorten = (text, size) => {
  const chars = [...text.slice(0, 2 * size + 2).replace(/\s+/gu, " ")];
  return chars.length > size ? `${chars.slice(0, size - 1).join("")}…` : chars.join("");
};

/** "zh" or "ja" where the text is mostly written so; empty, for unknown, else. */
function guessLanguage(text) {
  const sample = text.slice(0, 5000);
  const count = (pattern) => (sample.match(pattern) ?? []).length;
  const han = count(/\p{Script=Han}/gu);
  if (han * 4 < count(/\p{Script=Latin}/gu)) return "";
  if (count(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu) * 5 > han) return "ja";
  return han ? "zh" : "";
}

/** The small box beside what the pointer is on. */
class Tip {
  constructor(element) {
    this.element = element;
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
    document.addEventListener("scroll", () => this.hide(), { capture: true, passive: true });
  }

  show(anchor, lines) {
    this.element.replaceChildren(...lines);
    this.element.hidden = false;
    const [at] = anchor.getClientRects();
    const { width, height } = this.element.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, window.innerWidth - width - 8));
    const top = at.top - height - 8 > 0 ? at.top - height - 8 : at.bottom + 8;
    this.element.style.setProperty("left", `${left}px`);
    this.element.style.setProperty("top", `${top}px`);
  }

  hide() {
    this.element.hidden = true;
  }
}
