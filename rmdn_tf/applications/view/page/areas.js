/** The areas of the frame whose share of the attention is wanted. */

/**
 * @typedef {Object} Area
 * @property {number} number Unique, never used again.
 * @property {string} name
 * @property {"rectangle"|"polygon"} kind
 * @property {number[][]} points Corners [x, y], 0 to 1 over the frame.
 */

/** Smallest width and height of an area, in parts of the frame. */
const LEAST = 0.005;

/** A list of areas that tells of its changes by the event "change". */
export class Areas extends EventTarget {
  constructor() {
    super();
    /** @type {Area[]} */
    this.list = [];
    this.chosen = null;
    this.numMade = 0;
  }

  /** Adds an area and chooses it. */
  add(kind, points) {
    const number = this.numMade;
    this.numMade += 1;
    const name = `Area ${this.numMade}`;
    this.list.push({ number, name, kind, points });
    this.choose(number);
  }

  /** Chooses an area by its number; null for none. */
  choose(number) {
    this.chosen = number;
    this.tell();
  }

  /** Gives an area other properties, such as `name` or `points`. */
  change(number, properties) {
    const area = this.list.find((one) => one.number === number);
    if (!area) return;  // Removed while it was dragged.
    Object.assign(area, properties);
    this.tell();
  }

  /** Removes an area. */
  remove(number) {
    this.list = this.list.filter((area) => area.number !== number);
    if (this.chosen === number) this.chosen = null;
    this.tell();
  }

  /** Removes all areas. */
  clear() {
    this.list = [];
    this.choose(null);
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }
}

/** The corners of the rectangle between two opposite ones. */
export function rectangle([x, y], [otherX, otherY]) {
  const [left, right] = [Math.min(x, otherX), Math.max(x, otherX)];
  const [above, below] = [Math.min(y, otherY), Math.max(y, otherY)];
  return [[left, above], [right, above], [right, below], [left, below]];
}

/** Puts a place into the frame. */
export function inFrame(place) {
  return Math.min(Math.max(place, 0), 1);
}

/**
 * Tells what is wrong with the corners of an area.
 *
 * @param {number[][]} points Corners [x, y].
 * @returns {string} A sentence; "" if all is well.
 */
export function flawOf(points) {
  const isNarrow = [0, 1].some((axis) => {
    const places = points.map((point) => point[axis]);
    return Math.max(...places) - Math.min(...places) < LEAST;
  });
  if (points.length < 3 || isNarrow) {
    return "An area needs a width and a height.";
  }
  return crossesItself(points) ? "The sides of an area may not cross." : "";
}

/** Whether sides of a polygon cross, so that it has no clear inside. */
function crossesItself(points) {
  const sides = points.map((point, n) => [points.at(n - 1), point]);
  return sides.some((one, n) => sides.slice(n + 2).some((other, m) => {
    const areNeighbours = n === 0 && n + 2 + m === sides.length - 1;
    return !areNeighbours && cross(one, other);
  }));
}

/** Whether two lines have a point in common, inside of both. */
function cross([a, b], [c, d]) {
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

/** Above 0 if the way from a over b to c turns to one side, below if not. */
function turn(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
