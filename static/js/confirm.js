// Forms with data-confirm ask once, in a dialog of the page. Without this script the form's own page asks.

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
    form.dataset.confirmed = "yes";
    dialog.close();
    form.requestSubmit();
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
