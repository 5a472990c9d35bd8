// A box in the head of a table ticks or unticks all boxes of its name.
"use strict";

document.addEventListener("change", (event) => {
    const name = event.target.dataset?.tickAll;
    if (!name) return;
    for (const box of document.querySelectorAll(`input[name="${name}"]`)) box.checked = event.target.checked;
});
