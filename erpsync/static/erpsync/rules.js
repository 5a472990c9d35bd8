// The form of a rule: shows the fields of the chosen strategy, adds and removes tiers, and asks for the sentence while it is filled in.
"use strict";

(() => {
    const WAIT_MS = 500;

    const start = () => {
        const form = document.getElementById("rule-form");
        if (!form || form.dataset.ready) return;
        form.dataset.ready = "1";
        const value = (name) => form.querySelector(`[name=${name}]`)?.value ?? "";

        // field -> whether it matters, by what is chosen elsewhere
        const MATTERS = {
            rate: () => value("rate_from") === "rule",
            table: () => value("rate_from") === "table",
            payee_id: () => value("payee") !== "marketplace",
            rounding_level: () => value("strategy") !== "TIERED",
            floor_per: () => value("floor_amount") !== "",
            cap_per: () => value("cap_amount") !== "",
        };

        const show = () => {
            const strategy = value("strategy");
            for (const group of form.querySelectorAll("[data-strategies]")) {
                group.hidden = !group.dataset.strategies.split(" ").includes(strategy);
            }
            for (const [name, matters] of Object.entries(MATTERS)) {
                const field = form.querySelector(`[data-field=${name}]`);
                if (field) field.hidden = !matters();
            }
        };

        let waiting;
        const changed = () => {
            show();
            clearTimeout(waiting);
            waiting = setTimeout(() => htmx.trigger("#rule-sentence", "rule-changed"), WAIT_MS);
        };

        const open = (name) => {
            for (const tab of form.querySelectorAll("[data-tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
            for (const pane of form.querySelectorAll("[data-pane]")) pane.hidden = pane.dataset.pane !== name;
            const text = document.getElementById("rule-json").value;
            if (name === "json" && text) form.querySelector("[name=json]").value = text;
        };

        form.addEventListener("input", changed);
        form.addEventListener("change", changed);
        form.addEventListener("click", (event) => {
            const button = event.target.closest("[data-add], [data-remove], [data-tab]");
            if (!button) return;
            if (button.dataset.tab) return open(button.dataset.tab);
            if (button.dataset.remove !== undefined) button.closest("[data-tier]").remove();
            else button.before(button.parentElement.querySelector("[data-blank]").content.cloneNode(true));
            changed();
        });
        show();
    };

    document.addEventListener("DOMContentLoaded", start);
    if (document.readyState !== "loading") start();
})();
