// Making elements. Text goes in as text only: names come from objects of strangers.

const SVG = "http://www.w3.org/2000/svg";

// el makes an element. Of properties, class, text and on… are what they say, data is a
// dataset; true is an attribute without value; false, null and undefined are none; all others are attributes.
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

// svg makes an element of a drawing.
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.setAttribute("class", value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

// replace gives a node new children.
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
}

// table makes a table: columns are {name, class}, rows are lists of cells, each a node
// or text. The first cell of a row is its head. On narrow screens the table scrolls by
// itself, and can be reached by keyboard for that.
export function table(caption, columns, rows, properties = {}) {
  const head = el("tr", {}, columns.map((c) => el("th", { scope: "col", class: c.class, text: c.name })));
  const body = rows.map((row) => {
    const cells = (row.cells ?? row).map((cell, i) => {
      const c = columns[i]?.class;
      const node = i === 0 && cell !== "" ? el("th", { scope: "row", class: c }) : el("td", { class: c });
      node.append(cell ?? "");
      return node;
    });
    return el("tr", { class: row.class, id: row.id }, cells);
  });
  const made = el("table", properties, el("caption", { text: caption }), el("thead", {}, head), el("tbody", {}, body));
  return el("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" }, made);
}

// copy puts text on the clipboard; where the page is not trusted with that, as on plain
// HTTP to another host, by way of a selection.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "off-screen", readonly: true, "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    const back = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    back?.focus();
    return done;
  }
}

// save offers text as a file.
export function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
