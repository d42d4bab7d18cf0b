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
  for (const kind of new Set(rows.map((row) => row.dataset.kind))) verdict.append(new Option(kind));
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    const named = rows.some((row) => row.id.toLowerCase() === wanted);
    const fits = (row) => {
      if (named) return row.id.toLowerCase() === wanted;
      const text = `${row.textContent} ${row.dataset.words}`.toLowerCase();
      return wanted.split(/\s+/).every((word) => text.includes(word));
    };
    for (const row of rows) {
      row.hidden = !fits(row) || (verdict.value && row.dataset.kind !== verdict.value);
    }
    const shown = rows.filter((row) => !row.hidden).length;
    document.querySelector("#claims-count").textContent = shown
      ? `${shown} of ${rows.length}`
      : "no claim fits";
  };
  for (const control of [search, verdict]) control.addEventListener("input", filter);
  filter();
});
