// dom.js - elements from words.  A text is always a text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (value === undefined || value === null || value === false) continue;
		if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
		else if (name in node && typeof value !== "string" && !(node instanceof SVGElement)) node[name] = value;
		else node.setAttribute(name, value === true ? "" : String(value));
	}
	node.append(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false));
	return node;
}

// el("p", { class: "quiet", onclick: f }, "text", other)
export const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
export const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

// Only what differs is written: no caret, selection or screen reader is disturbed for nothing.
export function setText(node, text) {
	const now = text ?? "";
	if (node.textContent !== now) node.textContent = now;
}
export function setClass(node, name) {
	if (node.className !== name) node.className = name;
}
export function setAttribute(node, name, value) {
	if (value === null || value === undefined || value === false) node.removeAttribute(name);
	else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

export const replace = (node, ...children) =>
	node.replaceChildren(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false));

// The children of `parent` become those of `items`, in their order; one that is there stays the same
// element.  make(item): an element; update(element, item): what it shows.
export function keyed(parent, items, keyOf, make, update) {
	const have = new Map([...parent.children].map((node) => [node.dataset.key, node]));
	let at = parent.firstElementChild;
	for (const item of items) {
		const key = String(keyOf(item));
		let node = have.get(key);
		if (node === undefined) {
			node = make(item);
			node.dataset.key = key;
		}
		have.delete(key);
		if (node === at) at = at.nextElementSibling;
		else parent.insertBefore(node, at);
		update(node, item);
	}
	for (const node of have.values()) node.remove();
}
