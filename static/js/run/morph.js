// Changes what is drawn into what the server drew anew, element by element: focus, folding and scrolling stay,
// and what changed only its class moves there by the stylesheet's transitions.

const ELEMENT = 1;

// Elements with the same data-key are the same thing, wherever they stand among their siblings.
const keyOf = (node) => (node.nodeType === ELEMENT ? node.dataset.key : undefined);
const alike = (one, other) => one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

export function morph(place, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  children(place, template.content);
}

function children(old, fresh) {
  const keyed = new Map([...old.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = keyOf(next);
    let match = key === undefined ? at : keyed.get(key);
    if (key === undefined) while (match && !alike(match, next)) match = match.nextSibling;
    if (!match || !alike(match, next)) {
      old.insertBefore(next, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    become(match, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function become(old, fresh) {
  if (old.nodeType !== ELEMENT) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  // What a script of the page fills and shows is its own.
  if ("keep" in old.dataset) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  children(old, fresh);
}
