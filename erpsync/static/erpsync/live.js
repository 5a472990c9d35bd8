// The parts of the dashboard are fetched anew while somebody looks at it, and those that differ are put in place.
"use strict";

(() => {
    const place = document.querySelector("[data-live]");
    if (!place) return;
    const SHORTEST = 3000, LONGEST = 60000;
    // a busy hub is asked less often: it shall work on this page for at most a twentieth of the time
    const SHARE = 20;
    const stopped = document.querySelector("[data-live-stopped]");
    const sent = new Map();
    let state = place.dataset.state;
    let failures = 0;

    // what the person unfolded stays so; the chart of before is kept and gets the new figures
    const replace = (old, fresh) => {
        const open = new Map([...old.querySelectorAll("details")].map((one) => [one.firstElementChild.textContent, one.open]));
        fresh.querySelectorAll("details").forEach((one) => {
            one.open = open.get(one.firstElementChild.textContent) ?? one.open;
        });
        const canvas = fresh.querySelector("canvas.chart");
        const chart = Chart.getChart(old.querySelector("canvas.chart") ?? "");
        if (chart && canvas) canvas.parentElement.replaceWith(chart.canvas.parentElement);
        old.replaceWith(fresh);
        if (chart && canvas) {
            chart.data = JSON.parse(canvas.dataset.value);
            chart.update();
        } else if (canvas) renderCharts();
    };

    // true when every part is in place: one that is being typed into waits
    const show = (text) => {
        const page = new DOMParser().parseFromString(text, "text/html");
        let whole = true;
        for (const fresh of page.querySelectorAll("[data-part]")) {
            const name = fresh.dataset.part, html = fresh.outerHTML;
            const old = place.querySelector(`[data-part="${name}"]`);
            if (sent.get(name) === html) continue;
            if (old.contains(document.activeElement) && document.activeElement.matches("input")) {
                whole = false;
                continue;
            }
            replace(old, fresh);
            sent.set(name, html);
        }
        return whole;
    };

    const ask = async () => {
        const answer = await fetch(place.dataset.live, {
            cache: "no-store",
            credentials: "same-origin",
            headers: { "If-None-Match": state },
            signal: AbortSignal.timeout(LONGEST),
        });
        if (answer.status === 304) return;
        if (!answer.ok || answer.redirected) throw new Error(answer.status);
        if (show(await answer.text())) state = answer.headers.get("ETag");
    };

    const round = async () => {
        const began = performance.now();
        if (document.visibilityState === "visible") {
            try {
                await ask();
                failures = 0;
            } catch {
                failures += 1;
            }
            stopped.hidden = failures < 3;
        }
        const pause = Math.max(SHORTEST * 2 ** failures, SHARE * (performance.now() - began));
        setTimeout(round, Math.min(pause, LONGEST));
    };

    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") ask().catch(() => {});
    });
    setTimeout(round, SHORTEST);
})();
