"use strict";
(() => {
  const table = document.getElementById("list");
  if (!table) return;
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows], found = document.getElementById("found");
  const names = rows.map((row) => row.textContent.toLowerCase());
  const order = new Intl.Collator(undefined, { numeric: true });

  const keyOf = (cell) => (cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v));
  const compare = (one, other) => {
    if (one === "" || other === "") return 0; // nothing goes last, whichever way
    return typeof one === "number" && typeof other === "number" ? one - other : order.compare(one, other);
  };

  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      const keyed = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
      keyed.sort(([one], [other]) => (one === "") - (other === "") || way * compare(one, other));
      body.append(...keyed.map(([, row]) => row));
    });
  });

  document.getElementById("find").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, number) => {
      row.hidden = !words.every((word) => names[number].includes(word));
      shown += !row.hidden;
    });
    found.textContent = words.length ? `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : "";
  });
})();
