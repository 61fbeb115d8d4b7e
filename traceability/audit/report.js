"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const STEP = 200;
  const columns = ["run", "experiment", "name", "status", "start", "level", ...data.items];
  const runs = data.runs.map((run) => ({
    run,
    text: JSON.stringify(run).toLowerCase(),
    missing: new Set(run.slice(6).flatMap((item) => item[2])),
  }));
  const get = (id) => document.getElementById(id);
  const head = document.querySelector("#runs thead tr"), body = document.querySelector("#runs tbody");
  let sorted = { column: 4, up: false }, shown = STEP, chosen = runs;

  const add = (parent, tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    parent.append(element);
    return element;
  };
  const value = (run, column) => (column < 6 ? run[column] : run[column][0]);

  const detail = (row, run) => {
    if (row.nextSibling && row.nextSibling.className === "more") { row.nextSibling.remove(); return; }
    const more = document.createElement("tr");
    more.className = "more";
    const cell = add(more, "td");
    cell.colSpan = columns.length;
    const list = add(cell, "dl");
    data.items.forEach((name, number) => {
      const [state, evidence, missing] = run[6 + number];
      add(list, "dt", `${name}: ${data.states[state]}`);
      evidence.forEach((said) => add(list, "dd", said));
      missing.forEach((code) => {
        const line = add(list, "dd", `missing: ${data.pieces[code][0]}. It would have been recorded by `);
        add(line, "code", data.pieces[code][1]);
      });
    });
    row.after(more);
  };

  const draw = () => {
    body.replaceChildren();
    chosen.slice(0, shown).forEach(({ run }) => {
      const row = add(body, "tr", undefined, "run");
      columns.forEach((_, column) => {
        if (column === 0) add(row, "td", run[0].slice(0, 8), "id").title = run[0];
        else if (column === 5) add(row, "td", `${run[5]} ${data.levels[run[5]]}`);
        else if (column < 5) add(row, "td", column === 4 ? run[4].slice(0, 16).replace("T", " ") : run[column], columns[column]);
        else add(row, "td", data.states[run[column][0]], `state s${run[column][0]}`);
      });
      row.tabIndex = 0;
      row.addEventListener("click", () => detail(row, run));
      row.addEventListener("keydown", (event) => { if (event.key === "Enter") detail(row, run); });
    });
    get("count").textContent = `${chosen.length} of ${runs.length} runs`;
    get("pages").hidden = chosen.length <= shown;
  };

  const choose = () => {
    const words = get("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const level = get("level").value, piece = get("piece").value;
    chosen = runs.filter((one) =>
      (level === "" || one.run[5] === Number(level)) && (piece === "" || one.missing.has(piece)) &&
      words.every((word) => one.text.includes(word)));
    const sign = sorted.up ? 1 : -1;
    chosen.sort((a, b) => {
      const x = value(a.run, sorted.column), y = value(b.run, sorted.column);
      return sign * (typeof x === "number" ? x - y : String(x).localeCompare(String(y)));
    });
    shown = STEP;
    draw();
  };

  columns.forEach((name, column) => {
    const cell = add(head, "th", name);
    cell.scope = "col";
    cell.tabIndex = 0;
    const sort = () => {
      sorted = { column, up: sorted.column === column ? !sorted.up : true };
      [...head.children].forEach((other) => other.removeAttribute("aria-sort"));
      cell.setAttribute("aria-sort", sorted.up ? "ascending" : "descending");
      choose();
    };
    cell.addEventListener("click", sort);
    cell.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  });
  data.levels.forEach((name, number) => { add(get("level"), "option", `${number} ${name}`).value = number; });
  Object.entries(data.pieces).forEach(([code, [meaning]]) => { add(get("piece"), "option", meaning).value = code; });
  get("controls").addEventListener("submit", (event) => event.preventDefault());
  get("controls").addEventListener("input", choose);
  get("more").addEventListener("click", () => { shown += STEP; draw(); });
  choose();
})();
