// Keeps a form while somebody writes it, so that a closed browser or a weak link loses nothing; says what was kept.
const PAUSE = 3000;
const AGAIN = 10000;
const TYPE = "application/x-www-form-urlencoded";
const MOST_KEPT_ALIVE = 60000;

const isOut = (answer) => answer.redirected || answer.status === 401 || answer.status === 403;

const writerOf = (token) => token.split(".")[1];

// by which forms are taken from whoever has signed in by now; empty where nobody has
async function tokenNow() {
  const answer = await fetch("/desk/drafts");
  if (!answer.ok || answer.redirected) return "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("input[name=csrf]")?.value ?? "";
}

export function keep(form) {
  const said = form.querySelector("[data-kem-kept]");
  const address = form.dataset.kemKeeps;
  let timer = 0;
  let sent = "";
  let asking = null;
  let isGone = false; // the form itself is on its way: what is kept after that would come back as a draft
  // a form that is only looked at is not kept
  let isBegun = "kemBegun" in form.dataset;
  const fields = () => new URLSearchParams(new FormData(form)).toString();
  const say = (words) => {
    if (said.textContent !== words) said.textContent = words;
  };
  const post = (body, isLeft) =>
    fetch(address, {
      method: "POST",
      headers: { "content-type": TYPE },
      body,
      signal: asking.signal,
      keepalive: isLeft && body.length < MOST_KEPT_ALIVE,
    });
  const later = (pause) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, pause);
  };

  async function save(isLeft = false) {
    let now = fields();
    if (!isBegun || isGone || now === sent) return;
    window.clearTimeout(timer);
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    try {
      let answer = await post(now, isLeft);
      if (isOut(answer)) {
        // who has signed in again, in another tab, goes on here
        const token = await tokenNow();
        if (mine.signal.aborted) return;
        // what somebody else has typed here is no draft of theirs
        if (token && writerOf(token) === writerOf(form.elements.namedItem("csrf").value)) {
          form.elements.namedItem("csrf").value = token;
          now = fields();
          answer = await post(now, isLeft);
        }
      }
      if (isOut(answer)) say(said.dataset.out);
      else if (answer.status === 409) say((await answer.json()).words);
      else if (!answer.ok) say(said.dataset.unsaved);
      else {
        sent = now;
        const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
        say(`${said.dataset.saved} ${time}`);
        return;
      }
    } catch {
      if (mine.signal.aborted) return;
      say(said.dataset.unsaved);
    }
    later(AGAIN);
  }
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, () => {
      isBegun = true;
      later(PAUSE);
    });
  }
  form.addEventListener("submit", () => {
    isGone = true;
    window.clearTimeout(timer);
    asking?.abort();
  });
  window.addEventListener("pageshow", () => {
    isGone = false;
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save(true));
}

// a row that is empty yet comes when the one before it is begun, or when one more is asked for
export function grow(form) {
  const show = (row) => row.classList.add("kem-more--shown");
  form.addEventListener("input", (event) => {
    const row = event.target.closest(".kem-row, fieldset");
    const next = row?.nextElementSibling;
    if (next?.classList.contains("kem-more") && event.target.value) show(next);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-kem-more]");
    const next = button?.parentElement.querySelector(".kem-more:not(.kem-more--shown)");
    if (!next) return;
    event.preventDefault();
    show(next);
    next.querySelector("select, input").focus();
  });
}
