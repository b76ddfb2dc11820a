// What a person set up on a page (zoom, selection, folded parts) lives in the address, so it survives a reload
// and can be sent to a colleague.

export function read(name) {
  return new URLSearchParams(location.hash.slice(1)).get(name);
}

export function write(name, value) {
  const params = new URLSearchParams(location.hash.slice(1));
  if (value === null || value === undefined || value === "") params.delete(name);
  else params.set(name, value);
  const hash = params.toString();
  const address = location.pathname + location.search + (hash ? `#${hash}` : "");
  if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", address);
}
