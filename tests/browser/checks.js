// SPDX-License-Identifier: GPL-2.0-only
// What must hold of a report as it is drawn; evaluates to a list of what does not.
(() => {
	const wrong = [];
	const width = document.documentElement.clientWidth;

	function name(e) {
		return e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className && e.className.baseVal === undefined ?
			"." + e.className : "") + " \"" + (e.textContent || "").trim().slice(0, 40) + "\"";
	}

	// --- Nothing overflows.
	if (document.scrollingElement.scrollWidth > width)
		wrong.push("the page is " + document.scrollingElement.scrollWidth + " px wide, the window " + width);
	for (const e of document.querySelectorAll("body *")) {
		const r = e.getBoundingClientRect();
		if (!r.width || e.closest(".scroll, .sr, .skip, svg, script"))
			continue;
		if (r.right > width + 1 || r.left < -1)
			wrong.push("goes beyond the window: " + name(e));
	}
	for (const e of document.querySelectorAll(".scroll")) {
		if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "auto")
			wrong.push("cannot be scrolled: " + name(e));
		if (e.tabIndex !== 0 || !e.getAttribute("aria-label"))
			wrong.push("cannot be scrolled by keyboard, or has no name: " + name(e));
	}

	// --- No figure is empty, and what is drawn is seen.
	const figures = [...document.querySelectorAll(".plot-box")];
	for (const f of figures) {
		const svg = [...f.querySelectorAll("svg.plot")].filter(s => s.getBoundingClientRect().width > 0);
		if (svg.length !== 1) {
			wrong.push("of the two forms of a figure " + svg.length + " are shown: " + name(f));
			continue;
		}
		const box = svg[0].getBoundingClientRect();
		if (box.width < 240 || box.height < 120)
			wrong.push("a figure of " + box.width + " x " + box.height + ": " + name(f));
		const marks = [...svg[0].querySelectorAll("[style]")].filter(m => /var\(--[sh]\d\)/.test(m.getAttribute("style")));
		const drawn = marks.filter(m => { const b = m.getBBox(); return b.width > 1 || b.height > 1; });
		if (!drawn.length)
			wrong.push("an empty figure: " + name(f));
		for (const m of marks) {
			const s = getComputedStyle(m);
			if (s.stroke === "none" && s.fill === "none")
				wrong.push("a mark without a colour in " + name(f));
		}
		for (const t of svg[0].querySelectorAll("text")) {
			const b = t.getBoundingClientRect();
			if (t.textContent.trim() && (b.left < box.left - 2 || b.right > box.right + 2 || b.bottom > box.bottom + 2))
				wrong.push("cut off: \"" + t.textContent.trim() + "\" in " + f.id);
			if (b.height && b.height < 8)
				wrong.push("too small to read: \"" + t.textContent.trim() + "\" in " + f.id);
		}
		if (!f.querySelector("figcaption").textContent.trim() || f.querySelector(".note").textContent.length < 20)
			wrong.push("a figure that does not say what it shows: " + name(f));
	}

	// --- Contrast of all text: WCAG 2.2, "Contrast (Minimum)".
	function rgb(text) {
		const m = text.match(/[\d.]+/g).map(Number);
		return text.startsWith("color(srgb") ? m.map((v, i) => i < 3 ? v * 255 : v) : m;
	}
	function luminance(c) {
		const [r, g, b] = c.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	}
	function background(e) {
		for (; e; e = e.parentElement) {
			const c = rgb(getComputedStyle(e).backgroundColor);
			if (c.length < 4 || c[3] > 0)
				return c.slice(0, 3);
		}
		return [255, 255, 255];
	}
	const seen = new Set();
	for (const e of document.querySelectorAll("body *")) {
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
		if (!own || !e.getBoundingClientRect().width || e.closest("script, .sr, .skip"))
			continue;
		const style = getComputedStyle(e), color = e.closest("svg") ? style.fill : style.color;
		const a = luminance(rgb(color).slice(0, 3)), b = luminance(background(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), key = color + background(e);
		if (ratio < 4.5 && !seen.has(key)) {
			seen.add(key);
			wrong.push("contrast " + ratio.toFixed(1) + ": " + name(e));
		}
	}

	// --- Names for those who do not see.
	for (const e of document.querySelectorAll("button, a[href]"))
		if (!e.hidden && !e.textContent.trim())
			wrong.push("has no name: " + name(e));
	for (const e of document.querySelectorAll("svg:not([aria-hidden])"))
		if (e.getAttribute("role") !== "img" || !e.querySelector("title").textContent || !e.querySelector("desc").textContent)
			wrong.push("an SVG without title or description");
	return { wrong, figures: figures.length };
})()
