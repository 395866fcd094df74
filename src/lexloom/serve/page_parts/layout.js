// Which nodes and edges the graph has, and where they lie; graph.js draws them.

const NODE_ROOM = 3400; // square pixels that a node and its label need
const MIN_NODES = 40;
const MAX_NODES = 250;

/** Nodes and edges of the facts that are shown; entities merge by normal name and type. */
class Graph {
  constructor() {
    this.nodes = new Map();
    this.edges = new Map();
  }

  add(doc) {
    for (const mention of doc.mentions) {
      if (mention.kind === "entity" && isShown(mention)) this.node(mention, doc.number);
    }
    for (const fact of doc.facts) {
      if (!isFactShown(fact)) continue;
      if (fact.kind === "relation") {
        const label = typeLabel("relation", fact.type);
        this.edge(this.node(fact.head, doc.number), this.node(fact.tail, doc.number), label, fact.zeroShot);
        continue;
      }
      const event = this.event(fact, doc.number);
      for (const item of shownArguments(fact)) {
        this.edge(event, this.node(item.mention, doc.number), roleLabel(fact.type, item.role), item.zeroShot);
      }
    }
  }

  node(mention, number, name = `${mention.key}\u0000${normalName(mention.text)}`) {
    if (!this.nodes.has(name)) {
      const { kind, type, key, text } = mention;
      this.nodes.set(name, {
        name, kind, type, key, text, zeroShot: true, places: [], seen: new Set(), near: new Set(), degree: 0,
      });
    }
    const node = this.nodes.get(name);
    node.zeroShot &&= mention.zeroShot; // one reading by a model that knows the type is enough
    if (!node.seen.has(mention)) node.places.push({ number, mention });
    node.seen.add(mention);
    return node;
  }

  event(fact, number) {
    return this.node(fact.trigger, number, `event\u0000${number}\u0000${fact.index}`);
  }

  edge(source, target, label, zeroShot) {
    const name = [source.name, target.name, label].join("\u0001");
    if (this.edges.has(name)) {
      this.edges.get(name).zeroShot &&= zeroShot;
      return;
    }
    const pair = [source.name, target.name].sort().join("\u0001");
    this.edges.set(name, { source, target, label, zeroShot, pair, bend: 0 });
    for (const [one, other] of [[source, target], [target, source]]) {
      one.degree += 1;
      one.near.add(other);
    }
  }

  /** What to draw on `area` pixels: {nodes, edges, total}; where there are too many, the best connected. */
  choose(isolated, area) {
    const wanted = [...this.nodes.values()].filter((node) => isolated || node.degree > 0);
    const most = Math.max(MIN_NODES, Math.min(MAX_NODES, Math.floor(area / NODE_ROOM)));
    const nodes = wanted.length <= most ? wanted : this.best(most);
    const kept = new Set(nodes);
    const edges = [...this.edges.values()].filter((edge) => kept.has(edge.source) && kept.has(edge.target));
    bendParallels(edges);
    return { nodes, edges, total: wanted.length };
  }

  /** The nodes of the edges whose ends have the most edges, so that what is drawn hangs together. */
  best(most) {
    const weight = ({ source, target }) => source.degree + target.degree;
    const kept = new Set();
    for (const { source, target } of [...this.edges.values()].sort((one, other) => weight(other) - weight(one))) {
      if (kept.size + 2 > most) break;
      kept.add(source).add(target);
    }
    return [...kept];
  }
}

/** Edges between the same two nodes bow apart. */
function bendParallels(edges) {
  const pairs = new Map();
  for (const edge of edges) {
    if (!pairs.has(edge.pair)) pairs.set(edge.pair, []);
    pairs.get(edge.pair).push(edge);
  }
  for (const [pair, group] of pairs) {
    const [first] = pair.split("\u0001");
    group.forEach((edge, at) => {
      const side = edge.source.name === first ? 1 : -1; // the same side, whichever way the edge points
      edge.bend = side * (at - (group.length - 1) / 2) * 44;
    });
  }
}

const SPACE = 82; // the distance that an edge would like to have
const WIDE = 1.5; // labels are wide, so the plane is stretched sideways
const MARGIN = { x: 74, y: 34 }; // room around each part for its labels

/**
 * Lay out each connected part by itself, then set the parts in rows that together have the shape
 * `aspect` (width by height). The same graph always looks the same.
 */
function layOut(nodes, edges, aspect) {
  const parts = connectedParts(nodes);
  for (const part of parts) {
    const inside = new Set(part);
    settle(part, edges.filter((edge) => inside.has(edge.source)));
  }
  packRows(parts.map(boxOf), aspect);
}

function connectedParts(nodes) {
  const seen = new Set();
  const drawn = new Set(nodes);
  return nodes.flatMap((start) => {
    if (seen.has(start)) return [];
    const part = [start];
    seen.add(start);
    for (const node of part) {
      for (const other of node.near) {
        if (seen.has(other) || !drawn.has(other)) continue;
        seen.add(other);
        part.push(other); // the loop goes on over what it finds
      }
    }
    return [part];
  });
}

/** Forces after Fruchterman and Reingold (1991): nodes repel, edges pull; it begins on a spiral. */
function settle(nodes, edges) {
  nodes.forEach((node, at) => {
    const angle = at * 2.399963; // the golden angle
    node.x = SPACE * 0.7 * Math.sqrt(at) * Math.cos(angle);
    node.y = SPACE * 0.7 * Math.sqrt(at) * Math.sin(angle);
  });
  if (nodes.length < 2) return;
  const steps = nodes.length > 120 ? 180 : 320;
  for (let step = 0; step < steps; step += 1) relax(nodes, edges, SPACE * 0.6 * (1 - step / steps) ** 1.5 + 0.3);
  turnFlat(nodes);
  for (const node of nodes) node.x *= WIDE;
}

/** Turn a part so that its longest extent lies sideways, as labels do. */
function turnFlat(nodes) {
  const mean = (value) => nodes.reduce((sum, node) => sum + value(node), 0) / nodes.length;
  const [mx, my] = [mean((node) => node.x), mean((node) => node.y)];
  const xy = mean((node) => (node.x - mx) * (node.y - my));
  const angle = 0.5 * Math.atan2(2 * xy, mean((node) => (node.x - mx) ** 2) - mean((node) => (node.y - my) ** 2));
  // an even slant keeps the labels of a chain from standing in one line
  const [cos, sin] = [Math.cos(angle - 0.22), Math.sin(angle - 0.22)];
  for (const node of nodes) {
    const [x, y] = [node.x - mx, node.y - my];
    node.x = x * cos + y * sin;
    node.y = y * cos - x * sin;
  }
}

function boxOf(nodes) {
  const xs = nodes.map((node) => node.x);
  const ys = nodes.map((node) => node.y);
  const [left, top] = [Math.min(...xs) - MARGIN.x, Math.min(...ys) - MARGIN.y];
  return { nodes, left, top, width: Math.max(...xs) + MARGIN.x - left, height: Math.max(...ys) + MARGIN.y - top };
}

/** Set boxes in rows, the tallest first. */
function packRows(boxes, aspect) {
  const area = boxes.reduce((sum, box) => sum + box.width * box.height, 0);
  const limit = Math.max(Math.sqrt(area * aspect) * 1.08, ...boxes.map((box) => box.width));
  let [x, y, tall] = [0, 0, 0];
  for (const box of [...boxes].sort((one, other) => other.height - one.height)) {
    if (x && x + box.width > limit) [x, y, tall] = [0, y + tall, 0];
    for (const node of box.nodes) {
      node.x += x - box.left;
      node.y += y - box.top;
    }
    x += box.width;
    tall = Math.max(tall, box.height);
  }
}

/** Move every node one step of at most `heat` along the forces on it; `held` stays. */
function relax(nodes, edges, heat, held = null) {
  for (const node of nodes) {
    node.fx = 0;
    node.fy = 0;
  }
  for (let i = 0; i < nodes.length; i += 1) {
    for (let j = i + 1; j < nodes.length; j += 1) repel(nodes[i], nodes[j]);
  }
  for (const { source, target } of edges) if (source !== target) pull(source, target);
  for (const node of nodes) {
    const force = Math.hypot(node.fx, node.fy) || 1;
    const move = Math.min(force, heat) / force;
    if (node === held) continue;
    node.x += node.fx * move;
    node.y += node.fy * move;
  }
}

function repel(one, other) {
  const dx = one.x - other.x || 0.01;
  const dy = one.y - other.y || 0.01;
  const square = dx * dx + dy * dy;
  if (square > (6 * SPACE) ** 2) return; // far ends need not drive each other out of sight
  const force = (SPACE * SPACE) / square;
  one.fx += dx * force;
  one.fy += dy * force;
  other.fx -= dx * force;
  other.fy -= dy * force;
}

function pull(source, target) {
  const dx = target.x - source.x;
  const dy = target.y - source.y;
  const force = Math.hypot(dx, dy) / SPACE / Math.sqrt(Math.min(source.degree, target.degree));
  source.fx += dx * force;
  source.fy += dy * force;
  target.fx -= dx * force;
  target.fy -= dy * force;
}

/** Whether a box [left, top, right, bottom] meets one of others. */
const meetsAny = (box, others) => others.some((other) =>
  box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
