"use strict";
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const specifications = read("specifications");
const pictures = {};
const tip = document.getElementById("tip");
const words = (text) => text.replace("_to_", "→").replaceAll("_", " ");

// A chooser holds variants, each with the values that choose it, and a select for each key.
const own = (chooser, selector) =>
  [...chooser.querySelectorAll(selector)].filter((one) => one.closest(".chooser") === chooser);
const placeOf = (variant) => JSON.parse(variant.dataset.place);

function show(chooser, variant) {
  for (const other of own(chooser, ".variant")) other.classList.toggle("chosen", other === variant);
  const place = placeOf(variant);
  for (const select of own(chooser, "select")) select.value = place[select.dataset.key];
  draw(variant);
}

// What was chosen last counts; of the other keys, as many as there are stay as they were.
function choose(chooser, changed) {
  const wanted = own(chooser, "select").map((one) => [one.dataset.key, one.value]);
  const key = changed.dataset.key;
  const fits = own(chooser, ".variant").filter((one) => placeOf(one)[key] === changed.value);
  const shared = (one) => wanted.filter(([name, value]) => placeOf(one)[name] === value).length;
  show(chooser, fits.reduce((best, one) => (shared(one) > shared(best) ? one : best)));
}

function prepare(chooser) {
  const variants = own(chooser, ".variant");
  const bar = own(chooser, "[data-selects]")[0];
  const keys = variants.length > 1 && bar ? Object.keys(placeOf(variants[0])) : [];
  for (const key of keys) {
    const values = [...new Set(variants.map((one) => placeOf(one)[key]))];
    if (values.length < 2) continue;
    const label = document.createElement("label");
    const select = document.createElement("select");
    select.dataset.key = key;
    for (const value of values) select.add(new Option(words(value), value));
    label.append(words(key)[0].toUpperCase() + words(key).slice(1) + " ", select);
    bar.append(label);
  }
  for (const select of own(chooser, "select")) {
    select.addEventListener("change", () => choose(chooser, select));
  }
  show(chooser, variants.find((one) => one.matches(".chosen")));
}

// Charts are drawn when they come into sight, not before.
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      seen.unobserve(entry.target);
      embed(entry.target);
    }
  }
}, { rootMargin: "300px" });

function draw(variant) {
  const inner = [...variant.querySelectorAll(".chart.chosen")];
  if (variant.matches(".chart")) inner.push(variant);
  for (const chart of inner) if (!chart.dataset.drawn) seen.observe(chart);
}

function rowsOf(columns) {
  const names = Object.keys(columns);
  return columns[names[0]].map((_, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name][row]])));
}

function embed(chart) {
  if (chart.dataset.drawn || !chart.clientWidth) return;
  chart.dataset.drawn = "yes";
  const rows = rowsOf(JSON.parse(chart.querySelector("script").textContent));
  const spec = { ...structuredClone(specifications[chart.dataset.kind]), datasets: { rows } };
  const place = document.createElement("div");
  chart.append(place);
  if (spec.usermeta && spec.usermeta.square) {
    const both = ["x", "y"].map((axis) => rows.flatMap((row) => [row[`image_${axis}`], row[`text_${axis}`]]));
    spec.height = Math.min(chart.clientWidth - 30, 560);
    square(spec, both, (chart.clientWidth - 30) / spec.height);
  }
  const tooltip = (handler, event, item, value) => told(chart, event, value);
  vegaEmbed(place, spec, { renderer: "svg", actions: false, ast: true, tooltip });
}

// One scale for both axes: distances in a plane mean something.
function square(spec, both, shape) {
  const ends = both.map((values) => [Math.min(...values), Math.max(...values)]);
  const unit = Math.max((ends[0][1] - ends[0][0]) / shape, ends[1][1] - ends[1][0]) * 0.53;
  const half = [unit * shape, unit];
  for (const layer of spec.layer) {
    for (const [axis, number] of [["x", 0], ["y", 1]]) {
      const centre = (ends[number][0] + ends[number][1]) / 2;
      const scale = { domain: [centre - half[number], centre + half[number]], nice: false, zero: false };
      layer.encoding[axis] = { ...layer.encoding[axis], scale };
    }
  }
}

function told(chart, event, value) {
  if (value === null || value === undefined || value === "") {
    tip.hidden = true;
    return;
  }
  tip.replaceChildren();
  const name = chart.dataset.pictures;
  if (name) {
    pictures[name] ??= read(name);
    const picture = pictures[name].pictures[Number(value.item)];
    if (picture) {
      const image = document.createElement("img");
      image.src = `data:image/webp;base64,${picture}`;
      image.alt = "";
      tip.append(image);
    }
    line(pictures[name].captions[Number(value.item)]);
  } else {
    for (const [key, text] of Object.entries(value)) line(`${key}: ${text}`);
  }
  tip.hidden = false;
  const { clientX, clientY } = event;
  const left = Math.min(clientX + 14, window.innerWidth - tip.offsetWidth - 8);
  const above = clientY + 14 + tip.offsetHeight > window.innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above ? Math.max(8, clientY - tip.offsetHeight - 14) : clientY + 14}px`;
}

function line(text) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  tip.append(paragraph);
}
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

// The claims: a claim is shown where it has each chosen value.
const filter = document.getElementById("claim-filter");
function filterClaims() {
  const wanted = [...filter.querySelectorAll("select")].filter((one) => one.value);
  let count = 0;
  for (const group of document.querySelectorAll("#claim-list .status")) {
    let here = 0;
    for (const claim of group.querySelectorAll(".claim")) {
      claim.hidden = !wanted.every((one) => claim.dataset[one.dataset.key] === one.value);
      here += !claim.hidden;
    }
    group.hidden = here === 0;
    count += here;
    if (wanted.some((one) => one.dataset.key === "status")) group.open = here > 0;
  }
  document.getElementById("claim-count").textContent = count ? `${count} shown` : "no claim matches: choose less";
}
filter.addEventListener("change", filterClaims);
filter.addEventListener("submit", (event) => event.preventDefault());
filterClaims();

// A link to a figure chooses it.
function follow() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let variant = target.closest(".variant"); variant; ) {
    const chooser = variant.closest(".chooser");
    show(chooser, variant);
    variant = chooser.parentElement.closest(".variant");
  }
  const details = target.querySelector("figure details");
  if (details) details.open = true;
  target.scrollIntoView();
}
for (const chooser of document.querySelectorAll(".chooser")) {
  prepare(chooser);
}
addEventListener("hashchange", follow);
follow();
