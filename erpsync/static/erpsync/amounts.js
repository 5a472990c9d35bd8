// Groups the digits of an amount while it is typed: 812000 becomes 812.000 in Vietnamese and 812,000 in English.
// Whoever types separators is left alone until the field is left; the server reads either form and refuses what is unclear.
"use strict";

(() => {
    const SEPARATORS = /[.,' \u00a0\u202f]/g;
    const WHOLE = /^(?:0|[1-9]\d*|[1-9]\d{0,2}([.,' \u00a0\u202f])\d{3}(?:\1\d{3})*)$/;

    const grouped = (digits, separator) => digits.replace(/\B(?=(\d{3})+$)/g, separator);

    const rewrite = (field) => {
        const digits = field.value.replace(SEPARATORS, "").replace(/^0+(?=\d)/, "");
        const behind = field.value.slice(field.selectionEnd).replace(SEPARATORS, "").length;
        field.value = grouped(digits, field.dataset.group);
        let caret = field.value.length;
        for (let left = behind; left > 0 && caret > 0; caret -= 1) {
            if (/\d/.test(field.value[caret - 1])) left -= 1;
        }
        if (document.activeElement === field) field.setSelectionRange(caret, caret);
    };

    const isAmountField = (target) => target instanceof HTMLInputElement && target.dataset.group !== undefined;

    document.addEventListener("input", (event) => {
        const field = event.target;
        if (!isAmountField(field)) return;
        const typed = event.data ?? "";
        if (field.value === "") delete field.dataset.asTyped;
        else if (typed !== "" && !/^\d$/.test(typed)) field.dataset.asTyped = "1";
        else if (event.inputType === "insertFromPaste" && !WHOLE.test(field.value)) field.dataset.asTyped = "1";
        const ours = new RegExp(`^[\\d\\${field.dataset.group}]+$`);
        if (field.dataset.asTyped === undefined && ours.test(field.value)) rewrite(field);
    });

    // the keys that delete pass over a separator to the digit behind it
    document.addEventListener("keydown", (event) => {
        const field = event.target;
        const step = { Backspace: -1, Delete: 1 }[event.key];
        if (!step || !isAmountField(field) || field.selectionStart !== field.selectionEnd) return;
        const caret = field.selectionStart;
        if (field.value[step < 0 ? caret - 1 : caret] !== field.dataset.group) return;
        field.setSelectionRange(caret + step, caret + step);
    });

    document.addEventListener("focusout", (event) => {
        if (!isAmountField(event.target)) return;
        delete event.target.dataset.asTyped;
        if (WHOLE.test(event.target.value.trim())) rewrite(event.target);
    });
})();
