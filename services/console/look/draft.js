// Keeps a form while somebody writes it, so that a closed browser or a weak link loses nothing; says what was kept.
const PAUSE = 3000;
const AGAIN = 10000;

export function keep(form) {
  const said = form.querySelector("[data-kem-kept]");
  const address = form.dataset.kemKeeps;
  let timer = 0;
  let sent = "";
  const fields = () => new URLSearchParams(new FormData(form)).toString();

  const save = async () => {
    const now = fields();
    if (now === sent) return;
    try {
      const answer = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: now,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      sent = now;
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      said.textContent = `${said.dataset.saved} ${time}`;
    } catch {
      said.textContent = said.dataset.unsaved;
      timer = window.setTimeout(save, AGAIN);
    }
  };
  const later = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, PAUSE);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => window.clearTimeout(timer));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
}

// a row that is empty yet comes when the one before it is begun
export function grow(form) {
  form.addEventListener("input", (event) => {
    const row = event.target.closest(".kem-row, fieldset");
    const next = row?.nextElementSibling;
    if (next?.classList.contains("kem-more") && event.target.value) next.classList.add("kem-more--shown");
  });
}
