// Fields that take a photo or clip of a parcel: it is sent in pieces as soon as it is taken, and shown when the server keeps it.
// A large photo is made smaller first: 2,000 pixels are enough to read a label, and every channel takes the file.
"use strict";

(() => {
    const SIDE = 2000;
    const QUALITY = 0.85;
    const SMALL = 1_500_000;
    const TRIES = 3;

    const shrunk = async (file) => {
        if (!file.type.startsWith("image/") || file.size <= SMALL) return file;
        try {
            const picture = await createImageBitmap(file);
            const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
            const canvas = document.createElement("canvas");
            canvas.width = Math.round(picture.width * scale);
            canvas.height = Math.round(picture.height * scale);
            canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
            return (await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY))) ?? file;
        } catch {
            return file;
        }
    };

    // the answer to one piece; null without a connection
    const send = async (field, body) => {
        for (let left = TRIES; left > 0; left -= 1) {
            try {
                const answer = await fetch(field.dataset.photos, {
                    method: "POST", body, headers: { "X-CSRFToken": field.dataset.token, Accept: "application/json" },
                });
                if (answer.status >= 500 && left > 1) continue;
                return { ok: answer.ok, ...(await answer.json()) };
            } catch {
                // away, or an answer of a proxy: the same piece is sent again
            }
        }
        return null;
    };

    const upload = async (field, file, say) => {
        const length = Number(field.dataset.piece);
        const pieces = Math.max(1, Math.ceil(file.size / length));
        let photo = "";
        for (let position = 0; position < pieces; position += 1) {
            const body = new FormData();
            body.append("piece", file.slice(position * length, (position + 1) * length), "piece");
            body.append("position", position);
            if (photo) body.append("photo", photo);
            else body.append(field.dataset.subject, field.dataset.id);
            if (position === pieces - 1) body.append("last", "1");
            say(`${field.dataset.sending} ${Math.round((100 * position) / pieces)} %`, "");
            const answer = await send(field, body);
            if (!answer?.ok) return say(answer?.text ?? field.dataset.offline, "photo-bad");
            photo = answer.photo;
            if (answer.html) {
                field.querySelector("[data-photo-list]").innerHTML = answer.html;
                say(answer.text, "photo-good");
            }
        }
        return photo;
    };

    document.addEventListener("change", async (event) => {
        const input = event.target;
        const field = input.closest?.("[data-photos]");
        if (!field || input.type !== "file" || !input.files.length) return;
        const said = field.querySelector("[data-photo-said]");
        const say = (text, look) => {
            said.textContent = text;
            said.className = look;
        };
        const file = await shrunk(input.files[0]);
        input.value = "";
        if (file.size > Number(input.dataset.most)) say(field.dataset.large, "photo-bad");
        else await upload(field, file, say);
        // the next thing that a scanner types is a code
        document.querySelector("[data-scan-form] [name=code]")?.focus();
    });
})();
