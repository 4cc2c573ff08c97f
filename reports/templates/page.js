"use strict";
// The page is whole without this: it only sorts tables and tells the values behind pictures.
(() => {
  const SIZES = { million: 1e6, billion: 1e9, trillion: 1e12 };
  const NUMBER = /^[<>]?([-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?)(?: (million|billion|trillion))?/;
  const MISSING = /^(?:[-–—]?|cannot tell\b.*)$/;
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const { compare } = new Intl.Collator(document.documentElement.lang, { numeric: true });

  const make = (tag, name) => Object.assign(document.createElement(tag), { className: name });

  const words = (row, place) => row.cells[place].textContent.trim();

  const number = (text) => {
    const [, digits, size] = text.match(NUMBER) ?? [];
    return digits ? Number(digits.replaceAll(",", "")) * (SIZES[size] ?? 1) : NaN;
  };

  // Rows without a value stay last in both directions: unknown is neither little nor much.
  const ordered = (rows, head, turn) => {
    const place = head.cellIndex;
    const told = rows.map((row) => [row, words(row, place), number(words(row, place))]);
    const counted =
      head.classList.contains("right") && told.some(([, , value]) => !isNaN(value));
    const lost = ([, text, value]) => (counted ? isNaN(value) : MISSING.test(text));
    const less = (a, b) => (counted ? a[2] - b[2] : compare(a[1], b[1]));
    const known = told.filter((one) => !lost(one)).sort((a, b) => turn * less(a, b));
    return [...known, ...told.filter(lost)].map(([row]) => row);
  };

  const sortable = (table) => {
    const [body] = table.tBodies;
    const rows = [...body.rows];
    if (rows.length < 3) return;
    const heads = [...table.tHead.rows[0].cells].filter((cell) => cell.tagName === "TH");
    const press = (head) => {
      const way = NEXT[head.getAttribute("aria-sort") ?? "none"];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (way !== "none") head.setAttribute("aria-sort", way);
      const turn = way === "descending" ? -1 : 1;
      body.append(...(way === "none" ? rows : ordered(rows, head, turn)));
    };
    for (const head of heads) {
      const button = Object.assign(make("button", "sort"), { type: "button" });
      button.append(...head.childNodes);
      button.addEventListener("click", () => press(head));
      head.append(button);
    }
  };

  const tellable = (figure) => {
    const marks = JSON.parse(figure.dataset.marks);
    const plate = figure.querySelector(".plate");
    const [dot, told] = [make("span", "dot"), make("span", "told")];
    let shown = -1;
    const hide = () => plate.classList.remove("telling");
    const show = (place) => {
      plate.classList.add("telling");
      if (place === shown) return;
      shown = place;
      const [x, y, text] = marks[place];
      told.textContent = text;
      for (const each of [dot, told]) {
        each.style.left = `${100 * x}%`;
        each.style.top = `${100 * y}%`;
      }
      // Shifted by its own share of the width, the text never leaves the picture sideways.
      told.style.transform = `translate(${-100 * x}%, ${y < 0.3 ? "1rem" : "calc(-100% - 1rem)"})`;
    };
    const near = (event) => {
      const box = plate.firstElementChild.getBoundingClientRect();
      const far = ([x, y]) =>
        Math.hypot(box.left + x * box.width - event.clientX, box.top + y * box.height - event.clientY);
      const away = marks.map(far);
      show(away.indexOf(Math.min(...away)));
    };
    const key = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const end = { Home: 0, End: marks.length - 1 }[event.key];
      if (event.key === "Escape") return hide();
      if (step === undefined && end === undefined) return undefined;
      event.preventDefault();
      return show(end ?? (shown + step + marks.length) % marks.length);
    };
    told.setAttribute("role", "status");
    plate.tabIndex = 0;
    plate.setAttribute("role", "group");
    plate.setAttribute("aria-label", "Picture; the arrow keys step through its values");
    plate.firstElementChild.append(dot, told);
    plate.addEventListener("pointermove", near);
    plate.addEventListener("pointerdown", near);
    // A finger that lifts leaves too, and what it asked for should stay.
    plate.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
    plate.addEventListener("keydown", key);
    plate.addEventListener("focus", () => show(Math.max(shown, 0)));
    plate.addEventListener("blur", hide);
  };

  document.querySelectorAll("table").forEach(sortable);
  document.querySelectorAll("figure[data-marks]").forEach(tellable);
})();
