// What is marked data-kem-live follows what happens: when the stream at that address (else that of the desk) says that something
// has changed, the page (data-kem-live-page, else this one) is read again and what has changed in it is put in place, and that is
// said aloud once. Its children marked data-kem-part change each by itself: one comes, goes, or is put in place, but what somebody
// writes in is left alone and says that there is something new. A page that nobody looks at follows nothing.
const AGAIN_AFTER_MS = 30000;
const NOTE = "[data-kem-live-new]";

// as the server has written it: without what is another each time, and of what scripts have made of it nothing
function written(part) {
  const copy = part.cloneNode(true);
  copy.querySelectorAll("input[name=request_id]").forEach((one) => one.removeAttribute("value"));
  copy.querySelectorAll("[data-kem-passing]").forEach((one) => one.replaceChildren());
  return copy.innerHTML.trim();
}

const shown = new WeakMap();
document.querySelectorAll("[data-kem-live], [data-kem-part]").forEach((part) => shown.set(part, written(part)));

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type !== "select-one") return field.value !== field.defaultValue;
  const given = [...field.options].findIndex((one) => one.defaultSelected);
  return field.selectedIndex !== Math.max(given, 0);
}

// somebody writes there, has written there, or is to mend what they sent
function isWrittenIn(part) {
  const at = document.activeElement;
  const fields = "input:not([type=hidden]), select, textarea";
  if (part.contains(at) && at.matches(fields)) return true;
  return part.querySelector("[data-kem-typed]") !== null || [...part.querySelectorAll(fields)].some(isChanged);
}

function focusOn(part) {
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
}

const summaryOf = (details) => details.querySelector("summary")?.textContent.trim();

function put(part, fresh) {
  const at = part.contains(document.activeElement) ? document.activeElement : null;
  const open = [...part.querySelectorAll("details[open]")].map(summaryOf);
  const text = written(fresh);
  part.replaceChildren(...fresh.childNodes);
  shown.set(part, text);
  part.querySelectorAll("details").forEach((one) => open.includes(summaryOf(one)) && one.setAttribute("open", ""));
  if (at === null) return;
  const href = at.getAttribute("href");
  const same = [...part.querySelectorAll("a[href], button, summary")].find((one) =>
    href === null ? one.textContent.trim() === at.textContent.trim() : one.getAttribute("href") === href,
  );
  if (same) same.focus({ preventScroll: true });
  else focusOn(part);
}

// answers whether that was said there already
function saySomethingNew(part) {
  const note = document.querySelector(`template${NOTE}`);
  if (!note || part.querySelector(NOTE)) return true;
  part.prepend(note.content.cloneNode(true));
  return false;
}

// what a list hears of: its address without the place from which on
const aboutOf = (list) => (list.dataset.kemLive || "").replace(/([?&](?:after|changes)=)\d*/g, "$1");

const partsOf = (list) => [...list.children].filter((one) => one.dataset.kemPart);

// puts in place what is new; answers what there is to be said: "moved", "left" where something new was left out, or nothing
function renew(list, fresh, start) {
  if (!partsOf(list).length) {
    if (shown.get(list) === written(fresh)) return "";
    put(list, fresh);
    start(list);
    return "moved";
  }
  let said = "";
  const leave = (part) => (saySomethingNew(part) ? said : "left");
  const there = new Map(partsOf(list).map((part) => [part.dataset.kemPart, part]));
  let before = null;
  for (const part of partsOf(fresh)) {
    const own = there.get(part.dataset.kemPart);
    there.delete(part.dataset.kemPart);
    if (!own) {
      shown.set(part, written(part));
      if (before) before.after(part);
      else list.prepend(part);
      start(part);
      said ||= "moved";
    } else if (shown.get(own) !== written(part)) {
      if (isWrittenIn(own)) {
        said = leave(own);
      } else {
        put(own, part);
        start(own);
        said ||= "moved";
      }
    }
    before = own ?? part;
  }
  for (const gone of there.values()) {
    if (isWrittenIn(gone)) {
      said = leave(gone);
      continue;
    }
    const hadFocus = gone.contains(document.activeElement);
    gone.remove();
    if (hadFocus) focusOn(list);
    said ||= "moved";
  }
  return said;
}

// `start` makes what has come into the page work as what was there from the beginning
export function follow(list, start) {
  const said = document.querySelector("[data-kem-live-said]");
  const state = document.querySelector("[data-kem-live-state]");
  const on = state?.textContent;
  let source = null;
  let isReading = false;
  let isAskedAgain = false;

  const show = (isOn) => {
    const text = isOn ? on : state?.dataset.kemOff;
    if (state && state.textContent !== text) state.textContent = text;
  };

  const say = (words) => {
    if (!said || !words) return;
    said.textContent = "";
    setTimeout(() => (said.textContent = words), 100);
  };

  // whoever read this has been signed out; what they are writing stays theirs, and is kept for them when they send it
  const leave = () => {
    if (!isWrittenIn(document.querySelector("main"))) {
      location.reload();
      return;
    }
    close();
    show(false);
    setTimeout(open, AGAIN_AFTER_MS);
  };

  const readOnce = async () => {
    const answer = await fetch(list.dataset.kemLivePage || location.href, { headers: { "x-kem-follows": "1" } });
    if (answer.redirected || answer.status === 401) {
      leave();
      return;
    }
    if (!answer.ok) throw new Error("not now");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-kem-live]");
    if (!fresh) throw new Error("not now");
    const followed = aboutOf(list);
    Object.assign(list.dataset, fresh.dataset);
    if (source && aboutOf(list) !== followed) {
      // it shows a referral more, of which it is to hear from where this reading was
      close();
      open();
    }
    const what = renew(list, fresh, start);
    if (what) say(what === "left" ? document.querySelector(`template${NOTE}`).content.textContent.trim() : list.dataset.kemLiveText);
  };

  const read = async () => {
    if (isReading) {
      isAskedAgain = true;
      return;
    }
    isReading = true;
    try {
      do {
        isAskedAgain = false;
        await readOnce();
      } while (isAskedAgain);
    } catch {
      show(false);
    } finally {
      isReading = false;
    }
  };

  const close = () => {
    source?.close();
    source = null;
  };

  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(list.dataset.kemLive || "/live?inbox=desk");
    source.addEventListener("open", () => show(true));
    source.addEventListener("changed", read);
    source.addEventListener("ended", () => {
      close();
      leave();
    });
    source.addEventListener("error", () => {
      show(false);
      if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
      close();
      read(); // no stream is given: either nobody is signed in any more, or the page follows by being read now and then
      setTimeout(open, AGAIN_AFTER_MS);
    });
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
}
