// Proves the lines of a history in the reader's own browser, by its WebCrypto: that each entry, as it stands on the page,
// leads to the checkpoint, and that the checkpoint is signed (RFC 9162 § 2.1.3.2; c2sp.org/tlog-proof and signed-note).
const utf8 = new TextEncoder();

class NotProved extends Error {}

function bytesOf(base64) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) throw new NotProved("MALFORMED");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const node = (left, right) => sha256(Uint8Array.of(1), left, right);

function numberOf(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw new NotProved("MALFORMED");
  return BigInt(text);
}

export async function rootOf(leaf, index, size, path) {
  if (index < 0n || index >= size) throw new NotProved("CHANGED");
  let at = index;
  let last = size - 1n;
  let found = leaf;
  for (const one of path) {
    if (last === 0n || one.length !== 32) throw new NotProved("CHANGED");
    if (at & 1n || at === last) {
      found = await node(one, found);
      while (!(at & 1n) && at) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      found = await node(found, one);
    }
    at >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new NotProved("CHANGED");
  return found;
}

async function keyOf(text) {
  const [name, id, encoded, ...more] = text.trim().split("+");
  // the public half is base64, in which a plus sign may stand
  const content = bytesOf([encoded ?? "", ...more].join("+"));
  const digest = (await sha256(utf8.encode(`${name}\n`), content)).slice(0, 4);
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (content.length !== 33 || content[0] !== 1 || hex !== id) throw new NotProved("MALFORMED");
  return { name, id: digest, public: content.slice(1) };
}

// Whether a key has signed; null where this browser does not know Ed25519.
async function isSigned(key, signature, text) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key.public, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    return false;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, text);
}

// What a note says, and by what it is known to be signed: `isSigned` null where the browser cannot tell.
export async function readCheckpoint(note, keyTexts) {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw new NotProved("MALFORMED");
  const text = note.slice(0, end + 1);
  const keys = await Promise.all(keyTexts.map(keyOf));
  let signed = false;
  for (const line of note.slice(end + 2, -1).split("\n")) {
    const [dash, name, encoded, ...more] = line.split(" ");
    if (dash !== "—" || !encoded || more.length) throw new NotProved("MALFORMED");
    const content = bytesOf(encoded);
    const key = keys.find((one) => one.name === name && same(one.id, content.slice(0, 4)));
    if (!key) continue;
    const found = await isSigned(key, content.slice(4), utf8.encode(text));
    if (found === false) throw new NotProved("FORGED");
    signed = found === null ? null : true;
  }
  if (signed === false) throw new NotProved("UNKNOWN_KEY");
  const [origin, size, root] = text.split("\n");
  if (!origin || !root) throw new NotProved("MALFORMED");
  return { origin, size: numberOf(size), root: bytesOf(root), isSigned: signed };
}

// VERIFIED, or HASHES_ONLY where the browser knows no Ed25519, or what is wrong.
export async function checkEntry(body, index, path, note, keyTexts) {
  try {
    const checkpoint = await readCheckpoint(note, keyTexts);
    const leaf = await sha256(Uint8Array.of(0), utf8.encode(body));
    const root = await rootOf(leaf, numberOf(index), checkpoint.size, path.map(bytesOf));
    if (!same(root, checkpoint.root)) throw new NotProved("CHANGED");
    if (`${JSON.parse(body).index}` !== index) throw new NotProved("CHANGED");
    return checkpoint.isSigned === null ? "HASHES_ONLY" : "VERIFIED";
  } catch (error) {
    return error instanceof NotProved ? error.message : "MALFORMED";
  }
}

async function prove(part) {
  const notes = part.querySelectorAll("[data-kem-note]");
  const own = part.querySelector("[data-kem-own-key]")?.value.trim();
  const keys = own ? [own] : Array.from(part.querySelectorAll("[data-kem-key]"), (one) => one.textContent);
  const said = part.querySelector("[data-kem-proved]");
  const found = {};
  for (const line of part.querySelectorAll("[data-kem-index]")) {
    const result = line.querySelector("[data-kem-result]");
    let finding = "NOT_COVERED";
    if (line.dataset.kemPath !== undefined) {
      const path = line.dataset.kemPath ? line.dataset.kemPath.split(" ") : [];
      const body = line.querySelector("[data-kem-body]").textContent;
      finding = await checkEntry(body, line.dataset.kemIndex, path, notes[0]?.textContent ?? "", keys);
    }
    found[finding] = (found[finding] ?? 0) + 1;
    const words = part.querySelector(`[data-kem-word="${finding}"]`);
    result.replaceChildren(words.content.cloneNode(true));
    result.dataset.kemFound = finding;
  }
  if (!said) return;
  const bad = Object.keys(found).filter((one) => !["VERIFIED", "HASHES_ONLY", "NOT_COVERED"].includes(one));
  const which = bad.length ? "bad" : found.HASHES_ONLY ? "hashes" : "good";
  said.textContent = said.dataset[which];
  said.hidden = false;
}

if (typeof document !== "undefined") {
  document.querySelectorAll("[data-kem-proofs]").forEach((part) => {
    if (!globalThis.crypto?.subtle) return; // only over TLS, or on this machine: the server's check stays
    prove(part);
    const own = part.querySelector("[data-kem-own-key]");
    own?.addEventListener("change", () => prove(part));
  });
}
