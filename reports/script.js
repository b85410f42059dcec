// SPDX-License-Identifier: GPL-2.0-only
"use strict";
// Copies a command, and changes the theme. The page is whole without it.
(function () {
	const said = document.getElementById("said");

	function select(node) {
		const range = document.createRange();
		range.selectNodeContents(node);
		const selection = getSelection();
		selection.removeAllRanges();
		selection.addRange(range);
	}

	async function copy(text, node) {
		try {
			await navigator.clipboard.writeText(text);
			return true;
		} catch (e) {
			select(node);
			try {
				return document.execCommand("copy");
			} catch (e2) {
				return false;
			}
		}
	}

	document.addEventListener("click", async function (event) {
		const button = event.target.closest("button[data-copy]");
		if (!button)
			return;
		const node = document.getElementById(button.dataset.copy);
		const done = await copy(node.textContent, node);
		if (!done)
			select(node);
		button.textContent = done ? "Copied" : "Selected";
		said.textContent = done ? "The command is in the clipboard." : "The command is selected; copy it with Ctrl+C.";
		setTimeout(function () { button.textContent = "Copy"; }, 2000);
	});

	const button = document.getElementById("theme");
	const system = matchMedia("(prefers-color-scheme: dark)");
	let chosen = null;
	try {
		chosen = localStorage.getItem("lapicsim-theme");
	} catch (e) { /* file:// may have no storage */ }

	function show() {
		const dark = chosen ? chosen === "dark" : system.matches;
		if (chosen)
			document.documentElement.dataset.theme = chosen;
		button.setAttribute("aria-pressed", String(dark));
		button.textContent = dark ? "Light theme" : "Dark theme";
		button.hidden = false;
	}
	button.addEventListener("click", function () {
		chosen = button.getAttribute("aria-pressed") === "true" ? "light" : "dark";
		try {
			localStorage.setItem("lapicsim-theme", chosen);
		} catch (e) { /* it lasts as long as the page, then */ }
		show();
	});
	system.addEventListener("change", show);
	show();
})();
