// One button for all folded code of a page, and the search of the table of claims.

addEventListener("DOMContentLoaded", () => {
  const folded = [...document.querySelectorAll("details.hide")];
  if (folded.length) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.className = "show-code";
    const label = () => {
      button.textContent = folded.every((one) => one.open) ? "Hide all code" : "Show all code";
    };
    button.addEventListener("click", () => {
      const open = !folded.every((one) => one.open);
      for (const one of folded) one.open = open;
      label();
    });
    label();
    document.querySelector("article").prepend(button);
  }

  // The theme's captions say that they are headings, but not of which level.
  for (const caption of document.querySelectorAll("[role=heading]:not([aria-level])")) {
    caption.setAttribute("aria-level", "2");
  }

  const table = document.querySelector("#claims");
  if (!table) return;
  const [search, verdict] = ["#claims-search", "#claims-verdict"].map((id) =>
    document.querySelector(id),
  );
  const rows = [...table.tBodies[0].rows];
  const kindOf = (row) => row.dataset.kind;
  for (const kind of new Set(rows.map(kindOf))) verdict.append(new Option(kind));
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden =
        !words.every((word) => text.includes(word)) ||
        (verdict.value && kindOf(row) !== verdict.value);
    }
    const shown = rows.filter((row) => !row.hidden).length;
    document.querySelector("#claims-count").textContent = `${shown} of ${rows.length}`;
  };
  for (const control of [search, verdict]) control.addEventListener("input", filter);
  filter();
});
