// On a telephone a cell names its column: a sentence begins with a capital, each word of it does not.
// A hint that is cut off where its field ends can be read whole.
document.addEventListener("DOMContentLoaded", () => {
    for (const cell of document.querySelectorAll("[data-label]")) {
        cell.dataset.label = cell.dataset.label.charAt(0).toUpperCase() + cell.dataset.label.slice(1);
    }
    for (const field of document.querySelectorAll("input[placeholder]:not([title])")) {
        field.title = field.placeholder;
    }
});
