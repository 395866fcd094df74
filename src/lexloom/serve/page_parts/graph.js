// Draws the graph: drag, zoom, labels that never cover each other, neighbours lit on hover.

const LINE = 15; // height of a label

class GraphView {
  constructor(on) {
    this.on = on; // {point(node or null), choose(node)}
    this.root = byId("graph");
    this.svg = byId("drawing");
    this.paper = document.createElement("canvas").getContext("2d");
    this.view = { x: 0, y: 0, scale: 1 };
    this.nodes = [];
    this.edges = [];
    this.focus = null; // the nodes that are lit, or null for all
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.svg);
  }

  svgElement(tag, name) {
    const element = document.createElementNS(this.svg.namespaceURI, tag);
    element.setAttribute("class", name);
    return element;
  }

  zeroShotTitle() {
    const title = this.svgElement("title", "");
    title.textContent = `${t("zeroShot")}: ${t("zeroShotHelp")}`;
    return title;
  }

  show(chosen) {
    Object.assign(this, chosen);
    const { width, height } = this.svg.getBoundingClientRect();
    layOut(this.nodes, this.edges, width / height || 1.5);
    this.focus = null;
    this.moved = false;
    this.paper.font = `12px ${getComputedStyle(this.svg).fontFamily}`;
    for (const edge of this.edges) {
      edge.line = this.svgElement("path", edge.zeroShot ? "edge zero-shot" : "edge");
      edge.word = this.svgElement("text", edge.zeroShot ? "edge-label zero-shot" : "edge-label");
      edge.word.textContent = edge.label;
      if (edge.zeroShot) edge.word.append(this.zeroShotTitle());
      edge.width = this.paper.measureText(edge.label).width * 0.92;
    }
    for (const node of this.nodes) this.make(node);
    const layers = [this.edges.map((edge) => edge.line), this.edges.map((edge) => edge.word),
      this.nodes.map((node) => node.group)];
    this.svg.replaceChildren(...layers.flat());
    roveStart(this.svg, ".node");
    this.fit();
  }

  make(node) {
    node.group = this.svgElement("g", node.zeroShot ? `node ${node.kind} zero-shot` : `node ${node.kind}`);
    node.group.node = node;
    node.group.style.setProperty("--type", colour(node));
    node.group.setAttribute("role", "button");
    const words = [node.text, typeLabel(node.kind, node.type), t("mentions", { n: node.places.length })];
    if (node.zeroShot) words.push(t("zeroShot"));
    node.group.setAttribute("aria-label", words.join(", "));
    node.size = 5 + Math.min(5, Math.sqrt(node.degree) * 1.4);
    node.radius = node.size;
    node.shape = this.svgElement(node.kind === "event" ? "rect" : "circle", "shape");
    node.word = this.svgElement("text", "label");
    node.word.textContent = shorten(node.text, this.svg.clientWidth < 470 ? 18 : 28);
    node.width = this.paper.measureText(node.word.textContent).width;
    node.group.append(node.shape, node.word);
  }

  resize() {
    if (!this.moved) this.fit();
    else this.draw();
  }

  /** Show the whole graph, with room for labels. */
  fit() {
    const { width, height } = this.svg.getBoundingClientRect();
    if (!this.nodes.length || !width) return;
    const xs = this.nodes.map((node) => node.x);
    const ys = this.nodes.map((node) => node.y);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    const scale = Math.min((width - Math.min(150, width * 0.24)) / (right - left || 1), (height - 64) / (bottom - top || 1), 1.5);
    this.view = { scale, x: width / 2 - scale * (left + right) / 2, y: height / 2 - scale * (top + bottom) / 2 };
    this.moved = false;
    this.draw();
  }

  zoom(factor, x = this.svg.clientWidth / 2, y = this.svg.clientHeight / 2) {
    const scale = Math.min(6, Math.max(0.08, this.view.scale * factor));
    const ratio = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * ratio, y: y - (y - this.view.y) * ratio };
    this.moved = true;
    this.draw();
  }

  /** Put every element where it belongs. Sizes are those of the screen, whatever the zoom. */
  draw() {
    const { x, y, scale } = this.view;
    for (const node of this.nodes) {
      node.radius = node.size * Math.min(1, Math.max(0.7, scale * 1.3));
      node.sx = node.x * scale + x;
      node.sy = node.y * scale + y;
      node.group.setAttribute("transform", `translate(${node.sx.toFixed(1)} ${node.sy.toFixed(1)})`);
      node.group.classList.toggle("dim", this.focus !== null && !this.focus.has(node));
      drawShape(node);
    }
    for (const edge of this.edges) this.drawEdge(edge);
    this.placeLabels();
  }

  drawEdge(edge) {
    const lit = this.focus !== null && this.focus.has(edge.source) && this.focus.has(edge.target);
    edge.lit = lit && (!this.center || this.center === edge.source || this.center === edge.target);
    edge.line.classList.toggle("dim", this.focus !== null && !edge.lit);
    edge.line.classList.toggle("lit", edge.lit);
    const { path, x, y } = edge.source === edge.target ? loopPath(edge.source) : edgePath(edge);
    edge.line.setAttribute("d", path);
    edge.mx = x;
    edge.my = y;
  }

  /** Each label goes where it covers nothing, the lit and best connected first, or is not drawn. */
  placeLabels() {
    const taken = this.nodes.map(({ sx, sy, radius: r }) => [sx - r, sy - r, sx + r, sy + r]);
    const rank = (node) => (this.focus?.has(node) ? 1000 : 0) + node.degree;
    const width = this.svg.clientWidth;
    for (const node of [...this.nodes].sort((one, other) => rank(other) - rank(one))) {
      const spots = labelSpots(node);
      const free = spots.find((spot) => (this.moved || isInside(spot, width)) && !meetsAny(spot.box, taken));
      const spot = free ?? (this.focus?.has(node) ? spots[0] : null);
      node.word.toggleAttribute("hidden", !spot);
      if (!spot) continue;
      taken.push(spot.box);
      node.word.setAttribute("text-anchor", spot.anchor);
      node.word.setAttribute("x", spot.x);
      node.word.setAttribute("y", spot.y);
    }
    for (const edge of [...this.edges].sort((one, other) => other.lit - one.lit)) {
      const box = [edge.mx - edge.width / 2 - 2, edge.my - 8, edge.mx + edge.width / 2 + 2, edge.my + 7];
      const dim = this.focus !== null && !edge.lit;
      const visible = !dim && !meetsAny(box, taken);
      edge.word.toggleAttribute("hidden", !visible);
      if (visible) taken.push(box);
      edge.word.setAttribute("x", edge.mx.toFixed(1));
      edge.word.setAttribute("y", (edge.my + 3.5).toFixed(1));
    }
  }

  /** Light these nodes (and with `center` only its own edges); an empty list lights all. */
  light(nodes, center = null) {
    this.focus = nodes.length ? new Set(nodes) : null;
    this.center = center;
    this.draw();
  }

  /** The nodes of these mentions of a document; an event's node only if the fact is its own. */
  nodesOf(number, mentions, fact) {
    const wanted = new Set(mentions);
    return this.nodes.filter((node) => node.places.some((place) => place.number === number && wanted.has(place.mention))
      && (node.kind !== "event" || !fact || node.name === `event\u0000${number}\u0000${fact.index}`));
  }

  point(node) {
    this.light(node ? [node, ...node.near] : [], node);
    this.on.point(node);
  }

  listen() {
    const nodeAt = (event) => event.target.closest?.(".node")?.node ?? null;
    rove(this.svg, ".node");
    this.svg.addEventListener("pointerover", (event) => !this.held && this.point(nodeAt(event)));
    this.svg.addEventListener("pointerleave", () => !this.held && this.point(null));
    this.svg.addEventListener("focusin", (event) => this.point(nodeAt(event)));
    this.svg.addEventListener("focusout", () => this.point(null));
    this.svg.addEventListener("pointerdown", (event) => this.grab(event, nodeAt(event)));
    this.svg.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) this.svg.addEventListener(name, (event) => this.drop(event));
    this.svg.addEventListener("keydown", (event) => this.press(event, nodeAt(event)));
    this.svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = this.svg.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY * 0.0016), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
  }

  press(event, node) {
    const actions = {
      "+": () => this.zoom(1.3), "=": () => this.zoom(1.3), "-": () => this.zoom(1 / 1.3), 0: () => this.fit(),
      Enter: () => node && this.on.choose(node), " ": () => node && this.on.choose(node),
    };
    if (!actions[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    actions[event.key]();
  }

  grab(event, node) {
    if (event.button !== 0) return;
    this.svg.setPointerCapture(event.pointerId);
    this.held = { node, x: event.clientX, y: event.clientY, far: 0 };
  }

  drag(event) {
    if (!this.held) return;
    const [dx, dy] = [event.clientX - this.held.x, event.clientY - this.held.y];
    Object.assign(this.held, { x: event.clientX, y: event.clientY, far: this.held.far + Math.hypot(dx, dy) });
    const { node } = this.held;
    this.moved = true;
    if (!node) {
      this.view.x += dx;
      this.view.y += dy;
    } else {
      node.x += dx / this.view.scale;
      node.y += dy / this.view.scale;
      this.follow(node);
    }
    this.draw();
  }

  /** Neighbours come along a little with a node that is dragged. */
  follow(node) {
    for (const item of this.nodes) item.x /= WIDE;
    relax([node, ...node.near], this.edges.filter((edge) => edge.source === node || edge.target === node), 2, node);
    for (const item of this.nodes) item.x *= WIDE;
  }

  drop(event) {
    const held = this.held;
    this.held = null;
    if (held?.node && held.far < 4 && event.type === "pointerup") this.on.choose(held.node);
  }
}

function drawShape({ kind, shape, radius }) {
  if (kind !== "event") {
    shape.setAttribute("r", radius);
    return;
  }
  const values = { x: -radius, y: -radius, width: 2 * radius, height: 2 * radius, rx: 2, transform: "rotate(45)" };
  for (const [name, value] of Object.entries(values)) shape.setAttribute(name, value);
}

/** Where a node's label may stand, best first: away from its edges, else below, right, left, above. */
function labelSpots({ sx, sy, radius, width, near }) {
  const gap = radius + 5;
  const box = (left, top) => [sx + left - 2, sy + top, sx + left + width + 2, sy + top + LINE];
  const spots = [
    { to: [0, 1], anchor: "middle", x: 0, y: gap + 10, box: box(-width / 2, gap - 1) },
    { to: [1, 0], anchor: "start", x: gap, y: 4, box: box(gap, -8) },
    { to: [-1, 0], anchor: "end", x: -gap, y: 4, box: box(-gap - width, -8) },
    { to: [0, -1], anchor: "middle", x: 0, y: -gap, box: box(-width / 2, -gap - 12) },
  ];
  for (const spot of spots) {
    spot.crossed = 0;
    for (const other of near) {
      const [dx, dy] = [other.sx - sx, other.sy - sy];
      spot.crossed += Math.max(0, (dx * spot.to[0] + dy * spot.to[1]) / (Math.hypot(dx, dy) || 1) - 0.3);
    }
  }
  return spots.sort((one, other) => one.crossed - other.crossed);
}

const isInside = ({ box }, width) => box[0] >= 2 && box[2] <= width - 2;

/** A curve from node to node with an arrow head, and its middle. */
function edgePath({ source, target, bend }) {
  const [dx, dy] = [target.sx - source.sx, target.sy - source.sy];
  const length = Math.hypot(dx, dy) || 1;
  const [cx, cy] = [(source.sx + target.sx) / 2 - dy / length * bend, (source.sy + target.sy) / 2 + dx / length * bend];
  const towards = (x, y, node, gap) => {
    const far = Math.hypot(x - node.sx, y - node.sy) || 1;
    return [node.sx + (x - node.sx) / far * gap, node.sy + (y - node.sy) / far * gap];
  };
  const [ax, ay] = towards(cx, cy, source, source.radius + 2);
  const [bx, by] = towards(cx, cy, target, target.radius + 3);
  const path = `M${ax.toFixed(1)} ${ay.toFixed(1)}Q${cx.toFixed(1)} ${cy.toFixed(1)} ${bx.toFixed(1)} ${by.toFixed(1)}`;
  return { path: path + arrowHead(bx, by, Math.atan2(by - cy, bx - cx)), x: (ax + 2 * cx + bx) / 4, y: (ay + 2 * cy + by) / 4 };
}

function loopPath({ sx, sy, radius }) {
  const path = `M${sx - 4} ${sy - radius}C${sx - 34} ${sy - 46} ${sx + 34} ${sy - 46} ${sx + 4} ${sy - radius - 2}`;
  return { path: path + arrowHead(sx + 4, sy - radius - 2, 2.2), x: sx, y: sy - 40 };
}

function arrowHead(x, y, angle) {
  const wing = (turn) => `${(x - 7 * Math.cos(angle + turn)).toFixed(1)} ${(y - 7 * Math.sin(angle + turn)).toFixed(1)}`;
  return `M${wing(0.45)}L${x.toFixed(1)} ${y.toFixed(1)}L${wing(-0.45)}`;
}
