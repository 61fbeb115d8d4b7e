"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const STEP = 100;
  const columns = ["run", "experiment", "name", "status", "start", "level", ...data.items];
  const get = (id) => document.getElementById(id);
  const head = document.querySelector("#runs thead tr"), body = document.querySelector("#runs tbody");
  let sorted = { column: 4, up: false }, page = 0, chosen = data.runs;

  const add = (parent, tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    parent.append(element);
    return element;
  };
  const entry = (run, item) => data.entries[run[6 + item]];
  const value = (run, column) => {
    if (column === 1) return data.experiments[run[1]];
    return column < 6 ? run[column] : entry(run, column - 6)[0];
  };

  const toggle = (row, run, open) => {
    const link = row.querySelector("a");
    const there = row.nextSibling && row.nextSibling.className === "more";
    if (there) {
      if (open) return;
      row.nextSibling.remove();
      link.setAttribute("aria-expanded", "false");
      return;
    }
    link.setAttribute("aria-expanded", "true");
    const more = document.createElement("tr");
    more.className = "more";
    const cell = add(more, "td");
    cell.colSpan = columns.length;
    const about = add(cell, "p", "Run ");
    add(about, "code", run[0], "whole");
    about.append(" ");
    const copy = add(about, "button", "Copy id");
    copy.type = "button";
    copy.addEventListener("click", () => {
      const done = () => { copy.textContent = "Copied"; };
      const select = () => { getSelection().selectAllChildren(about.querySelector("code")); document.execCommand("copy"); done(); };
      if (navigator.clipboard) navigator.clipboard.writeText(run[0]).then(done, select); else select();
    });
    if (data.pages[run[1]]) {
      about.append(" ");
      const page = add(about, "a", "open in MLflow");
      page.href = data.pages[run[1]] + encodeURIComponent(run[0]);
      page.rel = "noreferrer";
    }
    const list = add(cell, "dl");
    data.items.forEach((name, item) => {
      const [state, evidence, missing] = entry(run, item);
      add(list, "dt", `${name}: ${data.states[state]}`);
      evidence.forEach((said) => add(list, "dd", said));
      missing.forEach((piece) => {
        const line = add(list, "dd", `missing: ${data.pieces[piece][0]}. It would have been recorded by `);
        add(line, "code", data.pieces[piece][1]);
      });
    });
    row.after(more);
  };

  const draw = () => {
    body.replaceChildren();
    chosen.slice(page * STEP, (page + 1) * STEP).forEach((run) => {
      const row = add(body, "tr", undefined, "run");
      row.id = run[0];
      columns.forEach((name, column) => {
        if (column === 0) {
          const link = add(add(row, "td", undefined, "id"), "a", run[0].slice(0, 8));
          link.href = "#" + encodeURIComponent(run[0]);
          link.title = run[0];
          link.setAttribute("aria-expanded", "false");
          link.addEventListener("click", (event) => {
            event.preventDefault();
            history.replaceState(null, "", link.href);
            toggle(row, run, false);
          });
          return;
        }
        let cell;
        if (column === 5) cell = add(row, "td", `${run[5]} ${data.levels[run[5]]}`);
        else if (column === 4) cell = add(row, "td", run[4].slice(0, 16).replace("T", " "), "start");
        else if (column < 5) cell = add(row, "td", value(run, column), name);
        else cell = add(row, "td", data.states[value(run, column)], `state s${value(run, column)}`);
        cell.dataset.label = name;
      });
    });
    const pages = Math.max(1, Math.ceil(chosen.length / STEP));
    get("count").textContent = `${chosen.length.toLocaleString("en")} of ${data.runs.length.toLocaleString("en")} runs`;
    get("page").textContent = `page ${page + 1} of ${pages}`;
    get("back").disabled = page === 0;
    get("next").disabled = page + 1 >= pages;
    get("pages").hidden = pages === 1;
  };

  const choose = () => {
    const words = get("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const level = get("level").value, piece = get("piece").value;
    const hits = words.map((word) => data.entries.map((one) => one[1].some((said) => said.toLowerCase().includes(word))));
    const lacks = piece === "" ? [] : data.entries.map((one) => one[2].includes(Number(piece)));
    const names = data.experiments.map((name) => name.toLowerCase());
    chosen = data.runs.filter((run) => {
      if (level !== "" && run[5] !== Number(level)) return false;
      if (piece !== "" && !data.items.some((_, item) => lacks[run[6 + item]])) return false;
      return words.every((word, number) =>
        data.items.some((_, item) => hits[number][run[6 + item]]) || names[run[1]].includes(word) ||
        `${run[0]} ${run[2]} ${run[3]} ${run[4]}`.toLowerCase().includes(word));
    });
    const sign = sorted.up ? 1 : -1;
    const order = (x, y) => (x < y ? -1 : x > y ? 1 : 0);
    chosen.sort((a, b) => sign * order(value(a, sorted.column), value(b, sorted.column)));
    page = 0;
    draw();
  };

  const reach = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id) return;
    let place = chosen.findIndex((run) => run[0] === id);
    if (place < 0) {
      if (!data.runs.some((run) => run[0] === id)) return;
      get("controls").reset();
      choose();
      place = chosen.findIndex((run) => run[0] === id);
    }
    page = Math.floor(place / STEP);
    draw();
    const row = get(id);
    toggle(row, chosen[place], true);
    row.scrollIntoView();
    row.querySelector("a").focus({ preventScroll: true });
  };

  columns.forEach((name, column) => {
    const cell = add(head, "th");
    cell.scope = "col";
    const button = add(cell, "button", name);
    button.type = "button";
    button.title = `sort by ${name}`;
    button.addEventListener("click", () => {
      sorted = { column, up: sorted.column === column ? !sorted.up : true };
      [...head.children].forEach((other) => other.removeAttribute("aria-sort"));
      cell.setAttribute("aria-sort", sorted.up ? "ascending" : "descending");
      choose();
    });
  });
  data.levels.forEach((name, number) => { add(get("level"), "option", `${number} ${name}`).value = number; });
  data.pieces.forEach(([meaning], number) => { add(get("piece"), "option", meaning).value = number; });
  get("controls").addEventListener("submit", (event) => event.preventDefault());
  get("controls").addEventListener("input", choose);
  get("back").addEventListener("click", () => { page -= 1; draw(); get("count").scrollIntoView(); });
  get("next").addEventListener("click", () => { page += 1; draw(); get("count").scrollIntoView(); });
  addEventListener("hashchange", reach);
  choose();
  reach();
})();
