// A list marked data-kem-live follows what happens: when the stream at that address (else that of the desk) says that something
// has changed, the page is read again, the list is put in place, and that is said aloud. A page that nobody looks at follows
// nothing.
const AGAIN_AFTER_MS = 30000;

function put(list, fresh) {
  const at = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  list.replaceChildren(...fresh.childNodes);
  if (at === null) return;
  const same = list.querySelector(`a[href="${CSS.escape(at)}"]`) ?? list;
  if (same === list) list.tabIndex = -1;
  same.focus({ preventScroll: true });
}

export function follow(list) {
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

  const readOnce = async () => {
    const answer = await fetch(location.href, { headers: { "x-kem-follows": "1" } });
    if (answer.redirected) {
      location.reload(); // whoever read this has been signed out
      return;
    }
    if (!answer.ok) throw new Error("not now");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-kem-live]");
    if (!fresh) throw new Error("not now");
    list.dataset.kemLive = fresh.dataset.kemLive;
    if (fresh.innerHTML.trim() === list.innerHTML.trim()) return;
    put(list, fresh);
    if (!said) return;
    said.textContent = "";
    setTimeout(() => (said.textContent = list.dataset.kemLiveText), 100);
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
      location.reload();
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
