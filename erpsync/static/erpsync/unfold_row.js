// What is behind a row of a list is fetched when it is first unfolded.
"use strict";

document.addEventListener("click", async (event) => {
    const place = event.target.closest?.("tr.data-row")?.parentElement.querySelector("[data-fragment]");
    if (!place || place.dataset.asked) return;
    // the click's own work comes first: it is what shows the row
    await new Promise((go) => requestAnimationFrame(go));
    if (place.offsetParent === null) return;
    place.dataset.asked = "yes";
    try {
        const answer = await fetch(place.dataset.fragment, { credentials: "same-origin" });
        if (!answer.ok || answer.redirected) throw new Error(answer.status);
        place.innerHTML = await answer.text();
    } catch {
        place.textContent = place.dataset.failed;
        delete place.dataset.asked;
    }
});
