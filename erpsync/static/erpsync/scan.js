// Pages for a scanner that types: each code goes to the server, which says what it leads to; the page shows and sounds it.
// Codes that come while one is under way wait in line. One that is sent again after a lost answer carries the same id.
"use strict";

(() => {
    const TRIES = 3;
    const SOUNDS = {
        good: [[1320, 0, 0.08]],
        done: [[1050, 0, 0.12], [1570, 0.13, 0.22]],
        bad: [[180, 0, 0.35], [180, 0.45, 0.35]],
    };
    const COLOURS = { good: "scan-good", done: "scan-done", bad: "scan-bad" };

    let audio = null;
    const sound = (name) => {
        audio ??= new AudioContext();
        for (const [frequency, from, length] of SOUNDS[name] ?? []) {
            const tone = audio.createOscillator();
            const volume = audio.createGain();
            tone.type = name === "bad" ? "square" : "sine";
            tone.frequency.value = frequency;
            volume.gain.value = 0.25;
            tone.connect(volume).connect(audio.destination);
            tone.start(audio.currentTime + from);
            tone.stop(audio.currentTime + from + length);
        }
    };

    const start = (room) => {
        const form = room.querySelector("[data-scan-form]");
        const field = form.querySelector("[name=code]");
        const said = room.querySelector("[data-scan-said]");
        const table = room.querySelector("[data-scan-parcel]");
        const label = room.querySelector("[data-scan-label]");
        const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
        const waiting = [];
        let parcel = "";
        let busy = false;
        let scans = 0;
        const page = `${Date.now()}-${Math.random().toString(36).slice(2)}`;

        const show = (text, kind) => {
            said.textContent = text;
            said.className = `scan-said mb-4 ${COLOURS[kind]}`;
            sound(kind);
        };

        const send = async (code) => {
            scans += 1;
            const body = new URLSearchParams({ code, parcel, scan: `${page}-${scans}` });
            for (let left = TRIES; left > 0; left -= 1) {
                try {
                    const answer = await fetch(room.dataset.scan, {
                        method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" },
                    });
                    if (answer.ok && !answer.redirected) return await answer.json();
                } catch {
                    // the connection is away: the same scan is sent again
                }
            }
            return null;
        };

        const open = (found) => {
            if (found.file) {
                label.action = found.file;
                label.submit();
            } else if (found.run) {
                window.open(found.run, "_blank");
            }
        };

        const work = async () => {
            if (busy) return;
            busy = true;
            while (waiting.length) {
                const found = await send(waiting.shift());
                if (found === null) {
                    // what was scanned after it may belong to a parcel that was not opened
                    waiting.length = 0;
                    show(room.dataset.offline, "bad");
                    break;
                }
                show(found.text, found.sound);
                parcel = found.parcel ? String(found.parcel) : "";
                table.innerHTML = found.html;
                if (label) open(found);
            }
            busy = false;
        };

        form.addEventListener("submit", (event) => {
            event.preventDefault();
            const code = field.value.trim();
            field.value = "";
            if (code) {
                waiting.push(code);
                work();
            }
        });

        // a scanner types wherever the cursor is: it is always in the field
        document.addEventListener("keydown", (event) => {
            if (event.key === "Escape") {
                parcel = "";
                table.innerHTML = "";
                field.value = "";
            }
            if (document.activeElement !== field && event.key.length === 1 && !event.ctrlKey && !event.metaKey) field.focus();
        });
        field.focus();
    };

    // deferred: the page is there
    document.querySelectorAll("[data-scan]").forEach(start);
})();
