// Forms with data-confirm ask once, in a dialog of the page. Without this script the form's own page asks.
// A live page may draw a form anew while its question is open: the answer goes to the form that stands there now,
// or says that the deed is no longer offered. It is never lost in silence.

const GONE = "This can no longer be done: things moved on while the question was open.";

function standing(form) {
  if (form.isConnected) return form;
  return document.querySelector(`form[data-confirm][action="${CSS.escape(form.getAttribute("action"))}"]`);
}

function dialogFor(form) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "confirm-title");
  const title = document.createElement("h2");
  title.id = "confirm-title";
  title.textContent = form.dataset.confirm;
  const text = document.createElement("p");
  text.className = "lead";
  text.textContent = form.dataset.confirmText ?? "";
  const row = document.createElement("div");
  row.className = "row";
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "button";
  cancel.textContent = "Cancel";
  const go = document.createElement("button");
  go.type = "button";
  go.className = form.dataset.confirmDanger === undefined ? "button primary" : "button danger";
  go.textContent = form.dataset.confirmButton ?? "Go on";
  row.append(cancel, go);
  dialog.append(title, text, row);
  cancel.addEventListener("click", () => dialog.close());
  go.addEventListener("click", () => {
    const current = standing(form);
    if (!current) {
      text.textContent = GONE;
      text.setAttribute("role", "alert");
      go.remove();
      cancel.textContent = "Close";
      cancel.focus();
      return;
    }
    current.dataset.confirmed = "yes";
    dialog.close();
    current.requestSubmit();
  });
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

export function enableConfirm() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) {
      delete form.dataset.confirmed;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const dialog = dialogFor(form);
    document.body.append(dialog);
    dialog.showModal();
  }, true);
}
